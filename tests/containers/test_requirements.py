"""The images' locked requirements are those that everything else is tested with."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.containers.conftest import ROOT

# Not in constraints.txt, which a freeze of the environment made: a freeze leaves it out.
UNPINNED = {"setuptools"}


def pins(path):
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


@pytest.fixture(params=["render", "train"])
def image(request):
    return request.param


def test_every_version_is_the_one_of_constraints(image):
    tested = pins(ROOT / "constraints.txt")
    locked = pins(ROOT / "containers" / image / "requirements.txt")

    assert {name: tested.get(name) for name in locked if name not in UNPINNED} == {
        name: version for name, version in locked.items() if name not in UNPINNED
    }


def test_all_that_pyproject_asks_for_is_locked(image):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"][image]]
    locked = pins(ROOT / "containers" / image / "requirements.txt")

    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_heavy_package_of_one_image_is_not_locked_for_the_other():
    assert "torch" not in pins(ROOT / "containers" / "render" / "requirements.txt")
    assert "bpy" not in pins(ROOT / "containers" / "train" / "requirements.txt")
