"""What a sweep asks of its dataset, and what is refused before anything is trained."""

import pytest

from hdrbatch.errors import UserError
from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_requirements import DatasetOutline, check_dataset
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.sweep_plan import plan_sweep
from hdrbatch.records.dataset_index import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.specs.sweep_spec import SweepSpec
from hdrbatch.storage.receipts import TaskRef


def dataset(num_train=2, num_test=1, ev=(-2.0, 0.0, 2.0), motion="still"):
    exposures = tuple(ExposureRecord(ev=value, clipped_fraction=0, black_fraction=0) for value in ev)
    scenes = [
        SceneRecord(
            id=f"outdoor-{number:04d}",
            family="outdoor",
            seed=number,
            split="train" if number < num_train else "test",
            motion=motion if number == 0 else "still",
            width=32,
            height=24,
            anchor=1.0,
            dynamic_range_stops=10,
            exposures=exposures,
            camera={},
            description={},
        )
        for number in range(num_train + num_test)
    ]
    index = DatasetRecord(dataset="d", scenes=tuple(DatasetScene(scene=scene, files=()) for scene in scenes))
    return DatasetOutline.of_record(index)


def planned(*train):
    job = {"dataset": "d", "ev": (-3.0, -2.0, -1.0, 0.0), "scenes": {"train": train, "test": ("outdoor:9",)}}
    spec = RenderJob.model_validate(job)
    return DatasetOutline.of_plan(plan_render(spec, spec.scenes.catalogue()))


def sweep(**overrides):
    return SweepSpec.model_validate({"sweep": "s", "dataset": "d", "variants": {"v": overrides}})


def variants(**overrides):
    return sweep(**overrides).resolved()


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"training.fraction": 1.0},
        {"inputs.ev": (3.0,), "test.photographs": "real_cameras"},
        {"inputs.ev": (-2.0, 0.0, 2.0), "inputs.brackets": "any"},
    ],
)
def test_a_dataset_that_has_all_is_accepted(overrides):
    check_dataset(dataset(), variants(**overrides))


@pytest.mark.parametrize(
    ("outline", "overrides", "words"),
    [
        (dataset(num_test=0), {}, "dataset d has no test scenes to score on; render some with hdrbatch"),
        (dataset(num_train=1), {}, "variant v: dataset d has 1 training scene.*holds out 1"),
        (
            dataset(num_train=5),
            {"training.fraction": 0.2},
            "variant v: training.fraction: 0.2 of the 4 training scenes .* is less than one scene; use at",
        ),
        (dataset(), {"inputs.ev": (3.0,)}, "no photographs at EV 3; use some of -2, 0, 2"),
        (
            dataset(),
            {"inputs.ev": (3.0,), "inputs.brackets": "any"},
            "no photographs at EV 3; use some of -2, 0, 2",
        ),
    ],
)
def test_a_missing_requirement_is_rejected_with_the_remedy(outline, overrides, words):
    with pytest.raises(UserError, match=words):
        check_dataset(outline, variants(**overrides))


@pytest.mark.parametrize("motion", ["objects", "shake", "both"])
def test_where_things_move_the_middle_photograph_must_be_of_the_references_moment(motion):
    check_dataset(dataset(motion=motion), variants(**{"inputs.ev": (2.0, 0.0, -2.0)}))
    check_dataset(dataset(), variants(**{"inputs.ev": (-2.0,)}))
    words = (
        "variant v: inputs.ev: in the moving scenes of dataset d the reference shows the moment of EV 0, but "
        "the middle one of -2 is EV -2; use exposures whose middle one .the darker of two. is 0, or"
    )
    with pytest.raises(UserError, match=words):
        check_dataset(dataset(motion=motion), variants(**{"inputs.ev": (-2.0,)}))
    # Of two the darker, as the message says.
    check_dataset(dataset(motion=motion), variants(**{"inputs.ev": (0.0, 2.0)}))
    with pytest.raises(UserError, match="the middle one of -2, 0 is EV -2"):
        check_dataset(dataset(motion=motion), variants(**{"inputs.ev": (-2.0, 0.0)}))


def test_a_planned_dataset_is_checked_like_a_finished_one():
    still, moving = planned("outdoor:1", "outdoor:2"), planned("outdoor:1", "outdoor:2:both")
    assert (still.num_train, still.num_test, still.moments_ev) == (2, 1, frozenset())
    # Of two in the middle the brighter one, as the reference is rendered.
    assert moving.moments_ev == {-1.0}
    check_dataset(moving, variants(**{"inputs.ev": (-1.0,)}))
    with pytest.raises(UserError, match="shows the moment of EV -1"):
        check_dataset(moving, variants(**{"inputs.ev": (-2.0,)}))


def test_a_plan_that_makes_no_dataset_has_no_outline():
    plan = plan_sweep(sweep(), TaskRef(Kind.INDEX_DATASET, "d", "0" * 64), variants())
    with pytest.raises(UserError, match="this plan renders no dataset; name a plan of hdrbatch render"):
        DatasetOutline.of_plan(plan)
