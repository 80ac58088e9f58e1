import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from hdrbatch.cli.app import app
from hdrbatch.errors import PhotoError, UserError
from hdrbatch.imaging.files import PhotoMetadata, write_photo


@pytest.fixture
def photos(tmp_path):
    """A ramp, exposed twice, two stops apart."""
    ramp = np.linspace(0.0, 1.0, 128)[None, :, None] * np.ones((96, 1, 3))
    paths = []
    for name, time_s in (("dark.png", 1 / 64), ("bright.png", 1 / 16)):
        codes = np.round(255 * np.clip(ramp * time_s * 64 / 4, 0, 1) ** (1 / 2.2)).astype(np.uint8)
        write_photo(tmp_path / name, codes, PhotoMetadata(time_s, None, None, None))
        paths.append(str(tmp_path / name))
    return paths


def run(*arguments):
    return CliRunner().invoke(app, ["merge", *map(str, arguments)])


def test_merge_writes_a_picture_a_preview_and_a_record_and_says_so(photos, tmp_path):
    output = tmp_path / "scene.exr"
    done = run(*photos, "-o", output, "--response", "gamma:2.2", "--hdr", "--no-align")
    assert done.exit_code == 0, done.output
    assert "merged dark.png (+0.00 EV), bright.png (+2.00 EV)" in done.output
    assert "response curve: gamma:2.2" in done.output
    for suffix in (".exr", ".png", ".hdr", ".json"):
        assert f"wrote {output.with_suffix(suffix)}" in done.output
        assert output.with_suffix(suffix).is_file()
    again = run(*photos, "-o", output, "--response", "gamma:2.2", "--hdr", "--no-align")
    assert "nothing to do" in again.output


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["-o", "scene.png"], PhotoError, r"the result is an EXR file: call it scene\.exr"),
        (["nowhere.jpg", "-o", "a.exr"], PhotoError, r"nowhere\.jpg: there is no such file"),
        ([".", "-o", "a.exr"], PhotoError, "is a folder: name the photographs in it"),
        (["-o", "a.exr", "--tone-map", "pretty"], PhotoError, "--tone-map pretty: use one of reinhard"),
        (["-o", "a.exr", "--times", "1/30,0"], PhotoError, "--times 1/30,0: write positive seconds"),
        (["-o", "a.exr", "--response", "mine"], UserError, "'mine' is not known: write linear, srgb"),
    ],
)
def test_what_cannot_be_merged_is_refused_before_anything_is_read(photos, arguments, error, words):
    done = run(*photos, *arguments)
    assert isinstance(done.exception, error)
    with pytest.raises(error, match=words):
        raise done.exception


def test_merging_loads_no_torch(photos, tmp_path):
    code = (
        "import sys\n"
        f"sys.argv = ['hdrbatch', 'merge', *{photos!r}, '-o', {str(tmp_path / 'scene.exr')!r}]\n"
        "from hdrbatch.cli.app import app\n"
        "try:\n    app()\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
