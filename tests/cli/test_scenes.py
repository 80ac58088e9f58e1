"""``hdrbatch scenes``: list, show, preview, inspect."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from hdrbatch.catalogue.examined import from_csv
from hdrbatch.cli.app import app
from hdrbatch.specs.user_scenes import UserScenes
from tests.scenes.made_blend import MAKE

JOB = """\
dataset: tiny
scenes: {train: ["street:1:both", "still_life:2"], test: ["street:9001"]}
"""
FLAT = """\
dataset: flat
scenes: {train: ["still_life:1"], test: []}
"""


@pytest.fixture
def job(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(JOB)
    return path


def run_alone(*arguments):
    """In a process of its own, as the pool of previews wants it: one in which Blender was never loaded."""
    command = [sys.executable, "-m", "hdrbatch", "scenes", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def run(*arguments, code=0):
    done = CliRunner().invoke(app, ["scenes", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def test_the_full_catalogue_is_listed_with_what_its_previews_showed():
    rows = json.loads(run("list", "render", "--json"))
    assert len(rows) == 406
    assert all(row["preview"]["stops"] >= 8 for row in rows)
    assert {row["motion"] for row in rows} == {"still", "objects", "shake", "both"}
    text = run("list", "render")
    assert rows[0]["id"] in text
    assert f"{rows[0]['preview']['stops']:.1f}" in text


def test_what_was_not_examined_is_listed_so(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text("dataset: far\nscenes: {train: ['street:123456'], test: []}\n")
    assert "?: not examined" in run("list", path)


def test_a_scene_is_shown_with_its_motion_and_its_tasks(job):
    text = run("show", "street-0001", job)
    assert "street-0001: family street, seed 1, split train, both, dataset tiny" in text
    assert text.count("render_exposure") == 10


@pytest.mark.render
def test_previews_are_rendered_once_judged_and_laid_out_on_sheets(job, tmp_path):
    out, table = tmp_path / "previews", tmp_path / "table.csv"
    small = ("--width", 48, "--samples", 4, "--out", out)
    text = run_alone("preview", job, *small, "--table", table)
    assert "3 previews" in text
    assert {(family, seed) for family, seed in from_csv(table.read_text())} == {
        ("street", 1), ("still_life", 2), ("street", 9001)
    }  # fmt: skip
    sheet = np.asarray(Image.open(out / "sheet-street.png"))
    assert sheet.shape == (3 * 36 + 32, 2 * 48 + 4, 3)
    assert sheet.std() > 20
    made = {file: file.stat().st_mtime_ns for file in out.glob("*.exr")}
    run_alone("preview", job, *small, "--scenes", "street-0001")
    assert {file: file.stat().st_mtime_ns for file in out.glob("*.exr")} == made
    run_alone("preview", job, "--width", 52, "--samples", 4, "--out", out, "--scenes", "street-0001")
    assert (out / "street-0001.exr").stat().st_mtime_ns != made[out / "street-0001.exr"]


def test_a_folder_without_blend_files_is_refused(tmp_path):
    done = CliRunner().invoke(app, ["scenes", "inspect", str(tmp_path)])
    assert done.exit_code != 0
    assert "there is no .blend file in it" in str(done.exception)


@pytest.mark.render
def test_blend_files_are_inspected_and_packed(tmp_path):
    subprocess.run([sys.executable, "-c", MAKE, tmp_path], check=True, stdout=subprocess.DEVNULL)
    text = run("inspect", tmp_path, code=1)
    assert "plain.blend: 2 camera(s) Front, Side" in text
    assert "  note: not applied: film exposure, exposure and gamma of the view, render region" in text
    assert "external files that other machines lack" in text
    assert "2 file(s), 1 of them cannot be rendered" in text
    text = run("inspect", tmp_path, "--packed", tmp_path / "packed")
    assert "2 file(s), 0 of them cannot be rendered" in text
    (tmp_path / "wood.png").unlink()
    assert "missing texture(s) or other file(s): //wood.png" in run("inspect", tmp_path, code=1)
    scenes = UserScenes(folder=str(tmp_path / "packed")).scenes()
    assert [scene.id for scene in scenes] == [
        "blend-plain-0001", "blend-plain-0002", "blend-textured-0001", "blend-textured-0002"
    ]  # fmt: skip
    assert not (tmp_path / "ran").exists()
