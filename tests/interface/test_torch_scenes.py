"""A split as a torch dataset."""

import numpy as np
import pytest

import hdrbatch
from hdrbatch.errors import UserError
from tests.tasks.made_up import make_dataset, name_of

torch = pytest.importorskip("torch", reason="torch is not installed: there are no tensors")


@pytest.fixture
def dataset(folder_store, scratch):
    make_dataset(folder_store, scratch)
    return hdrbatch.load_dataset("tiny", store=folder_store.url)


def test_an_item_has_photographs_by_rising_exposure_and_their_radiance(dataset):
    scene, item = dataset[1], dataset.torch("train", evs=[2, -2])[1]
    assert item["id"] == name_of(1)
    assert item["exposures"].tolist() == [0.25, 4.0]
    for photo, ev in zip(item["photographs"], (-2, 2), strict=True):
        np.testing.assert_allclose(photo.permute(1, 2, 0) * 255, scene.photograph(ev), atol=1e-3)
    assert item["radiance"].is_contiguous()
    np.testing.assert_array_equal(item["radiance"].permute(1, 2, 0), scene.radiance)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_makes_batches_of_it(dataset, workers):
    loader = torch.utils.data.DataLoader(dataset.torch(), batch_size=4, num_workers=workers)
    (batch,) = loader
    assert batch["photographs"].shape == (4, 3, 3, 24, 32)
    assert batch["radiance"].dtype == torch.float32


def test_an_exposure_that_a_scene_lacks_and_a_split_without_scenes_are_refused(
    dataset, folder_store, tmp_path
):
    with pytest.raises(UserError, match="no photograph at EV 3; choose some of -2, 0, 2 with evs="):
        dataset.torch(evs=[0, 3])
    make_dataset(folder_store, tmp_path / "again", num_train=0)
    with pytest.raises(UserError, match="dataset 'tiny' has no train scenes"):
        hdrbatch.load_dataset("tiny", store=folder_store.url).torch("train")


def test_no_exposures_and_a_split_that_does_not_exist_are_rejected(dataset):
    with pytest.raises(UserError, match="evs is empty; give at least one exposure"):
        dataset.torch(evs=[])
    with pytest.raises(UserError, match="split 'tran' does not exist"):
        dataset.torch("tran")


def test_an_exposure_is_found_within_a_millionth_of_a_stop(dataset):
    exact, near = dataset.torch("train", evs=[2])[0], dataset.torch("train", evs=[2 - 5e-7])[0]
    assert torch.equal(exact["photographs"], near["photographs"])
