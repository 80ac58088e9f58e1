"""Base of all specs: frozen, and strict about keys and types."""

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Spec(BaseModel):
    """Base of everything that a user writes: unknown keys are rejected, values do not change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )


def require_pair(what: str, example: str) -> BeforeValidator:
    """Require two values, or null; the error message shows how a sweep writes them."""

    def check(value: object) -> object:
        if value is not None and not (isinstance(value, tuple | list) and len(value) == 2):
            raise ValueError(
                f"expected two {what}, the lower one first; write {example}, "
                f"in lists and grid [{example}, ...]"
            )
        return tuple(value) if isinstance(value, list) else value

    return BeforeValidator(check)
