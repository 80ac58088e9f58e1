# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.eevee import configure, room_around_camera
from hdrbatch.blender.rendering import render_image, render_subset
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.shapes import Place, box
from hdrbatch.scenes.kit.sky import add_portal, add_sky, add_sun
from tests.blender.conftest import add_even_sky

SETTINGS = RenderSettings(48, 36, num_threads=2, engine="eevee")


def test_an_even_sky_has_its_radiance(furnace, tmp_path):
    radiance = render_image(SETTINGS, 4, tmp_path)
    np.testing.assert_allclose(radiance.mean((0, 1)), (0.25, 0.5, 2.0), rtol=1e-3)


def test_sun_and_sky_light_the_ground_as_in_cycles(tmp_path):
    open_empty_scene()
    add_sky(35.0, 20.0)
    add_sun(35.0, 20.0, seen_from=None)
    box(Place(0, 0, -0.2), (200, 200, 0.2), plain("Ground", (0.3, 0.3, 0.3), 1.0), bevel=0.0)
    add_camera((0, 0, 5), (0, 3, 0), 35.0)
    eevee = render_image(SETTINGS, 8, tmp_path)
    cycles = render_image(RenderSettings(48, 36, num_threads=2), 64, tmp_path)
    np.testing.assert_allclose(eevee.mean((0, 1)), cycles.mean((0, 1)), rtol=0.1)


def test_radiance_above_one_is_kept(tmp_path):
    open_empty_scene()
    add_even_sky((3000.0, 1.0, 0.01))
    add_camera((0, 0, 2), (0, 1, 2), 35.0)
    np.testing.assert_allclose(render_image(SETTINGS, 1, tmp_path).mean((0, 1)), (3000, 1, 0.01), rtol=2e-3)


def test_a_closed_place_is_a_room_and_an_open_one_is_not(furnace):
    assert room_around_camera(bpy.context.scene) is None
    grey = plain("Wall", (0.5, 0.5, 0.5))
    box(Place(0, 0, -0.1), (6, 8, 0.1), grey)
    box(Place(0, 0, 4), (6, 8, 0.1), grey)
    for x in (-3, 3):
        box(Place(x, 0), (0.1, 8, 4), grey)
    for y in (-4, 4):
        box(Place(0, y), (6, 0.1, 4), grey)
    bpy.context.view_layer.update()
    low, high = room_around_camera(bpy.context.scene)
    np.testing.assert_allclose(low, (-3.3, -4.3, -0.3), atol=0.25)
    np.testing.assert_allclose(high, (3.3, 4.3, 4.3), atol=0.25)


def test_a_portal_is_no_lamp(furnace):
    add_portal(Place(0, 2, 2), 2.0, 1.0, (0, -1, 0))
    configure(bpy.context.scene, 1)
    (portal,) = [thing for thing in bpy.context.scene.objects if thing.type == "LIGHT"]
    assert portal.hide_render


def test_a_render_is_one_piece_and_no_share_of_a_sequence(furnace):
    subset = SampleSubset(3, 10, 64)
    assert RenderSettings(640, 480, engine="eevee").chunks(subset) == (subset,)
    assert len(RenderSettings(640, 480).chunks(subset)) == 8


def test_what_cycles_kept_does_not_stand_in_the_way(furnace, tmp_path):
    for engine in ("cycles", "eevee", "cycles"):
        settings = RenderSettings(16, 12, num_threads=2, engine=engine)
        radiance = render_subset(settings, SampleSubset(0, 1, 2), tmp_path)
        np.testing.assert_allclose(radiance.mean((0, 1)), (0.25, 0.5, 2.0), rtol=1e-3)
