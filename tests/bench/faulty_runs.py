"""A small plan of real tasks in a served store, and the truth about what became of it.

The renders are made up, so that no Blender is needed; assemblies and the index are real. Plans of different
generations have the same keys and other results.
"""

import hashlib
import json
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

from hdrbatch.errors import ObjectNotFoundError
from hdrbatch.imaging.exr import write_exr
from hdrbatch.plan.dataset_payloads import RenderExposure
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.task import Plan
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import Receipt, TaskRef
from hdrbatch.tasks import render_exposure
from hdrbatch.worker.context import TaskContext
from hdrbatch.worker.pack import Pack
from hdrbatch.worker.task_run import Machine

WIDTH, HEIGHT = 48, 32
UNEXPECTED = ("Traceback (most recent call last)", "unexpected error")
"""What a log or a message shows only of errors that nobody has foreseen."""


def plan_of_generation(number: int) -> Plan:
    """Return a plan of seven tasks in three stages."""
    scenes = {"train": ("outdoor:1", "outdoor:2"), "test": ()}
    render = {"width": WIDTH, "height": HEIGHT, "samples": 16 + number}
    job = RenderJob.model_validate(
        {"dataset": "faulty", "scenes": scenes, "ev": (0.0, 2.0), "render": render}
    )
    return plan_render(job, job.scenes.catalogue())


def made_up_render(context: TaskContext) -> None:
    """Write radiance that the task's digest decides, in place of a render."""
    RenderExposure.of(context.task)
    generator = np.random.default_rng(int(context.task.digest[:12], 16))
    for key in context.task.outputs:
        path = context.output_file(key)
        if key.endswith(".exr"):
            write_exr(path, generator.lognormal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32))
        else:
            path.write_text(json.dumps({"made for": context.task.digest}))


@dataclass
class Ran:
    """What running a plan's tasks in this process came to."""

    done: set[TaskRef] = field(default_factory=set)
    num_tracebacks: int = 0


def run_tasks(store: Store, plan: Plan, scratch: Path) -> Ran:
    """Run all tasks of a plan as workers do, stage by stage, whatever becomes of single ones."""
    ran = Ran()
    with patch.object(render_exposure, "run", made_up_render):
        for stage in plan.stages:
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                pack = Pack(store, stage.tasks, Path(folder), Machine())
                pack.run()
                logs = [path.read_text(errors="replace") for path in Path(folder).rglob("*log*")]
                ran.num_tracebacks += sum(any(one in log for one in UNEXPECTED) for log in logs)
                ran.done |= {
                    task.ref
                    for task in stage.tasks
                    if any(f"done: {task.kind}/{task.id}:" in log for log in logs)
                }
    return ran


class Truth:
    """What is stored, as the served folder shows it, and what should be.

    Attributes
    ----------
    lost, wrong : list of str
        Finished results that are gone, and visible ones with other bytes than were made.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.store = FolderStore(folder)
        self.lost: list[str] = []
        self.wrong: list[str] = []
        self._scratch = scratch
        self._made: dict[TaskRef, dict[str, str]] = {}
        self._plan = plan_of_generation(0)
        self._finished: set[TaskRef] = set()

    def expect(self, plan: Plan) -> None:
        """Make a plan's results without faults, to compare with; results of earlier ones may now go."""
        self._plan, self._finished = plan, set()
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            calm = FolderStore(Path(folder) / "calm")
            ran = run_tasks(calm, plan, self._scratch)
            assert ran.done == {task.ref for task in plan.tasks()}, "a task fails without any fault"
            for ref, receipt in visible(calm).items():
                self._made[ref] = {entry.key: entry.sha256 for entry in receipt.files}

    def take_problems(self) -> tuple[list[str], list[str]]:
        """Return what is lost and wrong since the last call."""
        taken = self.lost, self.wrong
        self.lost, self.wrong = [], []
        return taken

    @property
    def num_done(self) -> int:
        """How many of the plan's tasks are done."""
        return len(self._finished)

    @property
    def is_done(self) -> bool:
        """Whether all of them are."""
        return self._finished == {task.ref for task in self._plan.tasks()}

    def look(self, when: str, reported: Sequence[TaskRef] = ()) -> None:
        """Compare the store with what was made, and note what is lost or wrong.

        Parameters
        ----------
        when
            What happened before.
        reported
            Tasks that their worker has reported as done.
        """
        shown = visible(self.store)
        own = {task.ref for task in self._plan.tasks()}
        self.lost += [
            f"{when}: {ref.kind}/{ref.id}: no receipt"
            for ref in sorted(self._finished | set(reported), key=str)
            if ref not in shown
        ]
        self._finished = own & set(shown)
        for ref, receipt in shown.items():
            for entry in receipt.files:
                place = f"{when}: {ref.kind}/{ref.id} ({'current' if ref in own else 'earlier'}): {entry.key}"
                try:
                    stored = hashlib.sha256(self.store.get_bytes(entry.key)).hexdigest()
                except ObjectNotFoundError:
                    self.lost.append(place)
                    continue
                # A worker that was not waited for may have withdrawn it since it was listed.
                if {stored, entry.sha256} != {self._made[ref].get(entry.key)} and ref in visible(self.store):
                    self.wrong.append(place)


def visible(store: Store) -> dict[TaskRef, Receipt]:
    """Return the receipts of a store that is read without faults."""
    found = {}
    for one in store.list(keys.RECEIPTS):
        with suppress(ObjectNotFoundError):
            receipt = Receipt.from_bytes(store.get_bytes(one.key))
            found[receipt.ref] = receipt
    return found
