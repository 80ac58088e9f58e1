import copy
import json
import random
from dataclasses import replace

import pytest

from hdrbatch.errors import UserError
from hdrbatch.plan.stored_plans import is_outdated, load_plan, save_plan, saved_plan_ids
from hdrbatch.plan.task import Plan
from hdrbatch.storage import keys
from hdrbatch.submit.status import plan_status
from tests.submit.fake_slurm.plans import rendering
from tests.test_stored_names import HOSTILE

FORGERIES = [None, 3, -1, 1e400, True, "", "text", "../../x", "/etc/passwd", "a\0b", [], {}, [[]], {"a": 1}]
"""What may stand in the place of a value."""


def places(values):
    """All containers inside JSON values, each with one of its keys."""
    inner = list(values.items() if isinstance(values, dict) else enumerate(values))
    deeper = [one for _, one in inner if isinstance(one, dict | list)]
    return [(values, key) for key, _ in inner] + [place for one in deeper for place in places(one)]


def test_a_plan_is_read_as_it_was_saved(folder_store):
    plan = rendering()
    save_plan(folder_store, plan)
    assert load_plan(folder_store, plan.id) == plan
    assert not is_outdated(plan)


def test_other_objects_among_the_plans_are_named_and_skipped(folder_store, caplog):
    plan = rendering()
    save_plan(folder_store, plan)
    for name in ("Thumbs.db", "folder/x.json", "notes.txt"):
        folder_store.put_bytes(keys.PLANS + name, b"x")
    for name in (".DS_Store", ".nfs0000000001"):
        (folder_store.root / keys.PLANS / name).write_bytes(b"x")
    assert saved_plan_ids(folder_store) == [plan.id]
    assert "plans/Thumbs.db is not a plan; it is skipped" in caplog.text


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize("field", ["output", "id", "need", "name"])
def test_a_plan_with_a_hostile_name_is_damaged(field, key, folder_store):
    values = copy.deepcopy(rendering().to_json())
    task = values["stages"][1]["tasks"][0]
    if field == "output":
        task["outputs"][0] = key
    elif field == "id":
        task["id"] = key
    elif field == "need":
        task["needs"][0][1] = key
    else:
        values["name"] = key
    folder_store.put_bytes(keys.plan("hostile"), json.dumps(values).encode())
    with pytest.raises(UserError, match="plans/hostile.json is damaged"):
        load_plan(folder_store, "hostile")


def test_a_plan_under_another_plans_id_is_damaged(folder_store):
    folder_store.put_bytes(keys.plan("other"), json.dumps(rendering().to_json()).encode())
    with pytest.raises(UserError, match="its content is that of plan 'render-tiny-"):
        load_plan(folder_store, "other")


@pytest.mark.parametrize("seed", range(150))
def test_a_forged_plan_is_damaged_or_can_be_shown(seed, folder_store):
    generator = random.Random(seed)
    values = copy.deepcopy(rendering().to_json())
    container, key = generator.choice(places(values))
    if seed % 4:
        container[key] = generator.choice(FORGERIES)
    else:
        del container[key]
    try:
        plan_id = Plan.from_json(values).id
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        plan_id = "forged"
    folder_store.put_bytes(keys.plan(plan_id), json.dumps(values).encode())
    try:
        plan = load_plan(folder_store, plan_id)
    except UserError as error:
        assert f"plans/{plan_id}.json is damaged" in str(error)  # noqa: PT017 (either is right)
        return
    assert not plan_status(folder_store, plan).is_done
    assert is_outdated(plan) in (True, False)


@pytest.mark.parametrize("name", ["a\ntouch x", "../../x", "-x", "a b", "a;b", "$(x)", "", ".x"])
def test_an_id_that_could_be_a_command_or_a_path_is_damaged(name, folder_store, monkeypatch):
    plan = replace(rendering(), name=name)
    monkeypatch.setattr(folder_store, "get_bytes", lambda key: json.dumps(plan.to_json()).encode())
    with pytest.raises(UserError, match="is damaged"):
        load_plan(folder_store, plan.id)
