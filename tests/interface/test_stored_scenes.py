"""Scenes of a dataset as arrays."""

import numpy as np
import pytest

import hdrbatch
from hdrbatch.errors import CorruptObjectError, UserError
from hdrbatch.storage import keys
from tests.tasks.made_up import LADDER, NUM_SCENES, make_dataset, name_of, radiance_of


@pytest.fixture
def dataset(folder_store, scratch):
    make_dataset(folder_store, scratch)
    return hdrbatch.load_dataset("tiny", store=folder_store.url)


def test_a_dataset_lists_its_scenes_by_split_by_number_and_by_id(dataset):
    assert len(dataset) == NUM_SCENES
    assert [scene.id for scene in dataset.scenes("test")] == [name_of(NUM_SCENES - 1)]
    assert [scene.id for scene in dataset] == [scene.id for scene in dataset.scenes()]
    assert dataset[name_of(1)] is dataset[1]
    assert repr(dataset) == "<Dataset 'tiny': 3 train and 1 test scenes>"


def test_radiance_is_in_ev_0_units(dataset):
    radiance = dataset[1].radiance
    assert radiance.dtype == np.float32
    # Stored as half floats.
    np.testing.assert_allclose(radiance, radiance_of(1), rtol=2e-3)


def test_a_photograph_is_what_its_exposure_saturates_at_one_over_two_to_the_ev(dataset):
    scene = dataset[0]
    assert scene.evs == LADDER
    for ev in LADDER:
        photo = scene.photograph(ev)
        assert photo.dtype == np.uint8
        signal = scene.response.invert(photo / np.float32(255))
        unclipped = (photo > 20) & (photo < 250)
        ratio = signal[unclipped] / (scene.radiance[unclipped] * 2.0**ev)
        assert np.median(ratio) == pytest.approx(1, rel=0.05)


def test_what_is_not_there_is_refused_with_what_there_is(dataset, folder_store):
    with pytest.raises(
        UserError, match="scene 'outdoor-0000' has no photograph at EV 7; use one of -2, 0, 2"
    ):
        dataset[0].photograph(7)
    with pytest.raises(KeyError, match="has no scene 'street-0001'; it has outdoor-0000, outdoor-0001"):
        dataset["street-0001"]
    with pytest.raises(UserError, match="no finished dataset 'nosuch'; it has tiny"):
        hdrbatch.load_dataset("nosuch", store=folder_store.url)


def test_a_damaged_file_is_not_taken_for_radiance(dataset, folder_store):
    path = folder_store.root / keys.reference("tiny", name_of(0))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptObjectError, match="does not match its recorded size"):
        _ = dataset[0].radiance


def test_a_split_that_does_not_exist_is_rejected(dataset):
    with pytest.raises(UserError, match="split 'tran' does not exist; use train or test"):
        dataset.scenes("tran")


def test_an_exposure_is_found_within_a_millionth_of_a_stop(dataset):
    np.testing.assert_array_equal(dataset[0].photograph(2 - 5e-7), dataset[0].photograph(2))
    with pytest.raises(UserError, match="no photograph at EV"):
        dataset[0].photograph(2 - 5e-6)


def test_the_store_may_be_a_path_or_come_from_the_environment(dataset, folder_store, monkeypatch):
    assert len(hdrbatch.load_dataset("tiny", store=folder_store.root)) == NUM_SCENES
    monkeypatch.setenv("HDRBATCH_STORE", folder_store.url)
    assert len(hdrbatch.load_dataset("tiny")) == NUM_SCENES
