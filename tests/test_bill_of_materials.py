"""The bill of materials that an image writes of itself."""

import importlib.util
import json
import os
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "containers" / "bill_of_materials.py"


def _loaded():
    spec = importlib.util.spec_from_file_location("bill_of_materials", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bills = _loaded()
DEBIAN = ("debian", "12")
LISTING = (
    "ii \tlibc6\t2.36-9+deb12u10\tamd64\tglibc\n"
    "rc \tgone\t1\tamd64\tgone\n"
    "ii \tgit\t1:2.39.5-0~x1\tall\tgit\n"
)


class Package(Distribution):
    """A Python package whose metadata is a text."""

    def __init__(self, name, version, *lines):
        self.text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines])

    def read_text(self, filename):
        return self.text if filename == "METADATA" else None

    def locate_file(self, path):
        return Path(path)


def named(*names):
    return [{"license": {"name": name}} for name in names]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["License-Expression: MIT AND BSD-3-Clause", "License: other"],
            [{"expression": "MIT AND BSD-3-Clause"}],
        ),
        (["License: Apache 2.0"], named("Apache 2.0")),
        (["License: UNKNOWN", "Classifier: License :: OSI Approved :: MIT License"], named("MIT License")),
        (
            [
                "License: The text",
                "        of a licence",
                "Classifier: License :: OSI Approved :: BSD License",
            ],
            named("BSD License"),
        ),
        ([f"License: {'long ' * 40}", "Classifier: License :: OSI Approved"], None),
        ([], None),
    ],
)
def test_a_python_package_has_its_name_version_address_and_licence(lines, expected):
    (component,) = bills.python_packages([Package("Ruamel.YAML_x", "2.13.0+cpu", *lines)])
    assert component["name"] == "ruamel-yaml-x"
    assert component["version"] == "2.13.0+cpu"
    assert component["purl"] == component["bom-ref"] == "pkg:pypi/ruamel-yaml-x@2.13.0%2Bcpu"
    assert component.get("licenses") == expected


def test_of_two_packages_of_one_name_the_imported_one_is_listed():
    found = bills.python_packages([Package("a-b", "2"), Package("A_b", "1")])
    assert [one["version"] for one in found] == ["2"]


def test_a_debian_package_has_its_source_and_the_licences_of_its_copyright_file(tmp_path):
    (tmp_path / "libc6").mkdir()
    (tmp_path / "libc6" / "copyright").write_text(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        "Files: *\nLicense: LGPL-2.1+\n text\n\nFiles: x\nLicense: BSD-3-clause\n\nLicense: LGPL-2.1+\n"
    )
    (tmp_path / "git").mkdir()
    (tmp_path / "git" / "copyright").write_text("It is free.\nLicense: as you like\n")
    libc, git = bills.debian_packages(LISTING, DEBIAN, tmp_path)
    assert libc["purl"] == (
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12&upstream=glibc"
    )
    assert libc["licenses"] == named("BSD-3-clause", "LGPL-2.1+")
    assert git["purl"] == "pkg:deb/debian/git@1%3A2.39.5-0~x1?arch=all&distro=debian-12"
    assert "licenses" not in git


def test_the_operating_system_is_read_with_or_without_quotes():
    assert bills.operating_system('NAME="Debian"\nID=debian\nVERSION_ID="12"\n') == DEBIAN


def written(tmp_path, name):
    """The bill that the script writes of this Python and of a made-up dpkg, without site packages' help."""
    program = tmp_path / "dpkg-query"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{LISTING}END\n")
    program.chmod(0o755)
    command = [sys.executable, SCRIPT, "hdrbatch-render", "0.1.0", tmp_path / name]
    subprocess.run(command, check=True, env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    return (tmp_path / name).read_bytes()


def test_the_bill_is_cyclonedx_and_the_same_each_time(tmp_path):
    data = written(tmp_path, "one")
    assert written(tmp_path, "two") == data
    bill = json.loads(data)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert bill["metadata"]["component"] == {
        "type": "container",
        "bom-ref": "image",
        "name": "hdrbatch-render",
        "version": "0.1.0",
    }
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(set(references)) == len(references)
    names = {one["name"]: one["version"] for one in bill["components"]}
    assert {"numpy", "boto3", "libc6", "git"} <= set(names)
    assert "gone" not in names


def test_the_script_imports_the_standard_library_alone():
    lines = [
        line.split()[1].partition(".")[0]
        for line in SCRIPT.read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]
    assert set(lines) <= sys.stdlib_module_names
