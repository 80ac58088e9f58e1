"""Overrides of a variant: the values that differ from its base, their place in the file, and their errors."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from hdrbatch.specs.key_reference import variant_keys
from hdrbatch.specs.variant import VariantSpec

Location = tuple[int | str, ...]
"""Path of a key in the sweep file."""


@dataclass(frozen=True)
class Override:
    """A key's value, and its place in the file."""

    value: Any
    location: Location


@dataclass(frozen=True)
class Draft:
    """A variant as it is written, not yet applied to the base.

    ``overrides`` are by key, a path with a dot; ``location`` is the place of the variant in the file.
    """

    name: str
    group: str | None
    overrides: Mapping[str, Override]
    location: Location

    def resolve(self, base: VariantSpec) -> VariantSpec:
        """Apply the overrides to the base.

        Raises
        ------
        ValidationError
            If a key does not exist or a value is not valid; each is reported at its location.
        """
        known = variant_keys()
        unknown = [self._unknown(key, known) for key in self.overrides if key not in known]
        if unknown:
            raise ValidationError.from_exception_data("SweepSpec", unknown)
        values = base.model_dump()
        for path, override in self.overrides.items():
            section, _, key = path.partition(".")
            values[section][key] = override.value
        try:
            return VariantSpec.model_validate(values)
        except ValidationError as error:
            problems = [self._misfit(detail["loc"], detail["msg"]) for detail in error.errors()]
            raise ValidationError.from_exception_data("SweepSpec", problems) from None

    def problem(self, message: str, location: Location | None = None, value: Any = None) -> InitErrorDetails:
        """Build one entry of a ValidationError; the value None is not shown."""
        return InitErrorDetails(
            type=PydanticCustomError("variant", "{message}", {"message": message}),
            loc=location or self.location,
            input={} if value is None else value,
        )

    def _unknown(self, key: str, known: tuple[str, ...]) -> InitErrorDetails:
        last = {path.rpartition(".")[2]: path for path in known}
        close = difflib.get_close_matches(key, known, n=1) or [
            last[word] for word in difflib.get_close_matches(key.rpartition(".")[2], last, n=1)
        ]
        remedy = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"
        return self.problem(
            f"variant {self.name}: there is no key {key!r}; {remedy}", self.overrides[key].location
        )

    def _misfit(self, location: tuple[int | str, ...], message: str) -> InitErrorDetails:
        """Attribute an error in the whole variant to the override that caused it, if exactly one did."""
        path = ".".join(str(part) for part in location[:2])
        causes = [key for key in self.overrides if key == path or key.startswith(f"{path}.")] if path else []
        message = message.removeprefix("Value error, ")
        if len(causes) != 1:
            return self.problem(f"variant {self.name}: {message}")
        cause = self.overrides[causes[0]]
        return self.problem(f"{message} (variant {self.name})", cause.location, cause.value)


def overrides_at(overrides: Mapping[str, Any] | None, location: Location) -> dict[str, Override]:
    """Return the overrides under a key of the file, each with its location."""
    return {key: Override(value, (*location, key)) for key, value in (overrides or {}).items()}
