import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hdrbatch.cli.app import app
from hdrbatch.errors import PhotoError, UserError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo


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


def command_options(name):
    command = typer.main.get_command(app).commands[name]
    return {text for parameter in command.params for text in (*parameter.opts, *parameter.secondary_opts)}


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
    assert "up to date" in again.output


def test_a_folder_and_a_file_of_times_give_a_picture_with_its_previews(photos, tmp_path):
    times = tmp_path / "times.csv"
    times.write_text("bright.png, 8\ndark.png, 1\n")
    command = [tmp_path, "-o", tmp_path / "scene.exr", "--exposures", times, "--response", "gamma:2.2"]
    done = run(*command, "--tone-map", "gamma", "--tone-map", "drago")
    assert done.exit_code == 0, done.output
    assert "merged bright.png (+3.00 EV), dark.png (+0.00 EV)" in done.output
    assert "warning: dark.png and bright.png are stated to be 3.0 stops apart but measure 2.0" in done.output
    assert (tmp_path / "scene.drago.png").is_file()
    # Its previews are no photographs of the folder.
    again = run(*command, "--tone-map", "gamma", "--tone-map", "drago")
    assert "up to date" in again.output, again.output


def test_a_file_of_a_folder_that_is_no_photograph_is_named_and_to_be_taken_out(photos, tmp_path):
    stray = tmp_path / "stray.jpg"
    stray.write_text("no picture")
    done = run(tmp_path, "-o", tmp_path / "scene.exr")
    assert isinstance(done.exception, PhotoError)
    assert str(done.exception).startswith(f"{stray} is not a JPEG, PNG or TIFF photograph")
    assert f"or remove it from {tmp_path} if it is not one of the photographs" in str(done.exception)
    alone = run(stray, photos[0], "-o", tmp_path / "scene.exr")
    assert "remove it from" not in str(alone.exception)


def test_brackets_in_a_name_are_no_markup(photos, tmp_path):
    odd = tmp_path / "[red]dark.png"
    Path(photos[0]).rename(odd)
    done = run(odd, photos[1], "-o", tmp_path / "[bold]scene.exr", "--no-align")
    assert "merged [red]dark.png (+0.00 EV), bright.png" in done.output
    assert f"wrote {tmp_path / '[bold]scene.exr'}" in done.output


def test_what_is_not_ours_is_not_written_over(photos, tmp_path):
    (tmp_path / "scene.json").write_text("{}")
    done = run(*photos, "-o", tmp_path / "scene.exr")
    assert isinstance(done.exception, PhotoError)
    assert "scene.json exists and is not from hdrbatch" in str(done.exception)


def test_several_folders_are_several_pictures_and_a_bad_one_stops_no_other(photos, tmp_path):
    folders = [tmp_path / name for name in ("one", "empty", "two")]
    for folder in folders:
        folder.mkdir()
    for folder in (folders[0], folders[2]):
        for photo in photos:
            shutil.copy(photo, folder)
    (tmp_path / "README.md").write_text("words")
    arguments = [*folders, tmp_path / "README.md", "-o", tmp_path / "pictures", "--no-align"]
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert {path.name for path in (tmp_path / "pictures").glob("*.exr")} == {"one.exr", "two.exr"}
    assert f"hdrbatch: {folders[1]} has no photographs" in done.output
    assert "1 of 3 brackets could not be used" in done.output
    assert "README.md: not a folder of photographs" in done.output
    again = run(folders[0], folders[2], "-o", tmp_path / "pictures", "--no-align")
    assert again.exit_code == 0
    assert again.output.count("is up to date") == 2


def test_a_photograph_beside_a_folder_is_never_left_out(photos, tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(photos[0], folder)
    done = run(folder, photos[1], "-o", tmp_path / "pictures")
    assert isinstance(done.exception, PhotoError)
    assert "the result is an EXR file" in str(done.exception)
    assert not (tmp_path / "pictures").exists()


def test_two_folders_of_one_name_are_refused_before_anything_is_written(photos, tmp_path):
    for parent in ("a", "b"):
        (tmp_path / parent / "same").mkdir(parents=True)
    done = run(tmp_path / "a" / "same", tmp_path / "b" / "same", "-o", tmp_path / "pictures")
    assert isinstance(done.exception, PhotoError)
    assert "two folders are named same" in str(done.exception)
    assert not (tmp_path / "pictures").exists()


def test_merge_takes_the_options_of_reconstruct_but_for_its_model():
    options = {name: command_options(name) for name in ("merge", "reconstruct")}
    assert options["reconstruct"] - options["merge"] == {"--model", "--store"}
    assert options["merge"] < options["reconstruct"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (["-o", "scene.png"], PhotoError, r"the result is an EXR file; name it scene\.exr"),
        (["nowhere.jpg", "-o", "a.exr"], PhotoError, r"nowhere\.jpg: there is no such file"),
        (["empty", "-o", "a.exr"], PhotoError, "empty has no photographs"),
        (["dark.png", "-o", "a.exr"], PhotoError, r"dark\.png: named twice, by itself or by its folder"),
        (
            ["-o", "a.exr", "--times", "1,2", "--exposures", "t.csv"],
            PhotoError,
            "t.csv: give only one of them",
        ),
        (["-o", "a.exr", "--exposures", "t.csv"], PhotoError, "exposure times in t.csv cannot be read"),
        (["-o", "a.exr", "--tone-map", "pretty"], PhotoError, "--tone-map pretty: use one of reinhard"),
        (
            ["-o", "a.exr", "--times", "1/30,0"],
            PhotoError,
            "--times 1/30,0: not a list of times; write positive seconds",
        ),
        (["-o", "a.exr", "--times", "1/30"], PhotoError, r"1 value\(s\) for 2 photograph\(s\)"),
        (["-o", "a.exr", "--response", "no.json"], PhotoError, r"--response no\.json: not the record"),
        (["-o", "a.exr", "--response", "mine"], UserError, "'mine' is not known; use linear, srgb"),
    ],
)
def test_what_cannot_be_merged_is_refused_before_anything_is_read(
    photos, arguments, error, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    done = run("dark.png", "bright.png", *arguments)
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
