"""What training.compile needs is asked for before the first step."""

import pytest

from hdrbatch.errors import SetUpError
from hdrbatch.learning.compiler import check_compiler
from hdrbatch.learning.loop import Reporting, train
from hdrbatch.specs.variant import VariantSpec


def program(folder, name):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("device", "program_name", "is_enough"),
    [
        ("cpu", "g++", True),
        ("cpu", "clang++", True),
        ("cpu", "gcc", False),
        ("cuda", "gcc", True),
        ("cuda", "clang", True),
        ("cuda", "g++", False),
    ],
)
def test_a_cpu_needs_a_cpp_compiler_and_a_gpu_a_c_compiler(
    device, program_name, is_enough, tmp_path, monkeypatch
):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    words = "training.compile: true needs a compiler .* is installed on .*or set training.compile: false"
    with pytest.raises(SetUpError, match=words):
        check_compiler(device)
    program(tmp_path / "bin", program_name)
    if is_enough:
        check_compiler(device)
    else:
        with pytest.raises(SetUpError, match=words):
            check_compiler(device)


@pytest.mark.parametrize(("device", "variable"), [("cpu", "CXX"), ("cuda", "CC")])
def test_a_compiler_that_the_environment_names_is_the_one_that_counts(
    device, variable, tmp_path, monkeypatch
):
    program(tmp_path / "bin", "mine")
    monkeypatch.setenv(variable, "/nonexistent/g++")
    with pytest.raises(SetUpError, match=f"{variable} names /nonexistent/g[+][+], which does not exist"):
        check_compiler(device)
    monkeypatch.setenv(variable, str(tmp_path / "bin" / "mine"))
    check_compiler(device)


def test_a_training_that_cannot_be_compiled_is_rejected_before_its_first_step(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "/nonexistent/g++")
    variant = VariantSpec.model_validate({"training": {"compile": True}})
    with pytest.raises(SetUpError, match="training.compile: true needs a compiler"):
        train(
            [], [], variant, tmp_path / "run", device="cpu", num_threads=1, resume=None, reporting=Reporting()
        )
    assert not (tmp_path / "run").exists()
