"""Tables of a sweep's variants and of the keys that they can override."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from hdrbatch.cli.tables import plain_table
from hdrbatch.plan.network_size import num_parameters
from hdrbatch.records.comparison import NO_GROUP
from hdrbatch.specs.key_reference import KeyHelp, as_yaml, key_reference, spec_reference

if TYPE_CHECKING:
    from hdrbatch.plan.task import Plan
    from hdrbatch.specs.expansion import Trainings
    from hdrbatch.specs.sweep_spec import SweepSpec
    from hdrbatch.specs.variant import VariantSpec


def variant_tables(sweep: "SweepSpec", plan: "Plan") -> Iterator[Table]:
    """Yield a table per group of a plan's variants: their differences, sizes and costs."""
    trainings = sweep.trainings
    core_hours = _core_hours(plan, trainings)
    grouped = {name for members in trainings.groups.values() for name in members}
    alone = tuple(name for name in core_hours if name not in grouped)
    seen: set[str] = set()
    for group, members in {NO_GROUP: alone, **trainings.groups}.items():
        shown = {name: trainings.variants[name] for name in members if name in core_hours}
        # A variant that another group, chosen by --only, has shown already is not repeated alone.
        if not seen.issuperset(shown):
            yield _variant_table(group, shown, core_hours, sweep.seeds)
        seen.update(shown)


def shared_settings_note(sweep: "SweepSpec", plan: "Plan") -> str:
    """Return a note on variants with the same settings as variants of the plan; empty if there are none."""
    from hdrbatch.plan.sweep_payloads import TrainVariant

    planned = {TrainVariant.of(task).variant for task in plan.stages[0].tasks}
    same = [f"{alias} is {name}" for alias, name in sweep.trainings.aliases.items() if name in planned]
    return f"the same settings, trained once: {', '.join(same)}" if same else ""


def key_tables() -> Iterator[Table]:
    """Yield tables of all keys of a sweep's file, of its groups, and of a variant."""
    from hdrbatch.specs.sweep_spec import GroupSpec, SweepSpec

    yield _key_table("keys of a sweep's file", spec_reference(SweepSpec))
    yield _key_table("keys of each of its groups", spec_reference(GroupSpec))
    yield _key_table(
        "keys of the base (section: {key: value}) and of overrides (section.key: value)", key_reference()
    )


def _key_table(title: str, keys: Sequence[KeyHelp]) -> Table:
    table = plain_table(title)
    table.add_column("key", no_wrap=True)
    table.add_column("default", no_wrap=True)
    # One column: in 80 columns, two are too narrow for text next to the longest key.
    table.add_column("values and meaning")
    section = None
    for entry in keys:
        if "." in entry.key and section not in (None, entry.section):
            table.add_section()
        section = entry.section
        table.add_row(entry.key, entry.default, _values_and_meaning(entry))
    return table


def _values_and_meaning(entry: KeyHelp) -> Text:
    values = Text(entry.values, style="bold")
    return Text("\n").join(part for part in (values, Text(entry.description)) if part)


def _variant_table(
    title: str, variants: "Mapping[str, VariantSpec]", core_hours: Mapping[str, float], seeds: int
) -> Table:
    settings = {name: _settings(spec) for name, spec in variants.items()}
    first = next(iter(settings.values()))
    differing = [key for key in first if any(row[key] != first[key] for row in settings.values())]
    table = plain_table(title)
    if seeds > 1:
        table.caption = f"core hours: total of {seeds} training runs with different seeds"
    # One column, since the longest names and keys do not fit next to each other.
    table.add_column("variant and its differences from the first", overflow="fold")
    table.add_column("para-\nmeters", justify="right", no_wrap=True)
    table.add_column("core\nhours", justify="right", no_wrap=True)
    for name, row in settings.items():
        lines = [f"  {key}: {row[key]}" for key in differing if row is first or row[key] != first[key]]
        size, cost = short_count(num_parameters(variants[name])), f"{core_hours[name]:.2f}"
        table.add_row(Text("\n".join([name, *lines])), size, cost)
        if row is first:
            table.add_section()
    return table


def _settings(spec: "VariantSpec") -> dict[str, str]:
    return {
        f"{section}.{key}": as_yaml(value)
        for section, inside in spec.model_dump().items()
        for key, value in inside.items()
    }


def short_count(count: int) -> str:
    """Format a large number in short form.

    >>> short_count(31_100_000), short_count(4_200)
    ('31.1 M', '4.2 k')
    """
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.1f} k"


def _core_hours(plan: "Plan", trainings: "Trainings") -> dict[str, float]:
    """Return the core hours of each variant of the plan, including its repeats."""
    from hdrbatch.plan.sweep_payloads import TrainVariant

    hours: dict[str, float] = {}
    for task in plan.stages[0].tasks:
        name = TrainVariant.of(task).variant
        first = trainings.repeats.get(name, name)
        hours[first] = hours.get(first, 0.0) + task.estimate.cpu_s / 3600
    return hours
