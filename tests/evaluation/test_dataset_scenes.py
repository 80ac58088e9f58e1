"""Scenes of a stored dataset as training and evaluation get them."""

import re

import numpy as np
import pytest

from hdrbatch.errors import MissingInputError, UserError
from hdrbatch.imaging.photo import read_photo
from hdrbatch.results.datasets import load_dataset
from hdrbatch.specs.variant import VariantSpec
from hdrbatch.storage import keys
from hdrbatch.storage.transfer import download
from tests.tasks.made_up import LADDER, make_dataset, name_of, radiance_of

pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")

from hdrbatch.evaluation.dataset_scenes import evaluation_scene, moving_exposures, training_scene
from hdrbatch.evaluation.uncalibrated_cameras import photograph_with_random_camera


@pytest.fixture
def dataset(folder_store, tmp_path):
    """A dataset whose second scene moves."""
    make_dataset(folder_store, tmp_path / "made", moving={1})
    return load_dataset(folder_store, "tiny")


@pytest.fixture
def fetch(folder_store, tmp_path):
    """A fetch function that writes into a folder and records the fetched keys."""

    def bring(file):
        bring.keys.append(file.key)
        path = tmp_path / "fetched" / file.key
        download(folder_store, file, path)
        return path

    bring.keys = []
    return bring


def test_a_scene_to_learn_from_is_its_reference_in_ev_0_units(dataset, fetch):
    scene = training_scene("tiny", dataset.scenes[0], fetch)

    assert scene.id == name_of(0)
    assert scene.exposures_ev0 == {}
    assert scene.reference_ev0.dtype == np.float32
    np.testing.assert_allclose(scene.reference_ev0, radiance_of(0), rtol=1e-6)
    assert fetch.keys == [keys.reference("tiny", name_of(0))]


def test_a_moving_scene_comes_with_its_exposures_in_the_same_units(dataset, fetch, folder_store):
    entry = dataset.scenes[1]

    scene = training_scene("tiny", entry, fetch, moving_exposures(folder_store, "tiny", entry))

    assert sorted(scene.exposures_ev0) == list(LADDER)
    np.testing.assert_allclose(scene.reference_ev0, radiance_of(1), rtol=1e-6)
    for ev, radiance in scene.exposures_ev0.items():
        np.testing.assert_allclose(radiance, radiance_of(1, ev), rtol=1e-6)


def test_exposures_are_found_in_the_receipts_of_the_scene_s_own_renders(dataset, folder_store):
    found = moving_exposures(folder_store, "tiny", dataset.scenes[1])

    assert {ev: file.key for ev, file in found.items()} == {
        ev: keys.exposure("tiny", name_of(1), ev) for ev in LADDER
    }


def test_no_exposures_are_fetched_for_a_still_scene(dataset, folder_store):
    assert moving_exposures(folder_store, "tiny", dataset.scenes[0]) == {}


def test_a_missing_receipt_is_named_with_a_remedy(dataset, folder_store):
    (receipt,) = folder_store.list(keys.receipts_of_task("render_exposure", f"tiny/{name_of(1)}/ev+2"))
    folder_store.delete(receipt.key)

    with pytest.raises(
        MissingInputError,
        match=r"exposures/ev\+2.exr is in no receipt; re-render the scene, or train with "
        r"camera.motion: false",
    ):
        moving_exposures(folder_store, "tiny", dataset.scenes[1])


def variant(*ev, photographs="dataset"):
    return VariantSpec.model_validate({"inputs": {"ev": ev}, "test": {"photographs": photographs}})


def test_a_test_scene_has_the_stored_photographs(dataset, fetch, folder_store, tmp_path):
    entry = dataset.scenes[0]

    scene = evaluation_scene("tiny", entry, variant(2.0, -2.0), fetch)

    assert (scene.id, scene.ev, scene.stated_exposures) == (name_of(0), (2.0, -2.0), None)
    assert scene.curve.name == "srgb"
    np.testing.assert_allclose(scene.reference_ev0, radiance_of(0), rtol=1e-6)
    for photo, ev in zip(scene.photos, (2.0, -2.0), strict=True):
        stored = read_photo(tmp_path / "store" / keys.photo("tiny", name_of(0), ev)).pixels
        np.testing.assert_array_equal(photo, stored)
    assert scene.photos[0].mean() > scene.photos[1].mean()


def test_an_exposure_that_the_dataset_lacks_is_rejected_with_those_it_has(dataset, fetch):
    with pytest.raises(
        UserError, match=r"inputs.ev: dataset tiny has no photographs at EV 1; use some of -2, 0, 2"
    ):
        evaluation_scene("tiny", dataset.scenes[0], variant(0.0, 1.0), fetch)


@pytest.mark.parametrize(
    ("lacking", "use"),
    [
        ("reference.exr", lambda entry, fetch: training_scene("tiny", entry, fetch)),
        ("reference.exr", lambda entry, fetch: evaluation_scene("tiny", entry, variant(0.0), fetch)),
        ("photos/ev+0.png", lambda entry, fetch: evaluation_scene("tiny", entry, variant(0.0), fetch)),
    ],
)
def test_a_file_that_the_index_lacks_is_named_with_what_to_do(dataset, fetch, lacking, use):
    entry = dataset.scenes[0]
    kept = tuple(file for file in entry.files if not file.key.endswith(lacking))

    with pytest.raises(
        MissingInputError,
        match=rf"{re.escape(lacking)} is not in the dataset's index: render scene {name_of(0)} again",
    ):
        use(entry.model_copy(update={"files": kept}), fetch)


def test_real_cameras_photograph_the_reference_at_any_exposure(dataset, fetch):
    tested = variant(-3.0, 1.0, photographs="real_cameras")

    scene = evaluation_scene("tiny", dataset.scenes[0], tested, fetch)

    expected = photograph_with_random_camera(name_of(0), scene.reference_ev0, tested.inputs)
    np.testing.assert_array_equal(np.stack(scene.photos), np.stack(expected.photos))
    assert scene.stated_exposures == expected.stated_exposures is not None
    assert scene.ev == (-3.0, 1.0)
    assert fetch.keys == [keys.reference("tiny", name_of(0))]
