# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.panoramas import RESERVED_PANORAMAS, shipped_panoramas
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.imaging.exr import read_exr
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.kit.environment_map import SHIPPED_SCALES


def test_a_view_shows_its_panorama_in_the_direction_that_it_tells(tmp_path):
    facts = build_scene("view", 3).facts
    radiance = render_image(RenderSettings(32, 24, num_threads=1), 16, tmp_path)
    panorama = read_exr(shipped_panoramas()[facts["panorama"]]) * SHIPPED_SCALES[facts["panorama"]]
    # The picture's middle looks towards +x at yaw 0; longitudes grow to the left as seen from above.
    height, width = panorama.shape[:2]
    column = round((0.5 - facts["yaw_deg"] / 360) % 1 * width)
    row = round((0.5 - facts["tilt_deg"] / 180) * height)
    seen = radiance[10:14, 14:18].mean(axis=(0, 1))
    there = np.roll(panorama, width // 2 - column, axis=1)[
        row - 8 : row + 8, width // 2 - 10 : width // 2 + 10
    ].mean(axis=(0, 1))
    np.testing.assert_allclose(seen, there, rtol=0.4)


def test_views_take_the_panoramas_in_turn_and_never_those_that_networks_are_tested_on():
    shown = [build_scene("view", seed).facts["panorama"] for seed in range(1, 9)]
    assert sorted(shown) == sorted(2 * list(SHIPPED_SCALES))
    assert not set(shown) & set(RESERVED_PANORAMAS)
