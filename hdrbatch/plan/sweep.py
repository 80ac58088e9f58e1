"""From a sweep to its plan: one training per variant, then the comparison."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hdrbatch.errors import UserError
from hdrbatch.plan.task import Estimate, Plan, Stage, Task, make_task
from hdrbatch.records import DatasetRecord
from hdrbatch.specs.sweep import SweepSpec
from hdrbatch.specs.training import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.receipts import TaskRef

# CPU seconds of a training step per pixel of the batch and per squared width, measured at width 16, depth 3.
TRAIN_CPU_S_PER_PIXEL_WIDTH2 = 2.2e-8


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
    trainings = tuple(_train_variant(sweep, name, spec, dataset) for name, spec in variants.items())
    compare = make_task(
        "compare_variants",
        sweep.sweep,
        payload={"sweep": sweep.sweep, "dataset": sweep.dataset, "variants": list(variants)},
        needs=tuple(task.ref for task in trainings),
        outputs=(keys.comparison(sweep.sweep),),
        estimate=Estimate(1.0, 10_000),
    )
    return Plan(
        f"sweep-{sweep.sweep}", (Stage("train_variant", trainings), Stage("compare_variants", (compare,)))
    )


def _train_variant(sweep: SweepSpec, name: str, spec: VariantSpec, dataset: TaskRef) -> Task:
    folder = keys.variant_folder(sweep.sweep, name)
    training, width = spec.training, spec.network.width
    step_cpu_s = TRAIN_CPU_S_PER_PIXEL_WIDTH2 * training.batch * training.crop**2 * width**2
    return make_task(
        "train_variant",
        f"{sweep.sweep}/{name}",
        payload={
            "sweep": sweep.sweep,
            "variant": name,
            "dataset": sweep.dataset,
            "spec": spec.model_dump(mode="json"),
        },
        needs=(dataset,),
        outputs=(
            folder + "config.json",
            folder + "per_scene.csv",
            keys.metrics(sweep.sweep, name),
            keys.model(sweep.sweep, name),
            keys.evaluation(sweep.sweep, name),
        ),
        estimate=Estimate(20.0 + step_cpu_s * training.steps, round(2_000 * width**2)),
    )


@dataclass(frozen=True)
class DatasetOutline:
    """What a sweep asks of a dataset: how many scenes of each split, and at which EVs."""

    dataset: str
    num_train: int
    num_test: int
    ev: frozenset[float]

    @classmethod
    def of_record(cls, index: DatasetRecord) -> "DatasetOutline":
        """That of a dataset that is finished."""
        test = index.split("test")
        stored = {exposure.ev for entry in test for exposure in entry.scene.exposures}
        return cls(index.dataset, len(index.split("train")), len(test), frozenset(stored))

    @classmethod
    def of_plan(cls, plan: Plan) -> "DatasetOutline":
        """That of a dataset that is only planned.

        Raises
        ------
        UserError
            Where the plan makes no dataset.
        """
        scenes = [task.payload for task in plan.tasks() if task.kind == "assemble_scene"]
        if not scenes:
            raise UserError(f"--after {plan.id}: this plan makes no dataset: name one of hdrbatch render")
        num_test = sum(payload["split"] == "test" for payload in scenes)
        ev = frozenset(float(ev) for payload in scenes for ev in payload["ev"])
        return cls(scenes[0]["dataset"], len(scenes) - num_test, num_test, ev)


def check_dataset(dataset: DatasetOutline, variants: Mapping[str, VariantSpec]) -> None:
    """Check that a dataset has what the variants will ask of it.

    Raises
    ------
    UserError
        Naming the variant, what it wants and what there is.
    """
    if not dataset.num_test:
        raise UserError(
            f"dataset {dataset.dataset} has no test scenes to score on: "
            "render some as well (hdrbatch render JOB --scenes all)"
        )
    for name, spec in variants.items():
        if missing := [ev for ev in spec.inputs.ev if ev not in dataset.ev]:
            raise UserError(
                f"variant {name}: inputs.ev: dataset {dataset.dataset} has no photographs "
                f"at EV {missing[0]:g}: use some of {', '.join(f'{ev:g}' for ev in sorted(dataset.ev))}"
            )
        if dataset.num_train <= spec.training.validation_scenes:
            raise UserError(
                f"variant {name}: dataset {dataset.dataset} has {dataset.num_train} training scene(s) and "
                f"training.validation_scenes holds {spec.training.validation_scenes} of them out: "
                "render more training scenes (hdrbatch render JOB --scenes all), or hold out fewer"
            )


def select_variants(sweep: SweepSpec, pattern: str) -> dict[str, VariantSpec]:
    """The sweep's variants whose names match a shell pattern.

    Raises
    ------
    UserError
        Where none does.
    """
    resolved = sweep.resolved()
    chosen = {name: spec for name, spec in resolved.items() if fnmatchcase(name, pattern)}
    if not chosen:
        raise UserError(f"--only {pattern}: no variant matches: there are {', '.join(resolved)}")
    return chosen
