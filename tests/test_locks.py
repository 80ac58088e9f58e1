"""The lock files agree with pyproject.toml and with each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
REMEDY = "run make lock"
PYTHON_OF = {"python3.11": ["3.11"], "python3.12": ["3.12", "3.13"], "render": ["3.11"], "train": ["3.11"]}
EXTRAS_OF = {"python3.11": list(EXTRAS), "python3.12": list(EXTRAS), "render": ["render"], "train": ["train"]}


def locked(name, python="3.11"):
    """Pins of a lock file for a Python on Linux, each with its hashes."""
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
    }
    text = re.sub(r"\\\n", " ", (LOCKS / f"{name}.lock").read_text())
    pins = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split("--hash=")
            pin = Requirement(requirement)
            if pin.marker is None or pin.marker.evaluate(environment):
                pins[canonicalize_name(pin.name)] = (str(pin.specifier).removeprefix("=="), hashes)
    return pins


@pytest.mark.parametrize("name", PYTHON_OF)
def test_every_pin_has_hashes(name):
    pins = locked(name)
    assert len(pins) > 30
    assert [one for one, (_, hashes) in pins.items() if not hashes] == []


@pytest.mark.parametrize(
    ("name", "python"), [(name, one) for name, many in PYTHON_OF.items() for one in many]
)
def test_all_that_pyproject_asks_for_is_locked_in_a_version_that_it_accepts(name, python):
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    asked += [text for extra in EXTRAS_OF[name] for text in EXTRAS[extra]]
    pins = locked(name, python)
    for requirement in map(Requirement, asked):
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            assert canonicalize_name(requirement.name) not in pins
        elif requirement.name != "torch":
            version, _ = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement}: {REMEDY}"


@pytest.mark.parametrize("image", ["render", "train"])
def test_an_image_has_the_versions_that_everything_else_is_tested_with(image):
    tested = locked("python3.11")
    assert {name: tested.get(name) for name in locked(image)} == locked(image), REMEDY


def test_the_heavy_package_of_one_image_is_not_locked_for_the_other():
    assert "bpy" in locked("render")
    assert "bpy" not in locked("train")


@pytest.mark.parametrize("name", PYTHON_OF)
def test_torch_and_its_libraries_are_left_to_the_machine(name):
    heavy = [one for one in locked(name) if re.match("torch|triton|nvidia|cuda", one)]
    assert heavy == [], "add them to unlocked in requirements/lock"


def test_torch_is_pinned_where_it_is_installed_from_as_in_pyproject():
    (torch,) = [text for text in EXTRAS["train"] if text.startswith("torch")]
    assert (LOCKS / "torch.txt").read_text() == f"{torch}\n", REMEDY


def test_python_3_11_has_the_numpy_of_blender_and_later_ones_have_numpy_2():
    assert locked("python3.11")["numpy"][0].startswith("1.")
    assert locked("python3.12", "3.12")["numpy"][0].startswith("2.")
