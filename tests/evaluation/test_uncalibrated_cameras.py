"""Photographs of test scenes by uncalibrated cameras."""

import numpy as np
import pytest
from numpy.typing import NDArray

from hdrbatch.evaluation.uncalibrated_cameras import photograph_with_random_camera
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.specs.variant import InputSpec

LADDER = (-2.0, 0.0, 2.0)
RAMP = np.linspace(0, 1, 256)


@pytest.fixture
def reference() -> NDArray[np.float32]:
    """A ramp over twelve stops."""
    stops = np.linspace(-8, 4, 48, dtype=np.float32)[None, :, None]
    return np.exp2(np.broadcast_to(stops, (32, 48, 3))).astype(np.float32)


def shape_of(curve: ResponseCurve | None) -> NDArray[np.float64]:
    assert curve is not None
    return np.asarray(curve.apply(RAMP))


def test_the_camera_of_a_scene_is_the_same_for_all_variants(reference: NDArray[np.float32]) -> None:
    one, three = (
        photograph_with_random_camera("outdoor-0001", reference, inputs)
        for inputs in (InputSpec(mode="photographs"), InputSpec(ev=LADDER, brackets="any", response="known"))
    )

    np.testing.assert_array_equal(shape_of(one.curve), shape_of(three.curve))


def test_the_same_photographs_are_taken_every_time(reference: NDArray[np.float32]) -> None:
    first, again = (
        photograph_with_random_camera("outdoor-0001", reference, InputSpec(ev=LADDER)) for _ in range(2)
    )

    assert first.stated_exposures == again.stated_exposures
    np.testing.assert_array_equal(np.stack(first.photos), np.stack(again.photos))


def test_every_scene_has_its_own_camera(reference: NDArray[np.float32]) -> None:
    scenes = [
        photograph_with_random_camera(f"outdoor-{number:04d}", reference, InputSpec(ev=LADDER))
        for number in range(12)
    ]

    curves = {tuple(np.round(shape_of(scene.curve), 6)) for scene in scenes}
    # Those that drew sRGB have the same curve.
    assert len(curves) >= 7
    assert len({scene.stated_exposures for scene in scenes}) == 12


def test_its_photographs_have_the_requested_exposures(reference: NDArray[np.float32]) -> None:
    scene = photograph_with_random_camera("outdoor-0001", reference, InputSpec(ev=(2.0, -2.0, 0.0)))

    assert scene.id == "outdoor-0001"
    assert scene.ev == LADDER
    assert scene.reference_ev0 is reference
    assert scene.curve is not None
    for photo, ev in zip(scene.photos, LADDER, strict=True):
        assert photo.shape == reference.shape
        assert photo.dtype == np.float32
        np.testing.assert_allclose(photo * 255, np.rint(photo * 255), atol=1e-4)
        signal = reference * 2.0**ev
        assert photo[signal > 1.5].min() > 0.97
        # High-quality JPEG and noise leave the rest near the curve's values.
        inside = (signal > 0.05) & (signal < 0.8)
        expected = np.asarray(scene.curve.apply(signal[inside]))
        assert np.abs(photo[inside] - expected).mean() < 0.01


def test_stated_times_are_a_little_off_except_the_middle_one(reference: NDArray[np.float32]) -> None:
    errors = []
    for number in range(40):
        scene = photograph_with_random_camera(f"interior-{number}", reference, InputSpec(ev=LADDER))
        assert scene.stated_exposures is not None
        shorter, middle, longer = scene.stated_exposures
        assert middle == 1
        errors += [np.log2(shorter) + 2, np.log2(longer) - 2]

    # A tenth of a stop for each of the two photographs of a ratio.
    assert np.std(errors) == pytest.approx(0.1 * 2**0.5, rel=0.25)
    assert np.mean(errors) == pytest.approx(0, abs=0.05)
