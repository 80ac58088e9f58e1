import pickle
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from hdrbatch.errors import TrainingError
from hdrbatch.learning.training_radiance import SceneSet, TrainingScene

CPU = torch.device("cpu")
Write = Callable[..., SceneSet]


def picture(seed: int, height: int = 6, width: int = 5) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def moving(*evs: float) -> TrainingScene:
    return TrainingScene("moving", picture(0), {ev: picture(10 + number) for number, ev in enumerate(evs)})


def seen(picture_chw: torch.Tensor) -> NDArray[np.float32]:
    return picture_chw.permute(1, 2, 0).numpy()


def test_what_is_written_is_read_back(written: Write) -> None:
    scenes = [
        TrainingScene("a", picture(0)),
        TrainingScene("b", picture(1, 4, 9), {2.0: picture(2, 4, 9), -2.0: picture(3, 4, 9)}),
        TrainingScene("c", picture(4, 7, 3)),
    ]

    found = written(*scenes)

    assert len(found) == 3
    assert found.ids() == ["a", "b", "c"]
    assert [found.size(index) for index in range(3)] == [(6, 5), (4, 9), (7, 3)]
    assert found.smallest_side == 3
    for reference, scene in zip(found.references(), scenes, strict=True):
        np.testing.assert_array_equal(seen(reference), scene.reference_ev0)
    assert [found.moves(index) for index in range(3)] == [False, True, False]
    # The middle of -2 and 2 is the longer: stops count from there.
    np.testing.assert_array_equal(seen(found.exposure(1, 0.0)), scenes[1].exposures_ev0[2.0])
    np.testing.assert_array_equal(seen(found.exposure(1, -4.0)), scenes[1].exposures_ev0[-2.0])


def test_its_size_is_that_of_its_file(written: Write, tmp_path: Path) -> None:
    found = written(moving(-1.0, 0.0))

    assert found.num_bytes == 3 * 6 * 5 * 3 * 4 == (tmp_path / "scenes-0.f32").stat().st_size


@pytest.mark.parametrize(
    ("stops", "ev"), [(0.0, 0.0), (0.9, 0.0), (1.1, 2.0), (-1.5, -2.0), (9.0, 4.0), (-9.0, -4.0)]
)
def test_of_a_moving_scene_the_nearest_exposure_is_found(written: Write, stops: float, ev: float) -> None:
    scene = moving(-4.0, -2.0, 0.0, 2.0, 4.0)

    np.testing.assert_array_equal(seen(written(scene).exposure(0, stops)), scene.exposures_ev0[ev])


def test_stops_count_from_the_exposure_in_the_middle_of_those_stored(written: Write) -> None:
    scene = moving(1.0, 3.0, 5.0)

    np.testing.assert_array_equal(seen(written(scene).exposure(0, 0.0)), scene.exposures_ev0[3.0])


def test_of_a_still_scene_every_exposure_is_the_reference(written: Write) -> None:
    scene = TrainingScene("still", picture(0))

    np.testing.assert_array_equal(seen(written(scene).exposure(0, -3.0)), scene.reference_ev0)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_at_the_saturating_exposure_the_share_of_pixels_clips_in_some_channel(
    written: Write, share: float
) -> None:
    radiance = np.exp2(np.random.default_rng(0).normal(-3, 2, (60, 70, 3))).astype(np.float32)
    found = written(TrainingScene("dark", radiance / 100), TrainingScene("bright", radiance))

    for index in range(2):
        exposed = found.reference(index) * 2.0 ** found.saturating_ev(index, share)
        assert (exposed >= 1).any(dim=0).float().mean().item() == pytest.approx(share, abs=0.003)


def test_a_black_scene_has_a_saturating_exposure_too(written: Write) -> None:
    black = written(TrainingScene("black", np.zeros((4, 4, 3), dtype=np.float32)))

    assert 0 < black.saturating_ev(0, 0.1) < 30


def test_no_pixel_travels_to_another_process(written: Write) -> None:
    found = written(TrainingScene("a", picture(0, 100, 100)), moving(0.0, 2.0))
    found.load(CPU)

    sent = pickle.dumps(found)

    assert len(sent) < found.num_bytes / 20
    received = pickle.loads(sent)
    assert received.ids() == ["a", "moving"]
    for index in range(2):
        assert torch.equal(received.reference(index), found.reference(index))
        assert torch.equal(received.exposure(index, 2.0), found.exposure(index, 2.0))


def test_on_the_cpu_the_file_is_mapped_and_not_read(written: Write, tmp_path: Path) -> None:
    found = written(TrainingScene("a", picture(0)))

    assert found.load(CPU)

    assert str(tmp_path / "scenes-0.f32") in Path("/proc/self/maps").read_text()


def test_what_is_changed_in_memory_stays_out_of_the_file(written: Write, tmp_path: Path) -> None:
    found = written(TrainingScene("a", picture(0)))
    before = (tmp_path / "scenes-0.f32").read_bytes()

    found.reference(0).zero_()
    del found

    assert (tmp_path / "scenes-0.f32").read_bytes() == before


def test_scenes_are_written_as_they_come(tmp_path: Path) -> None:
    alive: list[weakref.ref[TrainingScene]] = []
    most = 0

    def made() -> Iterator[TrainingScene]:
        nonlocal most
        for number in range(5):
            most = max(most, sum(scene() is not None for scene in alive))
            scene = TrainingScene(str(number), picture(number))
            alive.append(weakref.ref(scene))
            yield scene
            del scene

    assert len(SceneSet.write(tmp_path / "scenes.f32", made())) == 5
    assert most <= 1


def test_radiance_that_takes_half_of_a_gpus_free_memory_stays_off_it(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = written(TrainingScene("a", picture(0)))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2 * found.num_bytes, 10**12))

    assert not found.load(torch.device("cuda"))

    assert found.reference(0).device == CPU


def test_a_set_without_scenes_is_a_set(written: Write) -> None:
    found = written()

    assert len(found) == found.num_bytes == 0
    assert found.load(CPU)
    assert list(found.references()) == found.ids() == []


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_radiance_that_is_not_finite_is_rejected_with_the_scenes_name(value: float) -> None:
    bad = np.full((24, 20, 3), value, dtype=np.float32)

    with pytest.raises(
        TrainingError, match=r"scene wall: 1440 value\(s\) of its radiance are not finite; re-render"
    ):
        TrainingScene("wall", bad)
    with pytest.raises(TrainingError, match=r"scene wall: 1440 value\(s\)"):
        TrainingScene("wall", np.zeros_like(bad), {0.0: bad})


def test_radiance_of_the_wrong_shape_is_rejected() -> None:
    flat = np.zeros((4, 4), dtype=np.float32)

    with pytest.raises(TrainingError, match=r"scene flat: radiance has shape \(4, 4\); expected one shape"):
        TrainingScene("flat", flat)
    with pytest.raises(TrainingError, match=r"scene torn: radiance has shape \(6, 4, 3\)"):
        TrainingScene("torn", picture(0), {0.0: picture(1, 6, 4)})
