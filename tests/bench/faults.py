"""A campaign of faults: small plans of real tasks through a store that fails in every way, and kills.

``python -m tests.bench faults [NUMBER [SEED]]`` lets so many requests fail, kind by kind, and kills a worker
or a submitter for every 25 of them. Each plan is run under faults, then the commands of the store are, all
that twice; then it is rerun without faults.
"""

import itertools
import os
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.storage import retrying, s3_connection
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET, S3Server, serve
from tests.bench.faulty_runs import UNEXPECTED, Truth, plan_of_generation, run_tasks
from tests.bench.kills import kill_often
from tests.faults import FINAL_FAULTS, Fault, faulty_proxy
from tests.in_process import run_in_process

ROOT = Path(__file__).parents[2]
MIXED = tuple(fault for fault in Fault if fault not in FINAL_FAULTS)
KINDS = {fault.name: (fault,) for fault in Fault} | {"all but refusals": MIXED}
SHARE, SHARE_OF_REFUSALS = 0.2, 0.02
FAULTS_PER_KILL = 25
COMMANDS = (
    ("status",),
    ("store", "verify", "--repair"),
    ("store", "gc", "--delete"),
    ("store", "ls"),
    ("dataset", "verify", "faulty"),
)


@dataclass
class Figures:
    """What became of the plans under one kind of fault."""

    requests: int = 0
    faults: int = 0
    tasks: int = 0
    done_under_faults: int = 0
    done_after_clean_rerun: int = 0
    lost: int = 0
    wrong: int = 0
    tracebacks: int = 0

    def add(self, other: "Figures") -> None:
        """Add another plan's."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def run(number: int = 500, seed: int = 0) -> None:
    """Print the figures of each kind, and every result that is lost or wrong."""
    begin_s = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="hdrbatch-faults-") as folder,
        serve(Path(folder) / "s3") as server,
    ):
        found, problems = campaign(server, Path(folder), number, seed)
        show(found)
        kills = kill_often(server, Path(folder), max(1, number // FAULTS_PER_KILL), seed)
    print(kills.text)
    for problem in [*problems, *kills.problems]:
        print(problem)
    print(f"{time.monotonic() - begin_s:.0f} s")


def show(found: dict[str, Figures]) -> None:
    """Print a table, with a sum."""
    table = Table(*("kind", *(one.name.replace("_", " ") for one in fields(Figures))))
    total = Figures()
    for kind, figures in found.items():
        total.add(figures)
        table.add_row(kind, *(str(getattr(figures, one.name)) for one in fields(Figures)))
    table.add_row("sum", *(str(getattr(total, one.name)) for one in fields(Figures)))
    Console(width=160).print(table)


def campaign(
    server: S3Server, folder: Path, number: int, seed: int, kinds: Sequence[str] = tuple(KINDS)
) -> tuple[dict[str, Figures], list[str]]:
    """Run plans, kind by kind in turns, until so many requests had a fault; give figures and problems."""
    found = {kind: Figures() for kind in kinds}
    problems: list[str] = []
    truths: dict[str, Truth] = {}
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with patch.dict(os.environ, server.environment()):
        for generation, kind in enumerate(itertools.cycle(kinds)):
            if sum(figures.faults for figures in found.values()) >= number:
                return found, problems
            # Three plans overwrite each other, each with other results; then the store is a new one.
            prefix = f"{kind.replace(' ', '-')}-{generation // len(kinds) // 3}/"
            truth = truths.setdefault(prefix, Truth(folder / "s3" / BUCKET / prefix, scratch))
            figures = _under_faults(truth, prefix, generation, seed, kind)
            lost, wrong = truth.take_problems()
            figures.lost, figures.wrong = len(lost), len(wrong)
            found[kind].add(figures)
            problems += lost + wrong
    raise AssertionError("the loop returns")


def _under_faults(truth: Truth, prefix: str, generation: int, seed: int, kind: str) -> Figures:
    plan, figures = plan_of_generation(generation), Figures()
    when = f"{kind} (plan {generation}, seed {seed})"
    truth.expect(plan)
    clean = S3Store(BUCKET, prefix)
    save_plan(clean, plan)
    share = SHARE_OF_REFUSALS if set(KINDS[kind]) <= set(FINAL_FAULTS) else SHARE
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
    with faulty_proxy(endpoint, seed + 1000 * generation, share, KINDS[kind]) as address, impatient():
        store = S3Store(BUCKET, prefix, address)
        for attempt in ("first", "second"):
            ran = run_tasks(store, plan, truth._scratch)
            figures.tracebacks += ran.num_tracebacks
            truth.look(f"{when}: {attempt} run", tuple(ran.done))
            figures.tracebacks += _commands(store.url, plan.id)
            truth.look(f"{when}: commands after the {attempt} run")
        figures.done_under_faults = truth.num_done
        figures.requests = sum(address.counts.values())
        figures.faults = address.num_faults
    ran = run_tasks(clean, plan, truth._scratch)
    figures.tracebacks += ran.num_tracebacks
    truth.look(f"{when}: clean rerun", tuple(ran.done))
    figures.tasks, figures.done_after_clean_rerun = sum(1 for _ in plan.tasks()), truth.num_done
    return figures


def _commands(url: str, plan_id: str) -> int:
    """Call the commands of a store, and count those that end with a traceback."""
    environment = {"HDRBATCH_STORE": url, "HDRBATCH_CLUSTER": "local", "COLUMNS": "200"}
    num_tracebacks = 0
    for command in COMMANDS:
        arguments = (*command, plan_id) if command == ("status",) else command
        try:
            done = run_in_process(arguments, environment, ROOT)
        except Exception:  # noqa: BLE001 (what a process would end with)
            traceback.print_exc()
            num_tracebacks += 1
        else:
            num_tracebacks += any(one in done.stdout + done.stderr for one in UNEXPECTED)
    return num_tracebacks


@contextmanager
def impatient() -> Iterator[None]:
    """Wait less than usual: for an answer, and between two attempts."""
    with (
        patch.object(s3_connection, "READ_TIMEOUT_S", 0.25),
        patch.object(retrying, "FIRST_DELAY_S", 0.02),
    ):
        yield
