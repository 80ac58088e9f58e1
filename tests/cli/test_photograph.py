"""``hdrbatch photograph``: what it reads, and the files that it may replace."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hdrbatch.cli.app import app
from hdrbatch.errors import UserError
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.rgbe import write_hdr

SMALL = ("--width", "32", "--height", "24", "--ev", "-2,0,2")


@pytest.fixture
def panorama(tmp_path):
    rows, columns = np.mgrid[:32, :64] / 32 * np.pi
    radiance = np.exp2(2 * np.sin(columns) * np.sin(rows))[..., None] * [1.0, 0.9, 0.8]
    write_exr(tmp_path / "field.exr", radiance.astype(np.float32))
    return tmp_path / "field.exr"


def photograph(*arguments):
    done = CliRunner().invoke(app, ["photograph", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_photographs_and_the_radiance_are_written_and_a_rerun_replaces_them(panorama, tmp_path):
    out = tmp_path / "out"
    shown = photograph(panorama, "-o", out, *SMALL)
    assert f"wrote {out / 'ev-2.png'}: " in shown
    names = ["ev+0.png", "ev+2.png", "ev-2.png", "hdrbatch-photograph.json", "reference.exr"]
    assert sorted(path.name for path in out.iterdir()) == names
    first = {path: path.read_bytes() for path in out.iterdir()}
    photograph(panorama, "-o", out, *SMALL)
    assert {path: path.read_bytes() for path in out.iterdir()} == first
    photograph(panorama, "-o", out, *SMALL[:4], "--ev", "0,1")
    assert sorted(path.name for path in out.glob("*.png")) == ["ev+0.png", "ev+1.png"]


def test_a_radiance_file_gives_the_same_view(panorama, tmp_path):
    write_hdr(tmp_path / "field.hdr", read_exr(panorama))
    photograph(panorama, "-o", tmp_path / "a", *SMALL)
    photograph(tmp_path / "field.hdr", "-o", tmp_path / "b", *SMALL)
    first, second = (read_exr(tmp_path / name / "reference.exr") for name in "ab")
    np.testing.assert_allclose(first, second, rtol=0.02)


@pytest.mark.parametrize("name", ["ev+0.png", "reference.exr", "hdrbatch-photograph.json"])
@pytest.mark.parametrize("again", [False, True])
def test_a_user_s_file_is_never_overwritten(panorama, tmp_path, name, again):
    out = tmp_path / "out"
    out.mkdir()
    if again:
        photograph(panorama, "-o", out, *SMALL)
    (out / name).write_bytes(b"a user's")
    before = {path: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UserError, match=rf"-o {out}: {out / name}".replace("+", r"\+")):
        photograph(panorama, "-o", out, *SMALL)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_an_interruption_leaves_the_earlier_files(panorama, tmp_path, monkeypatch):
    out = tmp_path / "out"
    photograph(panorama, "-o", out, *SMALL)
    before = {path: path.read_bytes() for path in out.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr("hdrbatch.imaging.exr.write_exr", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(OSError, match="full"):
            photograph(panorama, "-o", out, *SMALL, "--seed", "2")
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    photograph(panorama, "-o", out, *SMALL, "--seed", "2")


def test_a_folder_that_cannot_be_written_is_named_before_the_work(panorama, tmp_path):
    with pytest.raises(UserError, match=r"cannot be written: .*field\.exr is not a folder; choose another"):
        photograph(panorama, "-o", panorama, *SMALL)


def test_a_black_view_is_bad_input(tmp_path):
    dark = np.zeros((32, 64, 3), np.float32)
    dark[:4] = 1
    write_exr(tmp_path / "dark.exr", dark)
    with pytest.raises(UserError, match=r"half of the view at --yaw 0 --pitch 0 or more is black; look"):
        photograph(tmp_path / "dark.exr", "-o", tmp_path / "out", *SMALL)
    assert not (tmp_path / "out").exists()
