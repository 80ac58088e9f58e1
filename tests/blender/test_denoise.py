# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.denoise import Guides, denoise, render_guides
from hdrbatch.blender.rendering import render_subset
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.imaging.statistics import luminance
from hdrbatch.scenes.build import build_scene

SETTINGS = RenderSettings(96, 72, num_threads=2)


def error_stops(picture, truth):
    floor = 0.01 * np.median(luminance(truth))
    return np.sqrt(np.mean(np.log2((luminance(picture) + floor) / (luminance(truth) + floor)) ** 2))


def test_a_room_comes_nearer_to_a_long_render_and_stays_open(tmp_path):
    build_scene("interior", 2)
    noisy = render_subset(SETTINGS, SampleSubset(0, 10, 16), tmp_path)
    long = render_subset(SETTINGS, SampleSubset(1, 10, 160), tmp_path)
    guides = render_guides(SETTINGS, tmp_path)
    clean = denoise(noisy, guides, tmp_path)
    assert error_stops(clean, long) < 0.6 * error_stops(noisy, long)
    assert clean.mean() == pytest.approx(noisy.mean(), rel=0.03)
    assert bpy.context.scene.camera is not None
    assert render_subset(SETTINGS, SampleSubset(0, 10, 16), tmp_path).tobytes() == noisy.tobytes()


def test_guides_tell_reflectance_and_direction(furnace, tmp_path):
    from hdrbatch.scenes.kit.materials import plain
    from hdrbatch.scenes.kit.shapes import Place, box

    box(Place(0, 3, 0), (10, 0.1, 10), plain("Wall", (0.2, 0.4, 0.6), 1.0), bevel=0.0)
    guides = render_guides(SETTINGS, tmp_path)
    np.testing.assert_allclose(guides.albedo[36, 48], (0.2, 0.4, 0.6), atol=0.05)
    assert abs(guides.normal[36, 48]).max() == pytest.approx(1.0, abs=0.05)


def test_a_disc_of_the_sun_is_left_as_it_was(tmp_path):
    radiance = np.full((48, 64, 3), 0.5, np.float32)
    radiance += np.random.default_rng(0).normal(0, 0.05, radiance.shape).astype(np.float32)
    radiance[10:12, 20:22] = 1e6
    flat = Guides(np.full_like(radiance, 0.5), np.zeros_like(radiance))
    clean = denoise(radiance, flat, tmp_path)
    assert (clean[10:12, 20:22] == 1e6).all()
    assert clean[30:, 40:].std() < 0.5 * radiance[30:, 40:].std()
    assert clean[20:, 30:].max() < 1.0
