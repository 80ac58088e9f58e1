import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.views import perspective_view, view_directions


@pytest.fixture(scope="module")
def directions() -> np.ndarray:
    """A panorama whose colour is the direction that it shows: x right, y up, z forward."""
    rows, columns = 256, 512
    longitude = ((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi
    latitude = (0.5 - (np.arange(rows) + 0.5) / rows) * np.pi
    longitude, latitude = np.meshgrid(longitude, latitude)
    panorama = np.stack(
        [np.sin(longitude) * np.cos(latitude), np.sin(latitude), np.cos(longitude) * np.cos(latitude)],
        axis=-1,
    )
    return panorama.astype(np.float32)


@pytest.mark.parametrize("yaw", [0.0, 37.0, 90.0, 180.0, -170.0])
@pytest.mark.parametrize("pitch", [0.0, 30.0, -60.0])
@pytest.mark.parametrize("fov", [20.0, 90.0])
def test_a_panorama_of_directions_is_seen_as_directions(directions, yaw, pitch, fov):
    view = perspective_view(directions, yaw, pitch, fov, 64, 48)
    expected = np.stack(view_directions(yaw, pitch, fov, 64, 48), axis=-1)
    assert view.shape == (48, 64, 3)
    assert view.dtype == np.float32
    # Bilinear sampling between pixels 0.7 degrees apart; OpenCV interpolates to 1/32 of a pixel.
    np.testing.assert_allclose(view, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("yaw", "pitch", "axis", "sign"),
    [
        (0, 0, 2, 1),
        (90, 0, 0, 1),
        (-90, 0, 0, -1),
        (180, 0, 2, -1),
        (0, 90, 1, 1),
        (0, -90, 1, -1),
        (45, 90, 1, 1),
    ],
)
def test_the_centre_looks_where_yaw_and_pitch_say(directions, yaw, pitch, axis, sign):
    centre = perspective_view(directions, yaw, pitch, 60, 9, 9)[4, 4]
    assert centre[axis] * sign == pytest.approx(1, abs=1e-3)


def test_right_is_right_up_is_up_and_the_edges_span_the_angle_of_view():
    x, y, z = view_directions(0, 0, 90, 200, 100)
    assert x[50, 199] > 0 > x[50, 0]
    assert y[0, 100] > 0 > y[99, 100]
    # Half a pixel beyond the last centre lies the edge, at 45 degrees.
    assert (x / z)[50, 199] == pytest.approx(1 - 1 / 200)


def test_the_seam_is_crossed_without_a_step():
    columns = np.cos((np.arange(64) + 0.5) / 64 * 2 * np.pi)
    panorama = np.repeat(np.repeat(columns[None, :, None], 32, axis=0), 3, axis=2).astype(np.float32)
    view = perspective_view(panorama, 180, 0, 20, 101, 3)[1, :, 0]
    # At the seam the cosine has its maximum; a wrong neighbour would leave a hole there.
    assert view.min() > 0.97


@pytest.mark.parametrize(
    ("fov", "size", "words"),
    [(0, (8, 8), "the angle of view is 0 degrees"), (180, (8, 8), "more than 0 and less than 180"),
     (90, (0, 8), "the view is 0x8 pixels")],
)  # fmt: skip
def test_an_impossible_view_is_rejected(directions, fov, size, words):
    with pytest.raises(UserError, match=words):
        perspective_view(directions, 0, 0, fov, *size)


def test_a_panorama_too_large_for_opencv_is_rejected():
    with pytest.raises(UserError, match="the panorama is 40000x1 pixels; scale it below 32766"):
        perspective_view(np.zeros((1, 40000, 3), np.float32), 0, 0, 90, 8, 8)
