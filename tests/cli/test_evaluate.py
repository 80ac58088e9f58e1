"""``hdrbatch evaluate`` on captured light and on real brackets; on a dataset the chain's test runs it."""

import json

import numpy as np
import pytest

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.photo import write_photo


@pytest.fixture
def model_file(tmp_path):
    """An untrained network for one photograph."""
    pytest.importorskip("torch", reason="torch is not installed (extra: train)")
    from hdrbatch.learning.model import build_network, save_model
    from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

    variant = VariantSpec(inputs=InputSpec(ev=(0.0,)), network=NetworkSpec(width=4, depth=1))
    path = tmp_path / "one.pt"
    save_model(path, build_network(variant), variant)
    return str(path)


@pytest.fixture
def evaluate(hdrbatch, tmp_path, model_file):
    def evaluate(*arguments):
        return hdrbatch("evaluate", model_file, *arguments, store=str(tmp_path / "store"))

    return evaluate


@pytest.mark.parametrize("arguments", [(), ("--captured", "--dataset", "tiny")])
def test_one_thing_to_score_on_has_to_be_named(evaluate, arguments):
    refused = evaluate(*arguments)
    assert refused.returncode == 2
    for option in ("--dataset NAME", "--captured", "--panorama FILE", "--real FOLDER"):
        assert option in refused.stderr


def test_an_own_panorama_is_scored_view_by_view(evaluate, tmp_path, monkeypatch):
    monkeypatch.setattr("hdrbatch.evaluation.captured_light.WIDTH", 48)
    monkeypatch.setattr("hdrbatch.evaluation.captured_light.HEIGHT", 36)
    rows, columns = np.mgrid[:64, :128] / 64 * np.pi
    radiance = np.exp2(5 * np.sin(columns) * np.sin(rows))[..., None] * [1.0, 0.9, 0.8]
    write_exr(tmp_path / "mine.exr", radiance.astype(np.float32))
    done = evaluate("--panorama", str(tmp_path / "mine.exr"), "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["dataset"] == "captured panoramas"
    scenes = {row["scene"] for row in record["scenes"]}
    assert len(scenes) == 17
    assert "mine-01" in scenes
    assert {row["method"] for row in record["scenes"]} == {"network", "linearised photograph"}
    missing = evaluate("--panorama", str(tmp_path / "yours.exr"))
    assert (missing.returncode, "yours.exr: the file does not exist" in missing.stderr) == (2, True)


def test_a_panorama_that_is_neither_exr_nor_hdr_is_refused(evaluate, tmp_path):
    write_photo(tmp_path / "mine.png", np.zeros((8, 16, 3), np.uint8), PhotoMetadata(1.0, 8.0, 100.0, "test"))
    refused = evaluate("--panorama", str(tmp_path / "mine.png"))
    assert refused.returncode == 2
    assert f"--panorama {tmp_path / 'mine.png'}: it is not a readable OpenEXR file" in refused.stderr
    assert "give an equirectangular OpenEXR (.exr) or Radiance (.hdr) file" in refused.stderr


def test_a_real_bracket_is_scored_by_its_own_photographs(evaluate, tmp_path):
    folder = tmp_path / "brackets" / "wall"
    folder.mkdir(parents=True)
    light = np.geomspace(0.01, 2, 64)[None, :, None] * np.ones((48, 1, 3))
    for number, time_s in enumerate((0.25, 1.0, 4.0)):
        codes = np.rint(np.clip(light * time_s, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
        write_photo(folder / f"{number}.png", codes, PhotoMetadata(time_s, 8.0, 100.0, "test"))
    done = evaluate("--real", str(tmp_path / "brackets"))
    assert done.returncode == 0, done.stderr
    assert "wall: 1 photograph, against merge of all 3" in done.stdout
    assert "wall: 2 photographs, against 0.png" in done.stdout
    assert "Held out:" in done.stdout
    record = json.loads(evaluate("--real", str(tmp_path / "brackets"), "--json").stdout)
    assert {row["test"] for row in record["scores"]} == {"subset", "held out"}
