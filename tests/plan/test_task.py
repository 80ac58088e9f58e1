"""What a digest covers, and how values are spelt to be hashed."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.kinds import Kind
from hdrbatch.plan.task import (
    Estimate,
    Plan,
    Stage,
    Task,
    canonical_json,
    make_task,
    sha256_of,
)
from hdrbatch.storage.receipts import TaskRef
from tests.raised import raise_version

NEED = TaskRef(Kind.RENDER_EXPOSURE, "set/outdoor-0001/ev+0", "a" * 64)
PARTS = {
    "kind": Kind.ASSEMBLE_SCENE,
    "task_id": "set/outdoor-0001",
    "payload": {"seed": 0, "ev": [0.0, 2.0], "camera": {"bits": 8}},
    "outputs": ("datasets/set/a", "datasets/set/b"),
    "estimate": Estimate(cpu_s=1.0, output_bytes=100),
    "needs": (NEED,),
}

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def made(**changes) -> Task:
    return make_task(**{**PARTS, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "index_dataset"},
        {"task_id": "set/outdoor-0002"},
        {"payload": {**PARTS["payload"], "seed": 1}},
        {"payload": {**PARTS["payload"], "ev": [2.0, 0.0]}},
        {"payload": {**PARTS["payload"], "camera": {"bits": 10}}},
        {"payload": {**PARTS["payload"], "more": None}},
        {"payload": {}},
        {"outputs": ("datasets/set/a",)},
        {"outputs": ("datasets/set/a", "datasets/set/c")},
        {"needs": ()},
        {"needs": (NEED, NEED)},
        {"needs": (dataclasses.replace(NEED, kind="index_dataset"),)},
        {"needs": (dataclasses.replace(NEED, id="set/outdoor-0001/ev+1"),)},
        {"needs": (dataclasses.replace(NEED, digest="b" * 64),)},
    ],
    ids=lambda change: f"{next(iter(change))}={str(next(iter(change.values())))[:40]}",
)
def test_another_part_of_a_task_is_another_digest(change):
    assert made(**change).digest != made().digest


@pytest.mark.parametrize("kind", Kind)
def test_a_raised_version_of_a_kind_changes_its_digests_and_no_other_kind_s(kind, monkeypatch):
    payload = {"family": "outdoor"}
    before = {name: made(kind=name, payload=payload).digest for name in Kind}
    raise_version(monkeypatch, kind)
    after = {name: made(kind=name, payload=payload).digest for name in Kind}
    assert {name for name in Kind if before[name] != after[name]} == {kind}


def test_an_estimate_is_no_part_of_the_digest():
    assert made(estimate=Estimate(cpu_s=99.0, output_bytes=7)).digest == made().digest


def test_a_digest_is_a_sha256_and_the_same_in_every_process():
    assert len(bytes.fromhex(made().digest)) == 32
    assert sha256_of({"b": [1, 2.5, None], "a": "ä"}) == sha256_of({"a": "ä", "b": [1, 2.5, None]})
    # By hand: printf '{"a":1}' | sha256sum
    assert sha256_of({"a": 1}) == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_a_task_read_from_json_keeps_every_part():
    task = made()
    assert Task.from_json(json.loads(json.dumps(task.to_json()))) == task
    assert task.ref == TaskRef(Kind.ASSEMBLE_SCENE, "set/outdoor-0001", task.digest)


def test_a_plan_with_another_task_or_another_name_has_another_id():
    def plan(name="render-set", **changes):
        return Plan(name, (Stage(Kind.ASSEMBLE_SCENE, (made(**changes),)),))

    assert plan().id == plan(estimate=Estimate(5.0, 5)).id
    assert len({plan().id, plan(name="render-other").id, plan(payload={}).id}) == 3


def shuffled(value, rng):
    """The same JSON value with the keys of its objects in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(inner, rng)) for key, inner in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(inner, rng) for inner in value] if isinstance(value, list) else value


@given(JSON_VALUES, st.randoms(use_true_random=False))
def test_canonical_json_has_one_spelling_for_every_order_of_keys_and_reads_back(value, rng):
    assert canonical_json(shuffled(value, rng)) == canonical_json(value)
    assert json.loads(canonical_json(value)) == value


def test_canonical_json_is_sorted_and_has_no_blanks():
    assert canonical_json({"b": [1, {"d": 2, "c": 3}], "a": None}) == '{"a":null,"b":[1,{"c":3,"d":2}]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_canonical_json_refuses_what_is_no_number(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"ev": [number]})
