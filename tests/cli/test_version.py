"""``hdrbatch --version``."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest


def printed(*arguments):
    command = [sys.executable, *arguments, "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_version_is_that_of_the_installed_package():
    python = ".".join(map(str, sys.version_info[:3]))
    assert printed("-m", "hdrbatch").startswith(f"hdrbatch {version('hdrbatch')} (Python {python}")


@pytest.mark.parametrize("package", ["bpy", "torch"])
def test_the_version_of_a_heavy_package_is_told_if_it_is_installed(package):
    told = re.search(rf"{package} ([^,)]+)", printed("-m", "hdrbatch"))
    try:
        expected = version(package)
    except PackageNotFoundError:
        expected = None
    assert (told and told[1]) == expected
