"""What ``hdrbatch reconstruct`` accepts and refuses."""

import numpy as np
import pytest

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import write_photo

pytest.importorskip("torch", reason="torch is not installed: no network can be run")


@pytest.fixture
def bracket(tmp_path):
    """A folder of three photographs that do not state their exposure times."""
    folder = tmp_path / "bracket"
    folder.mkdir()
    light = np.random.default_rng(0).uniform(0.02, 0.25, (80, 100, 3))
    for name, exposure in (("a", 1.0), ("b", 4.0), ("c", 16.0)):
        codes = np.rint(np.minimum(light * exposure, 1.0) ** (1 / 2.2) * 255).astype(np.uint8)
        write_photo(folder / f"{name}.png", codes, PhotoMetadata(None, None, None, None))
    return folder


@pytest.fixture
def model_file(tmp_path):
    from hdrbatch.learning.model import build_network, save_model
    from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

    variant = VariantSpec(inputs=InputSpec(brackets="any"), network=NetworkSpec(width=4, depth=1))
    save_model(tmp_path / "model.pt", build_network(variant), variant)
    return tmp_path / "model.pt"


def test_a_folder_and_a_file_of_times_give_a_picture_with_its_previews(
    hdrbatch, tmp_path, bracket, model_file
):
    times = tmp_path / "times.csv"
    times.write_text("name,seconds\nc.png,1\nb.png,1/4\na.png,1/16\n")
    command = ["reconstruct", str(bracket), "-o", str(bracket / "out.exr"), "--model", str(model_file)]
    command += ["--exposures", str(times), "--tone-map", "gamma", "--tone-map", "drago"]
    done = hdrbatch(*command, store=str(tmp_path / "store"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "used a.png (-2.00 EV), b.png (+0.00 EV), c.png (+2.00 EV)" in done.stdout
    assert read_exr(bracket / "out.exr").shape == (80, 100, 3)
    assert (bracket / "out.drago.png").is_file()
    again = hdrbatch(*command, store=str(tmp_path / "store"))
    assert "up to date" in again.stdout, again.stdout + again.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--times", "1,2,4", "--exposures", "times.csv"], "--times 1,2,4 and --exposures times.csv"),
        (["--tone-map", "gamma", "--tone-map", "hable"], "--tone-map hable: use one of"),
        (["--response", "film"], "response curve 'film' is not known"),
        (["--times", "1,2,x"], "--times 1,2,x: not a list of times; write positive seconds"),
        ([], "--exposures FILE"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(hdrbatch, tmp_path, bracket, model_file, options, words):
    command = ["reconstruct", str(bracket), "-o", str(tmp_path / "out.exr"), "--model", str(model_file)]
    done = hdrbatch(*command, *options, store=str(tmp_path / "store"))
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert not (tmp_path / "out.exr").exists()
