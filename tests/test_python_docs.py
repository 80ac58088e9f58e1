"""The examples of docs/python.md do what the page says."""

import doctest
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")

pytestmark = pytest.mark.render

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_the_examples_of_the_page_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HDRBATCH_STORE", raising=False)
    outcome = doctest.testfile(str(PAGE), module_relative=False, globs={})
    assert outcome.attempted > 20
    assert outcome.failed == 0, capsys.readouterr().out
