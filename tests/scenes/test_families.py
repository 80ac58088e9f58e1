# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import radians

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from mathutils import Vector

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.errors import RenderError
from hdrbatch.imaging.statistics import dynamic_range_stops, luminance
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.families.interior import _plan_room
from hdrbatch.scenes.kit.lights import SUN_DIAMETER_DEG, sun_direction, sun_irradiance
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.seeds import part_rng
from hdrbatch.scenes.kit.shapes import box

MIN_STOPS = 11.0


def ray_hits(direction, origin=None):
    """Distance to what a ray from the camera meets; None is the sky."""
    scene = bpy.context.scene
    start = scene.camera.location if origin is None else origin
    hit, point, *_ = scene.ray_cast(bpy.context.evaluated_depsgraph_get(), start, direction)
    return (point - start).length if hit else None


@pytest.mark.parametrize("family", FAMILIES)
def test_the_range_is_high_and_no_part_of_the_picture_is_without_light(family, tmp_path):
    build_scene(family, 4)
    radiance = render_image(RenderSettings(40, 30, num_threads=2), 96, tmp_path)
    assert dynamic_range_stops(radiance) > MIN_STOPS
    assert np.mean(luminance(radiance) == 0) < 0.002


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_camera_is_in_the_open_and_looks_at_more_than_one_thing(family, seed):
    build_scene(family, seed)
    camera = bpy.context.scene.camera
    corners = [Vector(c) for c in camera.data.view_frame()]
    right, up = corners[0] - corners[3], corners[3] - corners[2]
    directions = [
        camera.matrix_basis.to_3x3() @ (corners[2] + right * x + up * y).normalized()
        for x in (0.1, 0.37, 0.63, 0.9)
        for y in (0.1, 0.5, 0.9)
    ]
    distances = [ray_hits(d) or 1000.0 for d in directions]
    assert min(distances) > 0.25
    assert max(distances) > 1.5 * min(distances)


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


def test_the_disc_of_the_sun_has_the_radiance_that_its_irradiance_needs(tmp_path):
    facts = build_scene("outdoor", 0).facts
    camera = bpy.context.scene.camera
    direction = sun_direction(facts["sun_elevation_deg"], facts["sun_azimuth_deg"])
    camera.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()
    camera.data.angle = radians(0.8)
    radiance = render_image(RenderSettings(32, 32, num_threads=2), 8, tmp_path)
    irradiance = radiance.astype(float).sum((0, 1)) * (radians(0.8) / 32) ** 2
    expected = np.array(sun_irradiance(facts["sun_elevation_deg"])) * (1 - facts["haze"])
    np.testing.assert_allclose(irradiance[:2], expected[:2], rtol=0.02)
    assert radians(SUN_DIAMETER_DEG) < camera.data.angle


def test_a_room_is_lit_from_its_window_alone(tmp_path):
    """With the window walled up and the lamps out, nothing comes through walls, floor or ceiling."""
    build_scene("interior", 0)
    room = _plan_room(part_rng("interior", 0, "room"))
    wall = room.window_wall.at(0, 0.3)
    box(wall, (room.window_width + 0.4, 0.05, room.height), plain("Board", (0.5, 0.5, 0.5)), bevel=0.0)
    for thing in bpy.data.objects:
        glows = any(slot.name.startswith("Lit shade") for slot in thing.material_slots)
        if glows or thing.name.startswith(("Bulb", "Downlight", "Panel")):
            thing.hide_render = True
    with pytest.raises(RenderError, match="black"):
        render_image(RenderSettings(32, 24, num_threads=2), 8, tmp_path)
