"""Sweep: variants of one base, trained and compared on one dataset."""

import itertools
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from hdrbatch.specs.base import Spec
from hdrbatch.specs.expansion import Trainings, expand
from hdrbatch.specs.naming import variant_name
from hdrbatch.specs.overrides import Draft, Location, Override, overrides_at
from hdrbatch.specs.render_job import Name
from hdrbatch.specs.variant import VariantSpec


def _check_values(value: object) -> object:
    if not isinstance(value, tuple | list) or not value:
        raise ValueError(f"expected a list of values, such as [{value if value not in ((), []) else '...'}]")
    return tuple(value)


Overrides = dict[str, Any]
"""Values by key; a key is a path with a dot: ``network.width``."""
ValueList = Annotated[tuple[Any, ...], BeforeValidator(_check_values)]


class GroupSpec(Spec):
    """Variants that answer one question together: named ones, lists of values, and a grid.

    If the value of a key is itself a list, such as ``inputs.ev``, write a list of lists.
    """

    set: Overrides = Field(
        {}, description="{KEY: VALUE}: overrides of the base that all variants of the group share"
    )
    variants: dict[Name, Overrides | None] = Field({}, description="{NAME: {KEY: VALUE}}: overrides by name")
    lists: dict[str, ValueList] = Field(
        {}, description="{KEY: [VALUE, ...]}: a variant for each value, one key at a time"
    )
    grid: dict[str, ValueList] = Field(
        {}, description="{KEY: [VALUE, ...]}: a variant for each combination of the keys' values"
    )

    @model_validator(mode="after")
    def _has_variants(self) -> Self:
        if not (self.variants or self.lists or self.grid):
            raise ValueError("a group needs variants, lists or a grid")
        return self

    def drafts(self, group: str) -> Iterator[Draft]:
        """Yield the group's variants, named after it: first the named ones, then lists, then the grid."""
        here: Location = ("groups", group)
        shared = overrides_at(self.set, (*here, "set"))
        for name, overrides in self.variants.items():
            location = (*here, "variants", name)
            yield Draft(f"{group}-{name}", group, shared | overrides_at(overrides, location), location)
        for key, values in self.lists.items():
            location = (*here, "lists", key)
            for value in values:
                name = variant_name(group, {key: value})
                yield Draft(name, group, shared | {key: Override(value, location)}, location)
        for combination in itertools.product(*self.grid.values()) if self.grid else ():
            settings = dict(zip(self.grid, combination, strict=True))
            overrides = overrides_at(settings, (*here, "grid"))
            yield Draft(variant_name(group, settings), group, shared | overrides, (*here, "grid"))


class SweepSpec(Spec):
    """``hdrbatch sweep FILE``: a base, and variants that override some of its keys, alone or in groups."""

    sweep: Name = Field(description="name of the sweep; its models are called SWEEP/VARIANT")
    dataset: Name = Field(description="dataset to train and test on")
    seeds: PositiveInt = Field(
        1, le=100, description="number of training runs per variant, with training.seed counted up"
    )
    base: VariantSpec = Field(
        VariantSpec(),
        description="{SECTION: {KEY: VALUE}}: settings of all variants unless they override them",
    )
    variants: dict[Name, Overrides | None] = Field(
        {}, description="{NAME: {KEY: VALUE}}: variants outside groups"
    )
    groups: dict[Name, GroupSpec] = Field(
        {}, description="{NAME: {...}}: variants that answer one question together"
    )

    @model_validator(mode="after")
    def _variants_are_valid(self) -> Self:
        _ = self.trainings
        return self

    def drafts(self) -> list[Draft]:
        """Return all variants as written: first those outside groups, then group by group."""
        alone = [
            Draft(name, None, overrides_at(overrides, ("variants", name)), ("variants", name))
            for name, overrides in self.variants.items()
        ]
        return alone + [draft for name, group in self.groups.items() for draft in group.drafts(name)]

    @cached_property
    def trainings(self) -> Trainings:
        """Every variant applied to the base, without duplicates.

        Raises
        ------
        ValueError
            If keys do not exist, values are not valid, or names are taken or too long.
        """
        drafts = self.drafts()
        if not drafts:
            raise ValueError("a sweep needs variants, or groups of them")
        return expand(self.base, drafts, self.seeds)

    def resolved(self) -> dict[str, VariantSpec]:
        """Return every variant to train, by name, with its overrides applied to the base."""
        return self.trainings.variants
