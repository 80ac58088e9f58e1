"""The wheel works alone: built, installed into an empty environment, and run far from the checkout."""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hdrbatch.imaging.exr import read_exr
from hdrbatch.specs.examples import CLUSTERS, JOBS, PATTERNS

pytestmark = pytest.mark.package

ROOT = Path(__file__).parents[1]
SOURCES = ("hdrbatch", *PATTERNS, "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
BUILD_SDIST = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
OUTSIDE = {"PYTHONPATH", "HDRBATCH_STORE", "HDRBATCH_CLUSTER"}
JOB = """\
dataset: tiny
scenes: {train: ["outdoor:1"], test: ["outdoor:9001"]}
ev: [0]
render: {width: 32, height: 24, samples: 2}
"""


def check_output(command, cwd):
    environment = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as packagers do: a source distribution from the checkout's files, and the wheel from that."""
    folder = tmp_path_factory.mktemp("build")
    for name in SOURCES:
        source, copy = ROOT / name, folder / "checkout" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)
    check_output([sys.executable, "-c", BUILD_SDIST, folder], folder / "checkout")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    check_output([*pip, "--wheel-dir", folder, source], folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel, tmp_path_factory):
    """The command of an environment with the wheel and what it requires, without extras."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=True)
    check_output([folder / "bin" / "pip", "install", "--quiet", "--no-compile", wheel], folder)
    return folder / "bin" / "hdrbatch"


def test_the_wheel_runs_without_extras_and_without_a_checkout(bare, tmp_path):
    def hdrbatch(*arguments):
        return check_output([bare, *arguments], tmp_path)

    assert "Usage: hdrbatch" in hdrbatch("--help")
    version = hdrbatch("--version")
    assert version.startswith("hdrbatch ")
    assert "bpy" not in version
    assert "torch" not in version
    assert "interior-0001" in hdrbatch("scenes", "list", "local")
    assert "index_dataset" in hdrbatch("render", "local", "--dry-run", "--cluster", "podman")
    assert f"wrote {JOBS}/local.yaml" in hdrbatch("init")
    assert sorted(path.name for path in (tmp_path / CLUSTERS).iterdir()) == [
        path.name for path in sorted((ROOT / CLUSTERS).glob("*.toml"))
    ]


def test_a_copy_that_was_edited_is_what_runs(bare, tmp_path):
    check_output([bare, "init"], tmp_path)
    job = tmp_path / JOBS / "local.yaml"
    job.write_text(job.read_text().replace("dataset: local", "dataset: mine"))
    assert "plan render-mine-" in check_output([bare, "render", "local", "--dry-run"], tmp_path)


def test_the_wheel_merges_photographs_without_extras(bare, tmp_path):
    ramp = np.linspace(0.02, 0.5, 48 * 64 * 3).reshape(48, 64, 3)
    for name, gain in (("dark", 1), ("bright", 2)):
        codes = np.round(255 * np.minimum(gain * ramp, 1)).astype(np.uint8)
        Image.fromarray(codes).save(tmp_path / f"{name}.png")
    command = [
        "merge",
        "dark.png",
        "bright.png",
        "-o",
        "merged.exr",
        "--times",
        "1,2",
        "--response",
        "linear",
    ]
    check_output([bare, *command, "--no-align"], tmp_path)
    radiance = read_exr(tmp_path / "merged.exr")
    assert np.allclose(radiance / radiance.mean(), ramp / ramp.mean(), atol=0.02)


@pytest.mark.skipif(find_spec("bpy") is None, reason="bpy is not installed: renders cannot be tested")
def test_the_wheel_renders_with_the_extra(wheel, tmp_path):
    venv.create(tmp_path / "env", with_pip=False)
    (packages,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    installed = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "extras.pth").write_text("\n".join(installed))
    python = tmp_path / "env" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    check_output([*pip, "--ignore-installed", wheel], tmp_path)
    where = check_output([python, "-c", "import hdrbatch; print(hdrbatch.__file__)"], tmp_path)
    assert Path(where.strip()).parent == packages / "hdrbatch"

    (tmp_path / "job.yaml").write_text(JOB)
    command = [tmp_path / "env" / "bin" / "hdrbatch", "render", "job.yaml", "--cluster", "local"]
    assert "5 done" in check_output([*command, "--store", "store"], tmp_path)
    assert (tmp_path / "store" / "datasets" / "tiny" / "dataset.json").is_file()
