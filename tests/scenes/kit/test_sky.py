# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import pi, radians

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.photometry import CD_M2, luminance_of
from hdrbatch.scenes.kit.sky import SUN_DIAMETER_DEG, add_night_sky, add_sky, sun_direction, sun_irradiance

SETTINGS = RenderSettings(32, 32, num_threads=2)
REC709 = np.array([0.2126, 0.7152, 0.0722])


def test_a_night_sky_is_faint_and_nowhere_zero(tmp_path):
    open_empty_scene()
    add_night_sky(0.01, (1e-4, 5e-5, 2e-5))
    add_camera((0, 0, 0), (0, 0.001, 1), 24.0)
    sky = render_image(SETTINGS, 1, tmp_path) @ REC709
    assert sky[16, 16] == pytest.approx(0.01 * CD_M2, rel=0.02)
    assert sky.min() > 0


def test_haze_takes_from_the_sun_and_gives_to_the_sky(tmp_path):
    means = []
    for haze in (0.0, 0.5):
        open_empty_scene()
        add_sky(30.0, 0.0, haze=haze)
        add_camera((0, 0, 0), (0, -1, 1), 24.0)
        means.append((render_image(SETTINGS, 1, tmp_path) @ REC709).mean())
    gained = 0.5 * luminance_of(sun_irradiance(30.0)) * 0.5 * 0.6 / pi
    assert means[1] - means[0] == pytest.approx(gained, rel=1e-3)


def test_the_sun_reddens_and_fades_towards_the_horizon():
    high, low = sun_irradiance(60.0), sun_irradiance(3.0)
    assert luminance_of(low) < luminance_of(high)
    assert low[2] / low[0] < high[2] / high[0]


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
