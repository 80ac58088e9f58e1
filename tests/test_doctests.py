"""The examples in docstrings hold."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLENDER_ROOMS = ("blender", "scenes")


def has_examples(text):
    """Whether a module has examples that run alone; test_python_docs.py runs those that need results."""
    examples = doctest.DocTestParser().get_examples(text)
    return any(not one.options.get(doctest.SKIP) for one in examples)


def modules_with_examples():
    for file in sorted((ROOT / "hdrbatch").rglob("*.py")):
        if has_examples(file.read_text()):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            needs_blender = name.split(".")[1] in BLENDER_ROOMS
            yield pytest.param(name, marks=[pytest.mark.render] if needs_blender else [])


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_the_examples_in_the_docstrings_hold(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name != "torch":
            raise
        pytest.skip("torch is not installed (extra: train)")
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
