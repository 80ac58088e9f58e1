# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
"""Streaks are as long as arithmetic says: shutter time times speed, through the lens."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_subset
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.blender.shutter import Shutter
from hdrbatch.catalogue.scene import Scene
from hdrbatch.plan.timeline import Timeline
from hdrbatch.scenes.kit.camera import SENSOR_WIDTH_MM, add_camera
from hdrbatch.scenes.kit.materials import emitter
from hdrbatch.scenes.kit.movers import moves
from hdrbatch.scenes.kit.shapes import Place, rectangles, show_to_camera_only
from hdrbatch.scenes.motion import set_in_motion
from tests.blender.conftest import add_even_sky

WIDTH, HEIGHT, FOCAL_MM, DISTANCE_M = 320, 12, 36.0, 10.0
SPEED_M_S = 4.0
SIZE_M = 0.5
PX_PER_M = WIDTH * FOCAL_MM / SENSOR_WIDTH_MM / DISTANCE_M
MOMENT_S = 0.25
MOVING = Scene("street", 1, "train", motion="objects")


def streak(shutter, folder, engine="cycles"):
    """Left end, right end (pixels from the middle, at half height) and sum of a moving lamp's picture."""
    settings = RenderSettings(WIDTH, HEIGHT, num_threads=2, engine=engine)
    radiance = render_subset(settings, SampleSubset(0, 1, 128), folder, shutter=shutter)
    row = radiance[:, :, 1].mean(0) - 1e-3  # the lamp is higher than the picture
    inside = np.flatnonzero(row > row.max() / 2)
    return inside[0] - WIDTH / 2, inside[-1] + 1 - WIDTH / 2, float(row.sum())


@pytest.fixture
def moving_lamp():
    """A glowing square that flies past the camera and stands before it at the moment of the reference."""
    open_empty_scene()
    add_even_sky((1e-3, 1e-3, 1e-3))
    add_camera((0, 0, 0), (0, 1, 0), FOCAL_MM)
    half = SIZE_M / 2
    corners = [[(-half, 0, -half), (half, 0, -half), (half, 0, half), (-half, 0, half)]]
    with moves((SPEED_M_S, 0.0, 0.0)):
        show_to_camera_only(rectangles(Place(0, DISTANCE_M), corners, emitter("Lamp", (1.0, 1.0, 1.0))))
    set_in_motion(MOVING, MOMENT_S, 1.0)


@pytest.mark.parametrize(("begin_s", "length_s"), [(0.25, 0.25), (0.0, 0.5), (0.125, 0.5)])
def test_a_streak_begins_and_ends_where_arithmetic_says(begin_s, length_s, moving_lamp, tmp_path):
    left, right, _ = streak(Shutter(begin_s, length_s), tmp_path)
    # A box smeared over more than its own length is at half its height where its middle is at the ends.
    assert left == pytest.approx(SPEED_M_S * (begin_s - MOMENT_S) * PX_PER_M, abs=1.5)
    assert right == pytest.approx(SPEED_M_S * (begin_s + length_s - MOMENT_S) * PX_PER_M, abs=1.5)


def test_the_reference_is_sharp_and_at_its_moment(moving_lamp, tmp_path):
    left, right, _ = streak(Shutter(MOMENT_S), tmp_path)
    assert (left, right) == pytest.approx((-SIZE_M / 2 * PX_PER_M, SIZE_M / 2 * PX_PER_M), abs=1)


def test_radiance_is_the_mean_over_the_time_that_the_shutter_is_open(moving_lamp, tmp_path):
    sums = [streak(Shutter(MOMENT_S - length / 2, length), tmp_path)[2] for length in (0.0, 0.2, 0.4)]
    assert sums == pytest.approx([sums[0]] * 3, rel=0.02)


def test_eevee_blurs_as_far(moving_lamp, tmp_path):
    left, right, _ = streak(Shutter(0.125, 0.5), tmp_path, engine="eevee")
    assert right - left == pytest.approx(SPEED_M_S * 0.5 * PX_PER_M, rel=0.1)


def test_the_exposures_of_a_bracket_follow_one_another(moving_lamp, tmp_path):
    timeline = Timeline((-1.0, 0.0, 1.0), exposure_time_ev0_s=0.25, gap_s=0.0625)
    ends = [streak(Shutter(*timeline.shutter(ev)), tmp_path)[:2] for ev in timeline.ladder]
    lengths = [right - left for left, right in ends]
    assert lengths[2] == pytest.approx(2 * lengths[1], rel=0.03)
    gap_px = SPEED_M_S * 0.0625 * PX_PER_M
    assert ends[2][0] - ends[1][1] == pytest.approx(gap_px, abs=2)
    assert timeline.moment_s == pytest.approx(0.125 + 0.0625 + 0.125)


def test_a_still_scene_has_no_blur_whatever_its_file_says(moving_lamp, tmp_path):
    bpy.context.scene.render.use_motion_blur = True
    bpy.context.scene.frame_set(250)
    left, right, _ = streak(None, tmp_path)
    assert right - left == pytest.approx(SIZE_M * PX_PER_M, abs=1)
