"""``hdrbatch sweep``: what is refused before anything is trained."""

import pytest

from hdrbatch.errors import UserError
from hdrbatch.plan.sweep import DatasetOutline, check_dataset
from hdrbatch.records import DatasetRecord, DatasetScene, ExposureRecord, SceneRecord
from hdrbatch.specs.sweep import SweepSpec


def dataset(num_train=2, num_test=1, ev=(-2.0, 0.0, 2.0)):
    exposures = tuple(ExposureRecord(ev=value, clipped_fraction=0, black_fraction=0) for value in ev)
    scenes = [
        SceneRecord(
            id=f"outdoor-{number:04d}",
            family="outdoor",
            seed=number,
            split="train" if number < num_train else "test",
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
    return DatasetRecord(dataset="d", scenes=tuple(DatasetScene(scene=scene, files=()) for scene in scenes))


def variants(**overrides):
    sweep = {"sweep": "s", "dataset": "d", "variants": {"v": overrides}}
    return SweepSpec.model_validate(sweep).resolved()


def test_a_dataset_that_has_all_is_accepted():
    check_dataset(DatasetOutline.of_record(dataset()), variants())


@pytest.mark.parametrize(
    ("index", "overrides", "words"),
    [
        (dataset(num_test=0), {}, "dataset d has no test scenes to score on: render some as well"),
        (dataset(num_train=1), {}, "variant v: dataset d has 1 training scene.*holds 1 of them out"),
        (dataset(), {"inputs.ev": (3.0,)}, "no photographs at EV 3: use some of -2, 0, 2"),
    ],
)
def test_what_the_dataset_lacks_is_refused_with_what_to_do(index, overrides, words):
    with pytest.raises(UserError, match=words):
        check_dataset(DatasetOutline.of_record(index), variants(**overrides))


def test_a_sweep_of_a_dataset_that_is_not_there_is_refused(hdrbatch, tiny_files, tmp_path):
    done = hdrbatch("sweep", str(tiny_files / "sweep.yaml"), store=str(tmp_path / "store"))
    assert done.returncode == 2
    assert "dataset 'tiny' is not in" in done.stderr
    assert "make it with hdrbatch render" in done.stderr
