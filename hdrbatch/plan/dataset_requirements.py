"""Requirements of a sweep on its dataset, checked before submission."""

from collections.abc import Mapping
from dataclasses import dataclass

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.ladder import brighter_middle
from hdrbatch.plan.dataset_payloads import AssembleScene
from hdrbatch.plan.task import Plan
from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.specs.variant import VariantSpec


@dataclass(frozen=True)
class DatasetOutline:
    """Scene counts, EVs and reference moments of a dataset.

    ``moments_ev`` are the exposures during which the references of moving scenes were taken: the middle of
    their ladders (the brighter of two). It is empty if nothing moves.
    """

    dataset: str
    num_train: int
    num_test: int
    ev: frozenset[float]
    moments_ev: frozenset[float] = frozenset()

    @classmethod
    def of_record(cls, index: DatasetRecord) -> "DatasetOutline":
        """Return the outline of a finished dataset."""
        test = index.split("test")
        stored = {exposure.ev for entry in test for exposure in entry.scene.exposures}
        moving = [entry.scene for entry in index.scenes if entry.scene.motion != "still"]
        moments = {brighter_middle([exposure.ev for exposure in scene.exposures]) for scene in moving}
        return cls(index.dataset, len(index.split("train")), len(test), frozenset(stored), frozenset(moments))

    @classmethod
    def of_plan(cls, plan: Plan) -> "DatasetOutline":
        """Return the outline of a dataset that is only planned.

        Raises
        ------
        UserError
            If the plan renders no dataset.
        """
        scenes = [AssembleScene.of(task) for task in plan.tasks() if task.kind is Kind.ASSEMBLE_SCENE]
        if not scenes:
            raise UserError(
                f"--after {plan.id}: this plan renders no dataset; name a plan of hdrbatch render"
            )
        num_test = sum(scene.split == "test" for scene in scenes)
        ev = frozenset(ev for scene in scenes for ev in scene.ev)
        moments = frozenset(brighter_middle(scene.ev) for scene in scenes if scene.moving)
        return cls(scenes[0].dataset, len(scenes) - num_test, num_test, ev, moments)


def check_dataset(dataset: DatasetOutline, variants: Mapping[str, VariantSpec]) -> None:
    """Check that a dataset meets the variants' requirements.

    Raises
    ------
    UserError
        If it does not; the message names the variant, its requirement and what the dataset has.
    """
    if not dataset.num_test:
        raise UserError(
            f"dataset {dataset.dataset} has no test scenes to score on; "
            "render some with hdrbatch render JOB --scenes all"
        )
    for name, spec in variants.items():
        _check_exposures(dataset, name, spec)
        _check_scenes(dataset, name, spec)


def _check_exposures(dataset: DatasetOutline, name: str, spec: VariantSpec) -> None:
    inputs = spec.inputs
    missing = [ev for ev in inputs.ev if ev not in dataset.ev]
    # Photographs of real cameras are simulated from the reference, at any exposure.
    if missing and spec.test.photographs == "dataset":
        raise UserError(
            f"variant {name}: inputs.ev: dataset {dataset.dataset} has no photographs "
            f"at EV {missing[0]:g}; use some of {', '.join(f'{ev:g}' for ev in sorted(dataset.ev))}"
        )
    if others := dataset.moments_ev - {inputs.middle_ev}:
        expected, ladder = min(others), ", ".join(f"{ev:g}" for ev in sorted(inputs.ev))
        raise UserError(
            f"variant {name}: inputs.ev: in the moving scenes of dataset {dataset.dataset} the reference "
            f"shows the moment of EV {expected:g}, but the middle one of {ladder} is EV {inputs.middle_ev:g}"
            f"; use exposures whose middle one (the darker of two) is {expected:g}, or render a dataset in "
            "which nothing moves (scenes.moving: 0)"
        )


def _check_scenes(dataset: DatasetOutline, name: str, spec: VariantSpec) -> None:
    training = spec.training
    num_left = dataset.num_train - training.validation_scenes
    if num_left < 1:
        raise UserError(
            f"variant {name}: dataset {dataset.dataset} has {dataset.num_train} training scene(s), of which "
            f"training.validation_scenes holds out {training.validation_scenes}; "
            "render more training scenes (hdrbatch render JOB --scenes all), or hold out fewer"
        )
    if num_left * training.fraction < 1:
        raise UserError(
            f"variant {name}: training.fraction: {training.fraction:g} of the {num_left} training scenes of "
            f"dataset {dataset.dataset} that are not held out is less than one scene; use "
            f"at least {1 / num_left:.2g}, or render more training scenes"
        )
