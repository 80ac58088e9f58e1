"""Workers and submitters that are killed at random times, and what is lost by it.

``python -m tests.bench.kills`` is the nursery: a process with one thread that has imported everything, and
forks whoever is to be killed, so that the kills fall into the work and not into imports.
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.storage.address import open_store
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET, S3Server
from tests.bench.faulty_runs import UNEXPECTED, Truth, plan_of_generation, run_tasks
from tests.in_process import run_in_process
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SITE = """\
import sys
if "hdrbatch.worker" in sys.orig_argv:
    from hdrbatch.tasks import render_exposure
    from tests.bench.faulty_runs import made_up_render
    render_exposure.run = made_up_render
"""
SHARE_OF_SUBMITTERS = 0.2


@dataclass
class Kills:
    """What became of the plans whose workers and submitters were killed."""

    workers: int = 0
    submitters: int = 0
    plans: int = 0
    lost: int = 0
    wrong: int = 0
    tracebacks: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        """All processes that were killed."""
        return self.workers + self.submitters

    @property
    def text(self) -> str:
        """One line."""
        return (
            f"{self.workers} workers and {self.submitters} submitters killed in {self.plans} plans: "
            f"{self.lost} lost, {self.wrong} wrong, {self.tracebacks} tracebacks"
        )


def kill_often(server: S3Server, folder: Path, number: int, seed: int) -> Kills:
    """Kill so many processes at random times, and look after each kill."""
    chance, kills = random.Random(seed), Kills()
    truths: dict[str, Truth] = {}
    scratch, site = folder / "killed", folder / "site"
    scratch.mkdir()
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE)
    environment = server.environment() | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    with patch.dict(os.environ, environment), nursery(folder / "nursery.log") as ask:
        longest_s = {"worker": 1.0, "submitter": 10.0}
        for generation in itertools.count():
            if kills.number >= number:
                break
            prefix = f"kills-{generation // 3}"
            truth = truths.setdefault(prefix, Truth(folder / "s3" / BUCKET / prefix, scratch))
            plan = plan_of_generation(generation)
            truth.expect(plan)
            store = S3Store(BUCKET, f"{prefix}/")
            save_plan(store, plan)
            kills.plans += 1
            while not truth.is_done:
                who = "submitter" if chance.random() < SHARE_OF_SUBMITTERS else "worker"
                after_s = chance.uniform(0, longest_s[who]) if kills.number < number else None
                answer = ask(
                    {
                        "who": who,
                        "store": store.url,
                        "generation": generation,
                        "scratch": str(scratch),
                        "after_s": after_s,
                    }
                )
                if answer["killed"]:
                    setattr(kills, f"{who}s", getattr(kills, f"{who}s") + 1)
                elif not truth.num_done:
                    longest_s[who] = answer["wall_s"]  # so long one takes that is not killed
                truth.look(f"{who} of plan {generation}, killed after {after_s} s (seed {seed})")
            _await_workers(scratch)
            truth.look(f"end of plan {generation}")
            lost, wrong = truth.take_problems()
            kills.problems += lost + wrong
            kills.lost, kills.wrong = kills.lost + len(lost), kills.wrong + len(wrong)
    kills.tracebacks = sum((folder / "nursery.log").read_text().count(one) for one in UNEXPECTED)
    return kills


def _await_workers(folder: Path) -> None:
    """Wait for workers whose submitter was killed; their lifeline ends them."""

    def left() -> list[str]:
        listing = subprocess.run(["ps", "-e", "-o", "args="], capture_output=True, text=True, check=False)
        return [line for line in listing.stdout.splitlines() if str(folder) in line]

    wait_until(lambda: not left(), lambda: "\n".join(left()))


@contextmanager
def nursery(log: Path) -> Iterator[Any]:
    """Start the nursery; gives a function that has a process started, and killed after a while."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.kills"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):

        def ask(request: Mapping[str, Any]) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            print(json.dumps(request), file=process.stdin, flush=True)
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Do what each line of standard input asks for, and answer with a line."""
    for line in sys.stdin:
        request = json.loads(line)
        begin_s = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _child(request)
        wait_s = request["after_s"]
        killed = False
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if not killed and wait_s is not None and time.monotonic() - begin_s > wait_s:
                os.kill(pid, signal.SIGKILL)
                killed = True
            time.sleep(0.001)
        print(json.dumps({"killed": killed, "wall_s": time.monotonic() - begin_s}), flush=True)


def _child(request: Mapping[str, Any]) -> None:
    try:
        os.dup2(2, 1)
        plan = plan_of_generation(request["generation"])
        if request["who"] == "worker":
            run_tasks(open_store(request["store"]), plan, Path(request["scratch"]))
        else:
            environment = {
                "HDRBATCH_STORE": request["store"],
                "HDRBATCH_CLUSTER": "local",
                "TMPDIR": request["scratch"],
            }
            done = run_in_process(("retry", plan.id), environment, ROOT)
            os.write(2, (done.stdout + done.stderr).encode())
    except BaseException:  # noqa: BLE001 (it must not return to the loop of the nursery)
        traceback.print_exc()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
