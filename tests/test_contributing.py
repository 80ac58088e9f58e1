"""What CONTRIBUTING.md says of the package holds."""

import ast
from pathlib import Path

from hdrbatch import errors
from hdrbatch.storage import keys

PACKAGE = Path(errors.__file__).parent
STORE_FOLDERS = tuple(
    value
    for name, value in vars(keys).items()
    if name.isupper() and isinstance(value, str) and value[-1] == "/"
)


def sources():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


def test_every_error_that_is_meant_for_a_user_is_in_errors():
    known = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert "HdrbatchError" in known
    elsewhere = [
        f"{path}: {node.name}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and path != "errors.py"
        and {base.id for base in node.bases if isinstance(base, ast.Name)} & known
    ]
    assert elsewhere == []


def test_every_error_is_drawn_in_the_tree_above_them():
    drawn = set(errors.__doc__.split())
    assert {name for name, value in vars(errors).items() if isinstance(value, type)} <= drawn


def test_every_key_in_the_store_is_made_in_keys():
    assert "receipts/" in STORE_FOLDERS
    elsewhere = [
        f"{path}:{node.lineno}: {node.value!r}"
        for path, tree in sources()
        if path != "storage/keys.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(STORE_FOLDERS)
    ]
    assert elsewhere == []
