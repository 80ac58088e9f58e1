# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import pi

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender import rendering as render
from hdrbatch.blender import sampling
from hdrbatch.blender.rendering import check_radiance, render_image, render_subset
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.errors import CorruptObjectError, InterruptedRunError, RenderError
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.scenes.build import build_scene
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.shapes import Place, rectangles
from hdrbatch.scenes.kit.sky import add_sun, sun_irradiance

SETTINGS = RenderSettings(32, 24, num_threads=2)


def test_an_even_sky_has_its_own_radiance_in_every_pixel(furnace, tmp_path):
    radiance = render_image(SETTINGS, 1, tmp_path)
    assert radiance.shape == (24, 32, 3)
    assert radiance.dtype == np.float32
    np.testing.assert_allclose(radiance, np.broadcast_to([0.25, 0.5, 2.0], (24, 32, 3)), rtol=1e-6)


def test_a_matt_plane_in_the_sun_has_reflectance_times_irradiance_over_pi(tmp_path):
    open_empty_scene()
    material = plain("Matt", (0.5, 0.5, 0.5), 1.0)
    material.node_tree.nodes["Principled BSDF"].inputs["Specular IOR Level"].default_value = 0.0
    rectangles(Place(0, 0), [[(-9, -9, 0), (9, -9, 0), (9, 9, 0), (-9, 9, 0)]], material)
    add_sun(90.0, 0.0, seen_from=None)
    add_camera((0, 0, 5), (0, 0.01, 0), 35.0)
    radiance = render_image(SETTINGS, 4, tmp_path)
    expected = np.array(sun_irradiance(90.0)) * 0.5 / pi
    np.testing.assert_allclose(radiance.mean((0, 1)), expected, rtol=1e-3)


def test_the_mean_of_ten_subsets_is_one_render_of_ten_times_the_samples(tmp_path):
    build_scene("interior", 1)
    subsets = [render_subset(SETTINGS, SampleSubset(i, 10, 2), tmp_path) for i in range(10)]
    whole = render_image(SETTINGS, 20, tmp_path)
    np.testing.assert_allclose(np.mean(subsets, axis=0, dtype=np.float64), whole, rtol=1e-5, atol=1e-6)
    assert not np.array_equal(subsets[0], subsets[1])


@pytest.fixture
def chunks_of_two_samples(monkeypatch):
    monkeypatch.setattr(sampling, "CHUNK_PIXEL_SAMPLES", 2 * SETTINGS.width * SETTINGS.height)


def test_a_render_in_chunks_is_the_render_in_one_call_but_for_rounding(tmp_path, monkeypatch):
    build_scene("interior", 1)
    subset = SampleSubset(3, 10, 7)
    whole = render_subset(SETTINGS, subset, tmp_path)
    monkeypatch.setattr(sampling, "CHUNK_PIXEL_SAMPLES", 2 * SETTINGS.width * SETTINGS.height)
    assert [chunk.samples for chunk in subset.chunks(SETTINGS.width, SETTINGS.height)] == [1, 2, 2, 2]
    np.testing.assert_allclose(render_subset(SETTINGS, subset, tmp_path), whole, rtol=1e-5, atol=1e-6)


def test_a_render_goes_on_from_any_chunk_to_the_same_bits(tmp_path, chunks_of_two_samples):
    subset = SampleSubset(1, 3, 7)
    build_scene("street", 1)
    sums = []
    expected = render_subset(SETTINGS, subset, tmp_path, on_chunk=sums.append)
    assert [done.samples for done in sums] == [1, 3, 5, 7]
    for number, done in enumerate(sums):
        build_scene("street", 1)
        later = []
        resumed = render_subset(SETTINGS, subset, tmp_path, resume=done, on_chunk=later.append)
        assert [further.samples for further in later] == [1, 3, 5, 7][number + 1 :]
        assert resumed.tobytes() == expected.tobytes()


def test_a_render_of_one_chunk_is_what_blender_gave_to_the_bit(furnace, tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(render, "read_exr", lambda path: given.append(read_exr(path)) or given[-1])
    sums = []
    radiance = render_subset(SETTINGS, SampleSubset(0, 1, 3), tmp_path, on_chunk=sums.append)
    assert [picture.tobytes() for picture in given] == [radiance.tobytes()]
    assert [done.samples for done in sums] == [3]


def test_what_a_chunk_s_listener_raises_ends_the_render_as_it_is(furnace, tmp_path, chunks_of_two_samples):
    def stop(done):
        raise InterruptedRunError(f"after {done.samples}")

    with pytest.raises(InterruptedRunError, match="^after 2$"):
        render_subset(SETTINGS, SampleSubset(0, 1, 4), tmp_path, on_chunk=stop)


def test_a_chunk_may_be_black_where_the_mean_is_not(furnace, tmp_path, chunks_of_two_samples, monkeypatch):
    lit = iter([False, True])
    monkeypatch.setattr(render, "read_exr", lambda path: read_exr(path) * np.float32(next(lit)))
    radiance = render_subset(SETTINGS, SampleSubset(0, 1, 4), tmp_path)
    np.testing.assert_allclose(radiance[0, 0], [0.125, 0.25, 1.0], rtol=1e-6)


def test_nothing_but_the_log_stays_in_the_scratch_folder_and_nothing_is_printed(furnace, tmp_path, capfd):
    render_image(SETTINGS, 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["blender.log"]
    assert "Saved" in (tmp_path / "blender.log").read_text()
    assert capfd.readouterr().out == ""


def test_a_black_scene_is_an_error(tmp_path):
    open_empty_scene()
    add_camera((0, 0, 2), (0, 1, 2), 35.0)
    with pytest.raises(RenderError, match=r"32x24.*the picture is black: 0.00% of its pixels have any light"):
        render_image(SETTINGS, 1, tmp_path)


def test_a_scene_without_a_camera_is_an_error_that_shows_what_blender_said(tmp_path):
    open_empty_scene()
    with pytest.raises(RenderError, match=r"(?s)failed: .*[Cc]amera.*Blender's output ended with"):
        render_image(SETTINGS, 1, tmp_path)


def test_a_picture_left_by_an_earlier_try_does_not_pass_for_this_one(furnace, tmp_path, monkeypatch):
    write_exr(tmp_path / "subset-0-of-1.exr", np.ones((24, 32, 3), np.float32))
    monkeypatch.setattr(render, "configure", lambda scene, settings, subset, shutter: None)
    furnace.render.engine = "CYCLES"
    furnace.cycles.samples = 1
    furnace.render.resolution_x, furnace.render.resolution_y = 8, 8
    furnace.render.image_settings.file_format = "PNG"
    # Blender says FINISHED, yet what it wrote is elsewhere: subset-0-of-1.exr.png.
    with pytest.raises(RenderError, match="failed"):
        render_image(SETTINGS, 1, tmp_path)


def test_a_file_cut_short_though_blender_said_finished_is_an_error(furnace, tmp_path, monkeypatch):
    def cut_and_read(path):
        path.write_bytes(path.read_bytes()[:300])
        return read_exr(path)

    monkeypatch.setattr(render, "read_exr", cut_and_read)
    with pytest.raises(RenderError, match="subset 1 of 1") as caught:
        render_image(SETTINGS, 1, tmp_path)
    assert isinstance(caught.value.__cause__, CorruptObjectError)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda r: r[:-1], r"has shape \(3, 6, 3\); \(4, 6, 3\)"),
        (lambda r: r[..., :1], r"has shape \(4, 6, 1\)"),
        (
            lambda r: np.where(np.arange(3) == 1, np.nan, r),
            r"24 values are not finite, the first at row 0, col",
        ),
        (lambda r: np.where(np.arange(3) == 2, np.inf, r), r"not finite.*channel 2"),
        (lambda r: r - 1.1, r"radiance is negative: -0.1"),
        (lambda r: r * 0, r"black"),
        (lambda r: -r, r"negative"),
    ],
)
def test_useless_radiance_is_refused_and_what_is_wrong_named(spoil, words):
    radiance = np.ones((4, 6, 3), np.float32)
    radiance[0, 0] = 5
    check_radiance(radiance, width=6, height=4)
    with pytest.raises(RenderError, match=words):
        check_radiance(spoil(radiance).astype(np.float32), width=6, height=4)
