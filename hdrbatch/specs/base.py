"""What all specs share: frozen, strict about keys and types, written in the user's own terms."""

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Base of everything a user writes: unknown keys are refused, values do not change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True
    )
