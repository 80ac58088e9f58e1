# ruff: noqa: E402 - what needs bpy is imported once it is known to be there

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.kit.sky import sun_direction


def ray_hits(direction):
    """Distance to what a ray from the camera meets; None is the sky."""
    scene = bpy.context.scene
    start = scene.camera.location
    hit, point, *_ = scene.ray_cast(bpy.context.evaluated_depsgraph_get(), start, direction)
    return (point - start).length if hit else None


@pytest.mark.parametrize("seed", [0, 4, 9])
def test_the_sun_stands_in_the_outdoor_picture_unhidden(seed):
    facts = build_scene("outdoor", seed).facts
    direction = sun_direction(facts["sun_elevation_deg"], facts["sun_azimuth_deg"])
    camera = bpy.context.scene.camera
    x, y, z = camera.matrix_basis.to_3x3().inverted() @ direction
    half_width = 18.0 / camera.data.lens
    assert abs(x / -z) < 0.95 * half_width
    assert abs(y / -z) < 0.95 * half_width * 3 / 4
    # The first thing that a ray to the sun meets is the disc.
    assert ray_hits(direction) == pytest.approx(3000.0, rel=1e-3)
