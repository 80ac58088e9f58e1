"""The whole chain by the commands a user types, small, on S3 (tests/test_readme.py has it on a folder)."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

from hdrbatch.imaging.exr import read_exr
from hdrbatch.storage.server import serve

pytestmark = [pytest.mark.render, pytest.mark.training, pytest.mark.server]


@pytest.fixture
def address(tmp_path, monkeypatch):
    with serve(tmp_path / "s3") as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield "s3://hdrbatch/project"


def test_from_a_scene_to_a_page(address, tiny_files, hdrbatch):
    def succeed(*arguments):
        done = hdrbatch(*arguments, store=address)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    job = tiny_files / "job.yaml"
    job.write_text(job.read_text().replace("-2..2", "[-2, 0, 2]"))  # what the sweep needs
    assert "13 done" in succeed("render", str(job))
    swept = succeed("sweep", str(tiny_files / "sweep.yaml"))
    for method in ("linearised", "merge", "gain", "stops clip."):
        assert method in swept
    assert "up to date" in succeed("sweep", str(tiny_files / "sweep.yaml"))
    scores = json.loads(succeed("evaluate", "tiny/ldr", "--dataset", "tiny", "--json"))
    stored = json.loads(succeed("store", "ls", "--json", "sweeps/tiny/ldr/evaluation.json"))
    assert len(stored) == 1
    assert {row["method"] for row in scores["scenes"]} == {"network", "linearised photograph"}

    views = tiny_files / "views"
    succeed("photograph", "interior", "-o", str(views), "--width", "64", "--height", "48")
    result = tiny_files / "results" / "interior.exr"
    photos = sorted(str(path) for path in views.glob("ev*.png"))
    said = succeed("reconstruct", *photos, "-o", str(result), "--hdr")
    assert "model tiny/candidates used ev-2.png (-2.00 EV), ev+0.png (+0.00 EV), ev+2.png (+2.00 EV)" in said
    radiance = read_exr(result)
    assert radiance.shape == (48, 64, 3)
    assert np.isfinite(radiance).all()
    assert radiance.max() > 1.0
    assert result.with_suffix(".hdr").stat().st_size > 0
    assert "up to date" in succeed("reconstruct", *photos, "-o", str(result), "--hdr")
    assert "tiny/ldr" in succeed("reconstruct", photos[0], "-o", str(tiny_files / "results" / "one.exr"))

    page = tiny_files / "report.html"
    succeed("report", "-o", str(page), "--photos", str(tiny_files / "results"))
    HTMLParser().feed(page.read_text())
    assert "interior-0001" in page.read_text()
    assert "0 damaged" in succeed("dataset", "verify", "tiny")
    assert "0 receipt(s) with damage" in succeed("store", "verify")
    assert "0 object(s) without a receipt" in succeed("store", "gc")
