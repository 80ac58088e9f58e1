"""The worker's command: run tasks and write their receipts.

    python -m hdrbatch.worker --store URL --tasks FILE --scratch DIR        as starters call it
    python -m hdrbatch.worker --store URL --plan PLAN --task KIND/ID --scratch DIR      one task, by hand

Exit codes: 0 all receipts are written, 1 a task failed, 2 bad arguments or input, 75 interrupted by a signal
and safe to rerun.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from hdrbatch.errors import HdrbatchError, UserError
from hdrbatch.plan.stored_plans import load_plan
from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage.address import open_store
from hdrbatch.storage.cache import NodeCache
from hdrbatch.worker.pack import Pack
from hdrbatch.worker.stop import stop_with_lifeline
from hdrbatch.worker.task_run import Machine

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run tasks in this process; return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        if options.lifeline is not None:
            stop_with_lifeline(options.lifeline)
        store = open_store(options.store)
        cache = NodeCache(options.cache, int(options.cache_gb * 1e9)) if options.cache else None
        machine = Machine(options.threads, options.device, cache)
        if options.tasks is None and options.plan is None:
            raise UserError("--task names a task of a plan; give --plan as well")
        if options.tasks is not None:
            return Pack(store, read_tasks(options.tasks), options.scratch, machine).run()
        task = _find_task(load_plan(store, options.plan), options.task)
        return Pack(store, [task], options.scratch, machine, to_files=False).run()
    except HdrbatchError as error:
        _log.error("%s: %s", type(error).__name__, error)
        return error.exit_code
    except Exception:  # noqa: BLE001 (the process ends here: log any error)
        _log.exception("unexpected error")
        return HdrbatchError.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hdrbatch.worker", description="Run tasks of a plan.")
    parser.add_argument("--store", required=True, help="folder or s3://bucket/prefix")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--tasks", type=Path, help="file with one task per line, as JSON")
    what.add_argument("--task", metavar="KIND/ID", help="one task of --plan")
    parser.add_argument("--plan", help="id of a plan in the store")
    parser.add_argument("--scratch", required=True, type=Path, help="empty folder for temporary files")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--cache", type=Path, help="the node's cache of inputs")
    parser.add_argument("--cache-gb", type=float, default=10.0)
    parser.add_argument("--lifeline", type=Path, help="file to watch: stop once its lock is released")
    return parser


def read_tasks(path: Path) -> list[Task]:
    """Read the tasks of a file, one per line; raise UserError if it holds anything else."""
    try:
        return [Task.from_json(json.loads(line)) for line in path.read_text().splitlines()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"--tasks {path}: not a list of tasks ({error})") from None


def _find_task(plan: Plan, name: str) -> Task:
    for task in plan.tasks():
        if str(task.name) == name:
            return task
    raise UserError(f"plan {plan.id} has no task {name!r}")
