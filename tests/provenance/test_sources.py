"""What of a source counts, and which modules decide a result."""

from pathlib import Path

import pytest

from hdrbatch.provenance.sources import Sources, read_source

FUNCTION = """
def brighter(value):
    return value * 2.0
"""


@pytest.mark.parametrize(
    "same",
    [
        "# A comment.\n\ndef brighter(value):  # another\n    return (value * 2.0)\n",
        '"""A module."""\ndef brighter(value):\n    """Double a value."""\n    return value * 2.0\n',
        "def brighter(\n    value,\n):\n    return value * 2.0\n",
        'def brighter(value):\n    return value * 2.0\n"""What stands below it."""\n',
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(same):
    assert read_source(same).digest == read_source(FUNCTION).digest


@pytest.mark.parametrize(
    "other",
    [
        FUNCTION.replace("2.0", "2.5"),
        FUNCTION.replace("2.0", "2"),
        FUNCTION.replace("*", "/"),
        FUNCTION.replace("2.0", "2.0, ''"),
        FUNCTION.replace("(value)", "(value=None)"),
        FUNCTION.replace("return value", "return -value"),
        FUNCTION + "brighter(1)\n",
        FUNCTION + "WORDS = 'a text that is used'\n",
        "from hdrbatch.imaging import exr\n" + FUNCTION,
    ],
)
def test_whatever_could_change_a_result_counts(other):
    assert read_source(other).digest != read_source(FUNCTION).digest


def test_the_digest_is_the_same_in_every_python():
    """What 3.11 records is compared on 3.12 and 3.13, whose syntax trees have more fields."""
    text = "class A(B):\n    async def f(self, *, a: int = 1, **b): return f'{a!r:>{b}}' + 'ä\\u2028', []\n"
    assert read_source(text).digest == "809aa8d32b618930"


@pytest.fixture
def package(tmp_path):
    """A package of six modules: c is imported inside a function of b, d by a type checker alone."""
    root = tmp_path / "pack"
    (root / "low").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "low/__init__": "",
        "a": "from pack.b import thing\n",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pack.d\n"
        "def thing():\n    from pack.low import c\n    return c\n",
        "low/c": "import json\n",
        "d": "",
        "e": "import pack.a\n",
    }.items():
        (root / f"{name}.py").write_text(text)
    return root


def test_a_closure_is_what_is_imported_anywhere_with_the_packages_around_it(package):
    closure = Sources(package).closure(["pack.a"])
    assert set(closure) == {"pack.a", "pack.b", "pack.low", "pack.low.c"}


def test_what_is_left_out_is_not_followed(package):
    sources = Sources(package)
    assert set(sources.closure(["pack.a"], without=("pack.low",))) == {"pack.a", "pack.b"}
    assert set(sources.closure(["pack.e"], without=("pack.a",))) == {"pack.e"}


def test_what_is_only_read_counts_without_its_imports(package):
    assert set(Sources(package).closure(["pack.d"], reads=("pack.a",))) == {"pack.a", "pack.d"}


def test_a_changed_module_changes_the_digests_of_no_other(package):
    before = Sources(package).closure(["pack.a"])
    (package / "low/c.py").write_text("import json\nVALUE = 1\n")
    after = Sources(package).closure(["pack.a"])
    assert [module for module in before if before[module] != after[module]] == ["pack.low.c"]


def test_imports_by_a_computed_name_are_noticed():
    assert read_source("from importlib import import_module\nimport_module(name)").computes_imports
    assert read_source("import importlib\nimportlib.import_module(name)").computes_imports
    assert not read_source("import json").computes_imports


def test_an_entry_that_does_not_exist_is_an_error(package):
    with pytest.raises(KeyError, match=r"pack\.gone"):
        Sources(package).closure(["pack.gone"])


def test_the_package_is_read_as_it_is_imported():
    root = Path(__file__).parents[2] / "hdrbatch"
    sources = Sources(root)
    assert "hdrbatch.imaging.exr" in sources.imported_by("hdrbatch.tasks.render_exposure")
    assert "hdrbatch.scenes.build" in sources.imported_by("hdrbatch.tasks.render_exposure")
