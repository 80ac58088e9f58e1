"""The recorded sources are found in git, or it is said why nothing can be compared."""

import subprocess
from typing import ClassVar

import pytest

from hdrbatch.provenance.result_kinds import ResultKind
from tests.versions.comparing import Cache, differences, made_side_by_side
from tests.versions.coverage import products_to_compare
from tests.versions.products import Product
from tests.versions.record import Decision, Record, RecordError, closures_of, renewed
from tests.versions.trees import RECORD_PATH, committed_record, current_tree, recorded_tree

KIND = "toy"


class Toy:
    """A repository whose package has one module, and the closure of a kind that it decides."""

    def __init__(self, root):
        self.root = root
        (root / "tests").mkdir()
        (root / RECORD_PATH).parent.mkdir(parents=True)
        (root / "hdrbatch/__init__.py").touch()
        (root / "tests/any.py").touch()
        self.git("init", "--quiet")

    def git(self, *arguments):
        who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, text):
        (self.root / "hdrbatch/code.py").write_text(text)

    def commit(self):
        self.git("add", ".")
        self.git("commit", "--quiet", "--message=a change")

    def record(self):
        closures = closures_of(self.root / "hdrbatch", [ResultKind(KIND, ("hdrbatch.code",))])
        record = Record.of({KIND: 1}, closures)
        (self.root / RECORD_PATH).write_text(record.to_text())
        return record


@pytest.fixture
def toy(tmp_path):
    return Toy(tmp_path)


def test_the_tree_is_that_of_the_record_whatever_was_committed_since(toy):
    toy.write("VALUE = 1\n")
    record = toy.record()
    toy.commit()
    for value in (2, 3):
        toy.write(f"VALUE = {value}\n")
        toy.commit()
    assert committed_record(toy.root) == record
    with recorded_tree(toy.root, record) as tree, current_tree(toy.root, record) as current:
        assert (tree / "hdrbatch/code.py").read_text() == "VALUE = 1\n"
        assert (current / "hdrbatch/code.py").read_text() == "VALUE = 3\n"
        assert Record.from_text((current / RECORD_PATH).read_text()) == record


def test_a_record_of_sources_that_were_never_committed_cannot_be_compared_with(toy):
    toy.write("VALUE = 1\n")
    toy.commit()
    toy.write("VALUE = 2\n")
    record = toy.record()
    toy.write("VALUE = 3\n")
    toy.commit()
    with (
        pytest.raises(RecordError, match=r"no commit here has the sources that .*versions\.json records"),
        recorded_tree(toy.root, record),
    ):
        pass


def test_without_git_nothing_is_called_the_same(tmp_path):
    assert committed_record(tmp_path) is None
    with (
        pytest.raises(RecordError, match="there is no git repository here: work in a clone"),
        recorded_tree(tmp_path, Record({}, {}, {})),
    ):
        pass


MAKING = """
import json, sys
from pathlib import Path
from hdrbatch.code import VALUE
Path(sys.argv[1]).write_text(json.dumps({name: {"value": str(VALUE)} for name in sys.argv[2:]}))
"""


def trees_of(toy, tmp_path):
    (toy.root / "tests/versions").mkdir()
    (toy.root / "tests/versions/making.py").write_text(MAKING)
    toy.write("VALUE = 1\n")
    return {
        "products": {"one": Product((KIND,), lambda folder: iter(()))},
        "cache": Cache(tmp_path / "cache"),
    }


def test_each_tree_makes_its_own_outputs_once(toy, tmp_path):
    settings = trees_of(toy, tmp_path)
    record = toy.record()
    with current_tree(toy.root, record) as first:
        toy.write("VALUE = 2\n")
        with current_tree(toy.root, record) as second:
            trees = ((first, {KIND: "a"}), (second, {KIND: "b"}))
            made = made_side_by_side(*trees, **settings)
            assert made == ({"one": {"value": "1"}}, {"one": {"value": "2"}})
            # Only what another run left can answer now.
            for tree in (first, second):
                (tree / "hdrbatch/code.py").write_text("raise SystemExit(1)\n")
            assert made_side_by_side(*trees, **settings) == made
            with pytest.raises(RecordError, match="making golden outputs in .* failed"):
                made_side_by_side((first, {KIND: "c"}), **settings)


PASSING_THROUGH_BOTH = """
import json, sys
from pathlib import Path
from hdrbatch.assembly import dataset
from hdrbatch.training import score
Path(sys.argv[1]).write_text(json.dumps({name: {"score": str(score(dataset()))} for name in sys.argv[2:]}))
"""


class Chain(Toy):
    """A repository in which trainings read what assembly makes: the only output passes through both."""

    KINDS = (ResultKind("assembly", ("hdrbatch.assembly",)), ResultKind("training", ("hdrbatch.training",)))
    PRODUCTS: ClassVar = {"training": Product(("assembly", "training"), lambda folder: iter(()))}

    def __init__(self, root):
        super().__init__(root)
        (root / "tests/versions").mkdir()
        (root / "tests/versions/making.py").write_text(PASSING_THROUGH_BOTH)
        self.assembly, self.training = root / "hdrbatch/assembly.py", root / "hdrbatch/training.py"
        self.assembly.write_text("def dataset():\n    return 1\n")
        self.training.write_text("def score(data):\n    return data * 2\n")
        self.write_record(Record.of({"assembly": 1, "training": 1}, self.closures()))
        self.commit()

    def closures(self):
        return closures_of(self.root / "hdrbatch", self.KINDS)

    def write_record(self, record):
        (self.root / RECORD_PATH).write_text(record.to_text())

    def differences(self, decision, cache):
        """Record a decision; returns how the outputs to compare differ."""
        record, closures = committed_record(self.root), self.closures()
        renewal = renewed(record, closures, decision)
        products = products_to_compare(decision, self.PRODUCTS)
        with recorded_tree(self.root, record) as earlier, current_tree(self.root, record) as current:
            trees = ((earlier, record.closures), (current, renewal.closures))
            before, now = made_side_by_side(*trees, products=products, cache=Cache(cache))
        self.write_record(renewal)
        return differences(before, now)


def test_other_results_that_are_committed_first_leave_the_rest_to_be_compared(tmp_path):
    (tmp_path / "root").mkdir()
    chain, cache = Chain(tmp_path / "root"), tmp_path / "cache"
    chain.assembly.write_text("def dataset():\n    return 5\n")
    chain.training.write_text("def score(data):\n    return data + data\n")
    both = Decision(frozenset({"training"}), frozenset({"assembly"}))
    with pytest.raises(RecordError, match="Commit what changes assembly first, by itself"):
        chain.differences(both, cache)

    reworked = chain.training.read_text()
    chain.git("checkout", "--quiet", "hdrbatch/training.py")
    assert chain.differences(Decision(frozenset(), frozenset({"assembly"})), cache) == []
    chain.commit()
    same = Decision(frozenset({"training"}), frozenset())
    chain.training.write_text("def score(data):\n    return data**2\n")
    assert chain.differences(same, cache) == ["training: score"]
    chain.training.write_text(reworked)
    assert chain.differences(same, cache) == []
    assert Record.from_text((chain.root / RECORD_PATH).read_text()).versions == {"assembly": 2, "training": 1}
