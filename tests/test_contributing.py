"""What CONTRIBUTING.md says of the package holds."""

import ast
from pathlib import Path

import pytest

from hdrbatch import errors
from hdrbatch.storage import keys

PACKAGE = Path(errors.__file__).parent
STORE_FOLDERS = tuple(
    value
    for name, value in vars(keys).items()
    if name.isupper() and isinstance(value, str) and value[-1] == "/"
)


@pytest.fixture(scope="module")
def nodes():
    """Every class and every text of the package, with the path of its module."""
    return [
        (path.relative_to(PACKAGE).as_posix(), node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef | ast.Constant)
    ]


def test_every_error_that_is_meant_for_a_user_is_in_errors(nodes):
    known = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert "HdrbatchError" in known
    elsewhere = [
        f"{path}: {node.name}"
        for path, node in nodes
        if isinstance(node, ast.ClassDef)
        and path != "errors.py"
        and {base.id for base in node.bases if isinstance(base, ast.Name)} & known
    ]
    assert elsewhere == []


def test_every_error_is_drawn_in_the_tree_above_them():
    drawn = set(errors.__doc__.split())
    assert {name for name, value in vars(errors).items() if isinstance(value, type)} <= drawn


def test_every_key_in_the_store_is_made_in_keys(nodes):
    assert "receipts/" in STORE_FOLDERS
    elsewhere = [
        f"{path}:{node.lineno}: {node.value!r}"
        for path, node in nodes
        if path != "storage/keys.py"
        and isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(STORE_FOLDERS)
    ]
    assert elsewhere == []
