"""docs/architecture.md says what the tree and the import linter say."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "hdrbatch"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

ROOMS = {
    f"{path.parent.relative_to(PACKAGE)}/" for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE
}


def section(title):
    _, _, rest = PAGE.partition(f"\n## {title}\n")
    assert rest, f"docs/architecture.md has no section {title!r}"
    return rest.partition("\n## ")[0]


def quoted(text):
    return re.findall(r"`([^`\n]+)`", text)


def the_map():
    """Modules by room, from the rows of the map."""
    rows = re.findall(r"^\| `([a-z_/]+/)` \| .+? \| (.+) \|$", section("The map"), re.MULTILINE)
    return {room: quoted(modules) for room, modules in rows}


def drawn_layers():
    """Layers by container, each a set of names, from the page's blocks."""
    blocks = re.findall(r"^```text\nlayers of ([\w.]+)\n(.+?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    return {container: [names(layer) for layer in lines.split("\n")] for container, lines in blocks}


def names(layer):
    return {name.strip() for name in layer.split("|")}


def test_the_map_names_every_room_and_no_other():
    assert set(the_map()) == ROOMS


def test_the_map_names_every_module_that_belongs_to_no_room():
    named = set(re.findall(r"^\| `hdrbatch/(\w+)\.py` \|", section("The map"), re.MULTILINE))
    assert named == {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_the_modules_that_the_map_names_are_in_their_room(room):
    modules = the_map().get(room)
    assert modules, f"docs/architecture.md names no module of {room}"
    missing = [name for name in modules if not (PACKAGE / room / f"{name}.py").is_file()]
    assert not missing


def test_every_path_on_the_page_exists():
    paths = [name for name in quoted(PAGE) if re.fullmatch(r"[\w.*-]+(/[\w.*-]+)*/?", name) and "/" in name]
    assert len(paths) > 50
    # NAME stands for what is to be added: its folder has to exist.
    missing = [path for path in paths if not exists(path.removesuffix("NAME.py").rstrip("/"))]
    assert not missing


def exists(path):
    return any(True for base in (ROOT, PACKAGE) for _ in base.glob(path))


def test_every_link_on_the_page_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)", PAGE)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_the_layers_are_those_of_the_import_linter():
    enforced = {
        container: [names(layer) for layer in contract["layers"]]
        for contract in CONTRACTS
        if contract["type"] == "layers"
        for container in contract["containers"]
    }
    assert drawn_layers() == enforced


def test_every_other_contract_is_named():
    text = " ".join(section("Dependencies point one way").split())
    other = [contract["name"] for contract in CONTRACTS if contract["type"] != "layers"]
    assert [name for name in other if f"**{name}**" not in text] == []


def test_every_phase_and_cause_has_its_line():
    from hdrbatch.submit.failures import Cause
    from hdrbatch.submit.status import Phase

    text = section("The life of a task")
    drawn = set(re.findall(r"\b[a-z_]+\b", text.partition("```mermaid")[2].partition("```")[0]))
    assert {phase.value.replace(" ", "_") for phase in Phase} <= drawn
    rows = [row.split("|")[1] for row in text.splitlines() if row.startswith("| ")]
    assert set(Phase) <= {name.strip() for row in rows for name in row.split(",")}
    assert set(Cause) <= {name for row in rows for name in quoted(row)}


def test_every_task_kind_has_its_row():
    from hdrbatch.worker.registry import task_kind

    rows = re.findall(r"^\| `(\w+)` \| .+? \| (\w+) \| (.+) \|$", section("The idea"), re.MULTILINE)
    modules = {path.stem for path in (PACKAGE / "tasks").glob("*.py")} - {"__init__"}
    assert {kind for kind, _, _ in rows} == modules
    for kind, image, if_stopped in rows:
        assert task_kind(kind).image == image
        assert task_kind(kind).resumes == if_stopped.endswith("resumes")
