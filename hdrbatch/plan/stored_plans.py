"""Plans in the store, readable from any machine."""

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from hdrbatch.errors import ObjectNotFoundError, UserError
from hdrbatch.plan.task import Plan, with_current_digest
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

_PLAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Ids become names of jobs and of folders, so one that others have put into a store is checked."""


def save_plan(store: Store, plan: Plan) -> None:
    """Store a plan under its id; storing it again changes nothing."""
    store.put_bytes(keys.plan(plan.id), json.dumps(plan.to_json()).encode())


def saved_plan_ids(store: Store) -> list[str]:
    """Return the ids of all plans in the store."""
    return [found.key.removeprefix(keys.PLANS).removesuffix(".json") for found in store.list(keys.PLANS)]


def load_plan(store: Store, plan_id: str) -> Plan:
    """Read a plan from the store.

    Raises
    ------
    UserError
        If no plan has this id (the message lists the plans that exist), or it is damaged.
    """
    try:
        data = store.get_bytes(keys.plan(plan_id))
        with _gc_paused():
            plan = Plan.from_json(json.loads(data))
        if plan.id != plan_id or not _PLAN_ID.fullmatch(plan_id):
            raise ValueError(f"it is the plan {plan.id!r}")
        return plan
    except ObjectNotFoundError:
        known = ", ".join(saved_plan_ids(store)) or "no plans yet"
        raise UserError(f"there is no plan {plan_id!r} in {store.url}; it has {known}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{store.url}: {keys.plan(plan_id)} is damaged ({error}); "
            "rerun the command that created it, or delete it"
        ) from None


def is_outdated(plan: Plan) -> bool:
    """Whether this version of hdrbatch would give a task of the plan another result."""
    return any(with_current_digest(task).digest != task.digest for task in plan.tasks())


@contextmanager
def _gc_paused() -> Iterator[None]:
    """Pause garbage collection: a plan has no cycles, and with 100,000 tasks it takes half of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
