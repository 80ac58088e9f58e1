"""The sweep: variants of one base, each trained and compared on one dataset."""

from typing import Any, Self

from pydantic import Field, model_validator

from hdrbatch.specs.base import Spec
from hdrbatch.specs.render import Name
from hdrbatch.specs.training import VariantSpec


class SweepSpec(Spec):
    """``hdrbatch sweep FILE``: a base, and named variants that override some of its keys.

    An override's key is a path with dots: ``network.width: 32``.
    """

    sweep: Name
    dataset: Name
    base: VariantSpec = VariantSpec()
    variants: dict[Name, dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _variants_are_valid(self) -> Self:
        self.resolved()
        return self

    def resolved(self) -> dict[str, VariantSpec]:
        """Every variant with the base's values where it does not override them.

        Raises
        ------
        ValueError
            Naming the variant and the key that does not exist or does not fit.
        """
        return {name: self._resolve(name, overrides or {}) for name, overrides in self.variants.items()}

    def _resolve(self, name: str, overrides: dict[str, Any]) -> VariantSpec:
        values = self.base.model_dump()
        for path, value in overrides.items():
            section, _, key = path.partition(".")
            if not key or section not in values or key not in values[section]:
                valid = [f"{part}.{inner}" for part, inside in values.items() for inner in inside]
                raise ValueError(f"variant {name}: there is no key {path!r}: use one of {', '.join(valid)}")
            values[section] = {**values[section], key: value}
        try:
            return VariantSpec.model_validate(values)
        except ValueError as error:
            raise ValueError(f"variant {name}: {error}") from None
