"""Radiance of photographs, from a program."""

import numpy as np
import pytest
from PIL import Image

import hdrbatch
from hdrbatch.errors import PhotoError, UserError
from hdrbatch.imaging.exr import read_exr
from hdrbatch.interface import pictures_of_photos
from hdrbatch.photographs.merging import merge_files, merge_method
from hdrbatch.photographs.request import HdrRequest

RAMP = np.linspace(0.02, 0.5, 48 * 64 * 3).reshape(48, 64, 3)


@pytest.fixture
def photos(tmp_path):
    """Two linear photographs of a ramp, a stop apart."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, gain in (("a.png", 1), ("b.png", 2)):
        Image.fromarray(np.round(255 * np.minimum(gain * RAMP, 1)).astype(np.uint8)).save(folder / name)
    return [folder / "a.png", folder / "b.png"]


LINEAR = {"times_s": [1, 2], "response": "linear", "align": False}


def test_a_merge_gives_radiance_and_writes_nothing(photos, tmp_path):
    result = hdrbatch.merge(photos, **LINEAR)
    np.testing.assert_allclose(result.radiance / result.radiance.mean(), RAMP / RAMP.mean(), atol=0.02)
    assert result.exposures_ev[1] - result.exposures_ev[0] == pytest.approx(1)
    assert (result.response, result.method, result.used) == ("linear", merge_method().name, (0, 1))
    assert sorted(tmp_path.iterdir()) == [tmp_path / "photos"]
    assert sorted((tmp_path / "photos").iterdir()) == photos


def test_a_folder_and_names_as_text_mean_the_same_photographs(photos):
    by_folder = hdrbatch.merge(str(photos[0].parent), **LINEAR)
    by_name = hdrbatch.merge([str(photo) for photo in photos], **LINEAR)
    np.testing.assert_array_equal(by_folder.radiance, by_name.radiance)


def test_with_out_it_writes_what_the_command_writes(photos, tmp_path):
    result = hdrbatch.merge(photos, out=tmp_path / "merged.exr", **LINEAR)
    np.testing.assert_allclose(read_exr(tmp_path / "merged.exr"), result.radiance, rtol=1e-3)
    request = HdrRequest(
        tuple(photos), tmp_path / "merged.exr", times_s=(1.0, 2.0), response="linear", align=False
    )
    assert request.is_done(merge_method())
    by_command = merge_files(request)
    assert by_command.exposures_ev == tuple(round(ev, 3) for ev in result.exposures_ev)


def test_a_result_is_saved_as_exr_or_hdr_and_nothing_else(photos, tmp_path):
    result = hdrbatch.merge(photos, **LINEAR)
    assert result.save(tmp_path / "a.exr").stat().st_size > 1000
    assert result.save(str(tmp_path / "a.hdr")).read_bytes().startswith(b"#?RADIANCE")
    with pytest.raises(PhotoError, match=r"a\.png: the result is an \.exr or \.hdr file"):
        result.save(tmp_path / "a.png")


def test_an_output_that_would_overwrite_is_refused_before_anything_is_read(photos, tmp_path):
    (tmp_path / "own.exr").write_bytes(b"mine")
    with pytest.raises(PhotoError, match="exists and is not from hdrbatch"):
        hdrbatch.merge(photos, out=tmp_path / "own.exr", **LINEAR)
    with pytest.raises(PhotoError, match=r"name it .*own\.exr"):
        hdrbatch.merge(photos, out=tmp_path / "own.jpg", **LINEAR)


def test_a_missing_photograph_and_a_missing_model_are_named(photos, tmp_path):
    with pytest.raises(PhotoError, match=r"nosuch\.jpg: there is no such file"):
        hdrbatch.merge([*photos, tmp_path / "nosuch.jpg"])
    pytest.importorskip("torch", reason="torch is not installed: nothing can be reconstructed")
    with pytest.raises(UserError, match="no trained model for 2 photograph"):
        hdrbatch.reconstruct(photos, store=str(tmp_path / "store"))


@pytest.mark.parametrize("function", [hdrbatch.merge, hdrbatch.reconstruct])
def test_no_photographs_and_impossible_times_are_rejected_before_anything_is_read(function, tmp_path):
    unreadable = [tmp_path / "a.png", tmp_path / "b.png"]
    for photo in unreadable:
        photo.write_text(f"no picture {photo.name}")
    with pytest.raises(PhotoError, match="no photographs are given"):
        function([])
    for times_s in ([0, 1], [-1, 1]):
        with pytest.raises(PhotoError, match="s is not a time"):
            function(unreadable, times_s=times_s)


def test_an_unknown_response_is_a_mistake_of_the_user(photos):
    with pytest.raises(UserError, match="'nope' is not known; use linear"):
        hdrbatch.merge(photos, times_s=[1, 2], response="nope")


def test_times_may_be_an_array_and_are_recorded(photos, tmp_path):
    times_s = np.array([1, 2], dtype=np.float32)
    result = hdrbatch.merge(photos, times_s=times_s, response="linear", align=False, out=tmp_path / "a.exr")
    assert result.exposures_ev == (0, 1)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("No space left on device")]
)
def test_a_result_is_saved_in_a_new_folder_and_completely_or_not_at_all(photos, tmp_path, monkeypatch, error):
    result = hdrbatch.merge(photos, **LINEAR)
    saved = result.save(tmp_path / "new" / "a.exr")
    np.testing.assert_array_equal(read_exr(saved), result.radiance)

    def write_half(path, radiance):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(pictures_of_photos, "write_exr", write_half)
    with pytest.raises(PhotoError, match=r"a\.exr: cannot be written: No space left on device"):
        result.save(saved)
    np.testing.assert_array_equal(read_exr(saved), result.radiance)
    assert list(saved.parent.iterdir()) == [saved]
    with pytest.raises(PhotoError, match=r"a\.exr/b\.hdr: cannot be written"):
        result.save(saved / "b.hdr")


def test_a_store_may_be_a_path(photos, tmp_path):
    pytest.importorskip("torch", reason="torch is not installed: nothing can be reconstructed")
    with pytest.raises(UserError, match="no trained model for 2 photograph"):
        hdrbatch.reconstruct(photos, store=tmp_path / "store")
