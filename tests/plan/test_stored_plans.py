"""Plans in a store, which others can write to as well."""

import json
from dataclasses import replace

import pytest

from hdrbatch.errors import UserError
from hdrbatch.plan.stored_plans import load_plan, save_plan
from hdrbatch.storage import keys
from tests.submit.fake_slurm.plans import indices

PLAN = indices(2)


def test_a_plan_is_read_as_it_was_stored(folder_store):
    save_plan(folder_store, PLAN)
    assert load_plan(folder_store, PLAN.id) == PLAN


def test_a_plan_under_another_id_is_damaged(folder_store):
    folder_store.put_bytes(keys.plan("many-0123456789"), json.dumps(PLAN.to_json()).encode())
    with pytest.raises(UserError, match="many-0123456789.json is damaged .its content is that of plan"):
        load_plan(folder_store, "many-0123456789")


@pytest.mark.parametrize("name", ["a\ntouch x", "../../x", "-x", "a b", "a;b", "$(x)", "", ".x"])
def test_an_id_that_could_be_a_command_or_a_path_is_damaged(name, folder_store, monkeypatch):
    plan = replace(PLAN, name=name)
    monkeypatch.setattr(folder_store, "get_bytes", lambda key: json.dumps(plan.to_json()).encode())
    with pytest.raises(UserError, match="is damaged"):
        load_plan(folder_store, plan.id)
