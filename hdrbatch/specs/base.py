"""What all specs share: frozen, strict about keys and types, written in the user's own terms."""

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Spec(BaseModel):
    """Base of everything a user writes: unknown keys are refused, values do not change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )


def require_pair(what: str, example: str) -> BeforeValidator:
    """Ask for two values, or null, in words that say how sweeps write them."""

    def check(value: object) -> object:
        if value is not None and not (isinstance(value, tuple | list) and len(value) == 2):
            raise ValueError(
                f"two {what} are wanted, the lower first: write {example}, in lists and grid [{example}, ...]"
            )
        return tuple(value) if isinstance(value, list) else value

    return BeforeValidator(check)
