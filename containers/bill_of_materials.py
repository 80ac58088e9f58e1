"""Write what an image contains as a CycloneDX bill of materials; with the standard library alone.

    python bill_of_materials.py NAME VERSION FILE

Python packages are those that this interpreter finds, Debian packages those of dpkg. The same contents give
the same bytes.

References
----------
CycloneDX 1.5, JSON format (ECMA-424); package URLs: ECMA-427.
"""

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import quote

COPYRIGHTS = Path("/usr/share/doc")
OS_RELEASE = Path("/etc/os-release")
MAX_LICENCE_CHARS = 80
"""A longer value is the text of a licence and not its name."""
_DPKG_FORMAT = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n"

Component = dict[str, object]


def bill(name: str, version: str) -> dict[str, object]:
    """Return the bill of the system that this interpreter runs in."""
    system = operating_system(OS_RELEASE.read_text())
    debian = _output("dpkg-query", "--show", f"--showformat={_DPKG_FORMAT}")
    components = [
        {"type": "operating-system", "bom-ref": "system", "name": system[0], "version": system[1]},
        *sorted(python_packages(list(distributions())), key=_place),
        *sorted(debian_packages(debian, system, COPYRIGHTS), key=_place),
    ]
    content = json.dumps([name, version, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {"type": "container", "bom-ref": "image", "name": name, "version": version}
        },
        "components": components,
    }


def operating_system(os_release: str) -> tuple[str, str]:
    """Return the id and version that /etc/os-release states."""
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    return values.get("ID", "debian").strip('"'), values.get("VERSION_ID", "").strip('"')


def python_packages(found: Sequence[Distribution]) -> list[Component]:
    """Return a component for each Python package; of several of one name, the first is imported."""
    components: dict[str, Component] = {}
    for package in found:
        name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()
        if name not in components:
            purl = f"pkg:pypi/{name}@{_encoded(package.version)}"
            components[name] = _component(name, package.version, purl, _licences_of_python(package))
    return list(components.values())


def _licences_of_python(package: Distribution) -> list[dict[str, object]]:
    if expression := _field(package, "License-Expression"):
        return [{"expression": expression}]
    named = _field(package, "License")
    if named and "\n" not in named and len(named) <= MAX_LICENCE_CHARS and named != "UNKNOWN":
        return _named([named])
    classifiers = package.metadata.get_all("Classifier") or []
    stated = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    return _named([one for one in stated if one != "OSI Approved"])


def _field(package: Distribution, name: str) -> str:
    return package.metadata[name].strip() if name in package.metadata else ""


def debian_packages(listing: str, system: tuple[str, str], copyrights: Path) -> list[Component]:
    """Return a component for each installed package of dpkg-query's listing.

    The source package, by which Debian's advisories are named, is the qualifier ``upstream``.
    """
    components = []
    for line in listing.splitlines():
        status, name, version, architecture, source = line.split("\t")
        if not status.startswith("ii"):
            continue
        purl = f"pkg:deb/{system[0]}/{_encoded(name)}@{_encoded(version)}?arch={architecture}"
        purl += f"&distro={system[0]}-{system[1]}" + (
            f"&upstream={_encoded(source)}" if source != name else ""
        )
        components.append(
            _component(name, version, purl, _licences_of_debian(copyrights / name / "copyright"))
        )
    return components


def _licences_of_debian(file: Path) -> list[dict[str, object]]:
    """Return the short names in a machine-readable copyright file; others name none."""
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return []
    if not text.lstrip().startswith("Format:"):
        return []
    names = (name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE))
    return _named(sorted({name for name in names if len(name) <= MAX_LICENCE_CHARS}))


def _component(name: str, version: str, purl: str, licences: list[dict[str, object]]) -> Component:
    component: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    return component | ({"licenses": licences} if licences else {})


def _named(names: Sequence[str]) -> list[dict[str, object]]:
    return [{"license": {"name": name}} for name in names]


def _encoded(text: str) -> str:
    return quote(text, safe=".-_~")


def _place(component: Component) -> str:
    return str(component["bom-ref"])


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(bill(sys.argv[1], sys.argv[2]), indent=1) + "\n")
