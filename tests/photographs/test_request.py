"""Files that may be overwritten, and results that count as done."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import write_photo
from hdrbatch.photographs.capture import read_capture
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.photographs.result import write_result
from hdrbatch.records.hdr_record import ReconstructionRecord

HALVING = Method("halving", "halving 1")


@pytest.fixture
def request_(tmp_path):
    codes = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    paths = (tmp_path / "a.png", tmp_path / "b.png")
    for path, time_s in zip(paths, (0.25, 1.0), strict=True):
        write_photo(path, codes, PhotoMetadata(time_s, 8.0, 100.0, None))
    return HdrRequest(paths, tmp_path / "out" / "scene.exr")


def carry_out(request):
    capture = read_capture(request.photos, aligned=False)
    return write_result(request, HALVING, capture, (0,), capture.photos[0].pixels / 2)


def test_a_result_is_radiance_previews_and_a_record(request_):
    request = replace(request_, tone_mappings=("drago", "gamma", "drago"), write_hdr=True)
    record = carry_out(request)
    names = [path.name for path in request.results()]
    assert names == ["scene.exr", "scene.png", "scene.gamma.png", "scene.hdr", "scene.json"]
    assert all(path.stat().st_size > 100 for path in request.results())
    assert read_exr(request.output).shape == (40, 50, 3)
    assert ReconstructionRecord.model_validate_json(request.record.read_bytes()) == record
    assert (record.model, record.used, record.exposures_ev) == ("halving", (0,), (0.0, 2.0))
    assert record.warnings == read_capture(request.photos, aligned=False).warnings != ()


def test_the_same_request_is_done_and_any_other_is_not(request_):
    assert not request_.is_done(HALVING)
    carry_out(request_)
    assert request_.is_done(HALVING)
    assert not request_.is_done(Method("halving", "halving 2"))
    others = (
        replace(request_, tone_mappings=("gamma",)),
        replace(request_, tone_mappings=("reinhard", "gamma")),
        replace(request_, align=False),
        replace(request_, times_s=(1.0, 2.0)),
        replace(request_, response="linear"),
        replace(request_, photos=request_.photos[:1]),
        replace(request_, write_hdr=True),
    )
    for other in others:
        # Even if every file that it would write exists.
        for path in other.results():
            path.touch()
        assert not other.is_done(HALVING)
    request_.photos[0].write_bytes(request_.photos[1].read_bytes())
    assert not request_.is_done(HALVING)


def test_a_result_that_lost_a_file_is_not_done(request_):
    carry_out(request_)
    request_.output.with_suffix(".png").unlink()
    assert not request_.is_done(HALVING)


@pytest.mark.parametrize("suffix", [".exr", ".png", ".gamma.png", ".json", ".hdr"])
def test_files_of_others_are_not_overwritten(request_, suffix):
    request = replace(request_, write_hdr=True, tone_mappings=("reinhard", "gamma"))
    foreign = request.output.with_suffix(suffix)
    foreign.parent.mkdir()
    foreign.write_bytes(b"{}")
    with pytest.raises(PhotoError, match=rf"scene{suffix} exists and is not from hdrbatch; choose another"):
        carry_out(request)
    assert [path for path in request.results() if path.exists()] == [foreign]
    assert foreign.read_bytes() == b"{}"


def test_a_photograph_is_not_overwritten(request_, tmp_path):
    before = request_.photos[0].read_bytes()
    request = replace(request_, output=tmp_path / "a.exr")
    with pytest.raises(PhotoError, match=r"a\.png is one of the photographs; choose another name"):
        carry_out(request)
    assert request_.photos[0].read_bytes() == before
    assert not request.output.exists()


def test_an_interrupted_result_is_not_done_and_can_be_overwritten(request_, monkeypatch):
    carry_out(request_)
    other = replace(request_, response="gamma:2.0")

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hdrbatch.photographs.result.preview", killed)
        with pytest.raises(KeyboardInterrupt):
            carry_out(other)
    assert not request_.is_done(HALVING)
    assert not other.is_done(HALVING)
    carry_out(request_)
    assert request_.is_done(HALVING)
    assert json.loads(request_.record.read_bytes())["response"] == "srgb"


def test_a_file_that_cannot_be_written_is_named(request_, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PhotoError, match=r"-o .*file/scene\.exr: cannot be written"):
        carry_out(replace(request_, output=tmp_path / "file" / "scene.exr"))
