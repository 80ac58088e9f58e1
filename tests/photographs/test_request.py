"""Files that may be overwritten, and results that count as done."""

import json
import os
import sys
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

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


def test_an_interrupted_result_leaves_the_earlier_one(request_, monkeypatch):
    carry_out(request_)
    other = replace(request_, response="gamma:2.0")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hdrbatch.photographs.result.preview", interrupted)
        with pytest.raises(KeyboardInterrupt):
            carry_out(other)
    assert request_.is_done(HALVING)
    assert not other.is_done(HALVING)
    carry_out(other)
    assert other.is_done(HALVING)
    assert not request_.is_done(HALVING)


def killed_at(request, moment):
    """Carry out a request in a process that is killed at the nth change of the folder; whether it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    folder, seen = str(request.output.parent), 0

    def hook(event, arguments):
        nonlocal seen
        changes = event in ("os.rename", "os.remove", "os.chmod") or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        if changes and folder in str(arguments[0]):
            seen += 1
            if seen == moment:
                os._exit(9)

    sys.addaudithook(hook)
    carry_out(request)
    os._exit(0)


@pytest.mark.parametrize("earlier", [None, ("drago", "gamma")])
def test_a_kill_at_any_moment_leaves_what_a_rerun_completes(request_, earlier):
    request = replace(request_, write_hdr=True, tone_mappings=("reinhard", "mantiuk"))
    request.output.parent.mkdir()
    note = request.output.with_suffix(".gamma.tif")
    note.write_text("a user's")
    moment = 0
    while True:
        for path in request.output.parent.iterdir():
            path.unlink(missing_ok=path != note)
        note.write_text("a user's")
        if earlier:
            carry_out(replace(request_, tone_mappings=earlier))
        moment += 1
        killed = killed_at(request, moment)
        if not killed:
            break
        request.refuse_to_overwrite()
        carry_out(request)
        assert request.is_done(HALVING)
        names = sorted(path.name for path in request.output.parent.iterdir())
        assert names == sorted([*(path.name for path in request.results()), note.name])
    assert moment > 8
    assert request.is_done(HALVING)


@pytest.mark.parametrize("damage", [b"", 0.5, -1])
@pytest.mark.parametrize("suffix", [".exr", ".png", ".hdr"])
def test_a_damaged_file_is_not_done_and_is_written_again(request_, suffix, damage):
    request = replace(request_, write_hdr=True)
    carry_out(request)
    path = request.output.with_suffix(suffix)
    data = path.read_bytes()
    cut = {0.5: len(data) // 2, -1: len(data) - 20}
    path.write_bytes(damage if damage == b"" else data[: cut[damage]])
    assert not request.is_done(HALVING)
    carry_out(request)
    assert request.is_done(HALVING)


def test_files_that_a_user_changed_are_neither_overwritten_nor_deleted(request_):
    carry_out(replace(request_, tone_mappings=("reinhard", "drago")))
    own = request_.output.with_suffix(".drago.png")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(own)
    before = own.read_bytes()
    assert not replace(request_, tone_mappings=("reinhard", "drago")).is_done(HALVING)
    with pytest.raises(PhotoError, match=r"scene\.drago\.png has changed since hdrbatch wrote it; choose"):
        carry_out(replace(request_, tone_mappings=("reinhard", "drago")))
    carry_out(request_)
    assert own.read_bytes() == before


def test_an_hdr_file_of_a_user_next_to_a_result_stays(request_):
    carry_out(request_)
    request_.radiance_hdr.write_bytes(b"a user's")
    carry_out(replace(request_, response="gamma:2.0"))
    assert request_.radiance_hdr.read_bytes() == b"a user's"
    with pytest.raises(PhotoError, match=r"scene\.hdr exists and is not from hdrbatch"):
        carry_out(replace(request_, write_hdr=True))


def test_earlier_files_that_are_not_written_again_are_removed(request_):
    carry_out(replace(request_, tone_mappings=("reinhard", "drago"), write_hdr=True))
    carry_out(request_)
    names = sorted(path.name for path in request_.output.parent.iterdir())
    assert names == ["scene.exr", "scene.json", "scene.png"]


def test_a_record_of_an_earlier_version_lists_the_radiance_and_its_preview(request_):
    carry_out(request_)
    record = json.loads(request_.record.read_bytes())
    del record["files"]
    request_.record.write_text(json.dumps(record))
    request_.output.with_suffix(".drago.png").write_bytes(b"a user's")
    assert not request_.is_done(HALVING)
    carry_out(request_)
    assert request_.is_done(HALVING)
    with pytest.raises(PhotoError, match=r"drago\.png exists and is not from hdrbatch"):
        carry_out(replace(request_, tone_mappings=("reinhard", "drago")))


def test_a_disk_too_small_is_named_before_the_work(request_, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(PhotoError, match=r"scene\.exr: cannot be written: its disk has 0 MB free, and 0 MB"):
        request_.refuse_to_overwrite()


def test_a_folder_that_is_not_writable_is_named_before_the_work(request_, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(PhotoError, match=r"cannot be written: the folder .* is not writable; choose another"):
        request_.refuse_to_overwrite()


def test_a_full_disk_leaves_the_earlier_result(request_, monkeypatch):
    carry_out(request_)
    for name, error in (
        ("write_exr", RuntimeError("write failed")),
        ("preview", OSError(28, "No space left")),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(f"hdrbatch.photographs.result.{name}", Mock(side_effect=error))
            with pytest.raises(PhotoError, match=r"cannot be written: (write failed|No space left)"):
                carry_out(replace(request_, response="gamma:2.0"))
        assert request_.is_done(HALVING)
        assert len(list(request_.output.parent.iterdir())) == 3


def test_a_file_that_cannot_be_written_is_named(request_, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PhotoError, match=r"-o .*file/scene\.exr: cannot be written"):
        carry_out(replace(request_, output=tmp_path / "file" / "scene.exr"))
