"""What the documents name exists: files, links, benchmarks and targets of make."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
FOLDERS = "hdrbatch|tests|jobs|infra|containers|docs"
PLACEHOLDERS = ("NAME", "mycluster")


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.stem)
def document(request):
    return request.param


def test_every_file_that_is_named_exists(document):
    named = re.findall(rf"(?<![\w/.-])((?:{FOLDERS})/[\w./*-]*[\w/])", document.read_text())
    known = [name for name in named if not any(placeholder in name for placeholder in PLACEHOLDERS)]
    assert [name for name in known if not list(ROOT.glob(name.rstrip("/")))] == []


def test_every_link_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", document.read_text())
    missing = []
    for link in links:
        name, _, heading = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists() or (heading and heading not in anchors(target)):
            missing.append(link)
    assert missing == []


def anchors(page):
    """Names of a page's headings, as a link has them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_benchmark_that_is_named_exists(document):
    names = re.findall(r"python -m tests\.bench (\w+)", document.read_text())
    assert [name for name in names if not (ROOT / "tests" / "bench" / f"{name}.py").is_file()] == []


def test_every_target_of_make_exists(document):
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = re.findall(r"(?:`|^    )make((?: [a-z][\w-]*)+)", document.read_text(), re.MULTILINE)
    assert [name for command in commands for name in command.split() if name not in targets] == []
