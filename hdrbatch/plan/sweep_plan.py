"""Plan of a sweep: one training run per variant, then the comparison."""

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.network_size import mean_num_photos, multiply_adds_per_pixel, num_parameters
from hdrbatch.plan.sweep_payloads import CompareVariants, TrainVariant
from hdrbatch.plan.task import Estimate, Plan, Stage, Task
from hdrbatch.specs.expansion import Trainings
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage.receipts import TaskRef

# CPU seconds for each pixel of a training's batches, measured at width 16, depth 3: for each multiply-add of
# the network forward (gradients and optimiser are included), and for each photograph that is simulated.
TRAIN_CPU_S_PER_MULTIPLY_ADD = 7.2e-11
TRAIN_CPU_S_PER_PHOTO = 7e-7
# Reading the dataset, and scoring.
TRAIN_FIXED_CPU_S = 5.0
BYTES_PER_PARAMETER = 4
# Scores, curves and previews.
OTHER_BYTES = 2_000_000


def plan_sweep(sweep: SweepSpec, dataset: TaskRef, variants: Mapping[str, VariantSpec]) -> Plan:
    """Plan a sweep.

    Parameters
    ----------
    sweep
        The validated sweep.
    dataset
        The ``index_dataset`` task whose dataset it trains and tests on.
    variants
        The variants to train, resolved, by name.
    """
    return plan_of_trainings(sweep, plan_trainings(sweep, dataset, variants))


def plan_trainings(
    sweep: SweepSpec, dataset: TaskRef, variants: Mapping[str, VariantSpec]
) -> dict[str, Task]:
    """Plan the training of each variant, by its name."""
    return {name: _train_variant(sweep, name, spec, dataset) for name, spec in variants.items()}


def plan_of_trainings(sweep: SweepSpec, trainings: Mapping[str, Task]) -> Plan:
    """Put trainings together, by the names of their variants, with the comparison of what they make."""
    groups, repeats = _groups_and_repeats(sweep, trainings)
    comparison = CompareVariants(sweep.sweep, sweep.dataset, tuple(trainings), groups, repeats)
    compare = comparison.task(Estimate(1.0, 10_000), tuple(task.ref for task in trainings.values()))
    return Plan(
        f"sweep-{sweep.sweep}",
        (Stage(Kind.TRAIN_VARIANT, tuple(trainings.values())), Stage(Kind.COMPARE_VARIANTS, (compare,))),
    )


def estimated_training(variant: VariantSpec) -> Estimate:
    """Return a rough estimate of a variant's training and evaluation on a CPU."""
    training = variant.training
    num_pixels = training.steps * training.batch * training.crop**2
    pixel_cpu_s = TRAIN_CPU_S_PER_MULTIPLY_ADD * multiply_adds_per_pixel(
        variant
    ) + TRAIN_CPU_S_PER_PHOTO * mean_num_photos(variant)
    num_bytes = BYTES_PER_PARAMETER * num_parameters(variant) + OTHER_BYTES
    return Estimate(TRAIN_FIXED_CPU_S + pixel_cpu_s * num_pixels, num_bytes)


def _groups_and_repeats(
    sweep: SweepSpec, variants: Collection[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the variants of each group, its first one leading, and the variant that each repeat repeats."""
    trainings = sweep.trainings
    groups = {
        group: tuple(name for name in members if name in variants)
        for group, members in trainings.groups.items()
    }
    repeats = {
        repeat: first
        for repeat, first in trainings.repeats.items()
        if repeat in variants and first in variants
    }
    return {group: members for group, members in groups.items() if members}, repeats


def _train_variant(sweep: SweepSpec, name: str, spec: VariantSpec, dataset: TaskRef) -> Task:
    return TrainVariant(sweep.sweep, name, sweep.dataset, spec).task(estimated_training(spec), dataset)


def select_variants(sweep: SweepSpec, patterns: Sequence[str]) -> dict[str, VariantSpec]:
    """The sweep's variants whose name, or group's name, matches one of the patterns, with their repeats.

    Raises
    ------
    UserError
        If a pattern matches none.
    """
    trainings = sweep.trainings
    matched: set[str] = set()
    for pattern in patterns:
        matched |= _matching(trainings, pattern)
    return {
        name: spec
        for name, spec in trainings.variants.items()
        if name in matched or trainings.repeats.get(name) in matched
    }


def _matching(trainings: Trainings, pattern: str) -> set[str]:
    """Names of variants that a shell pattern matches, by their own name, another name or their group's."""
    names = {name: name for name in trainings.variants} | trainings.aliases
    matched = {trained for name, trained in names.items() if fnmatchcase(name, pattern)}
    for group, members in trainings.groups.items():
        if fnmatchcase(group, pattern):
            matched.update(members)
    if not matched:
        there = f"there are {', '.join(names)}"
        if trainings.groups:
            there = f"there are the groups {', '.join(trainings.groups)}; --dry-run lists the variants"
        raise UserError(f"--only {pattern}: no variant matches: {there}")
    return matched
