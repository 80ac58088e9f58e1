"""Plans in the store, readable from any machine."""

import gc
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from hdrbatch.errors import ObjectNotFoundError, UserError
from hdrbatch.plan.task import Plan, with_current_digest
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.stored_names import check_name

_log = logging.getLogger(__name__)

_PLAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Ids also become names of jobs."""


def save_plan(store: Store, plan: Plan) -> None:
    """Store a plan under its id; storing it again changes nothing."""
    store.put_bytes(keys.plan(plan.id), json.dumps(plan.to_json()).encode())


def saved_plan_ids(store: Store) -> list[str]:
    """Return the ids of all plans in the store; other objects among them are reported."""
    found = [one.key.removeprefix(keys.PLANS) for one in store.list(keys.PLANS)]
    for name in found:
        if not _is_plan(name):
            _log.warning("%s: %s%s is not a plan; it is skipped", store.url, keys.PLANS, name)
    return [name.removesuffix(".json") for name in found if _is_plan(name)]


def _is_plan(name: str) -> bool:
    return "/" not in name and name.endswith(".json")


def load_plan(store: Store, plan_id: str) -> Plan:
    """Read a plan from the store.

    Raises
    ------
    UserError
        If no plan has this id (the message lists the plans that exist), or it is damaged.
    """
    try:
        data = store.get_bytes(keys.plan(check_name(plan_id)))
        with _gc_paused():
            plan = Plan.from_json(json.loads(data))
        if plan.id != plan_id or not _PLAN_ID.fullmatch(plan_id):
            raise ValueError(f"its content is that of plan {plan.id!a}")
    except ObjectNotFoundError:
        known = ", ".join(saved_plan_ids(store)) or "no plans yet"
        raise UserError(f"there is no plan {plan_id!r} in {store.url}; it has {known}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UserError(
            f"{store.url}: {keys.plan(plan_id)} is damaged ({error}); "
            "rerun the command that created it, or delete it"
        ) from None
    return plan


def is_outdated(plan: Plan) -> bool:
    """Whether this version of hdrbatch would give a task of the plan another result, or does not know it."""
    try:
        return any(with_current_digest(task).digest != task.digest for task in plan.tasks())
    except (KeyError, TypeError, ValueError, AttributeError):
        return True


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
