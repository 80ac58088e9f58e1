"""The kinds of task, and the modules that run them (imported only when one runs)."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from hdrbatch.errors import TaskError
from hdrbatch.plan.task import Task
from hdrbatch.specs.cluster import Image
from hdrbatch.worker.context import TaskContext


@dataclass(frozen=True)
class TaskKind:
    """How tasks of one kind run.

    ``image`` is the container image that has what they import. ``resumes`` says that a task saves its
    progress when asked to stop; one that does not is ended at once. ``repeats`` says that it can make the
    same bytes every time, on any machine; :func:`repeats` tells of a task.
    """

    name: str
    image: Image
    resumes: bool = False
    repeats: bool = True

    def run(self, context: TaskContext) -> None:
        """Import the kind's module and run the task."""
        with context.usage.phase("import"):
            run: Callable[[TaskContext], None] = import_module(f"hdrbatch.tasks.{self.name}").run
        run(context)


_KINDS = {
    kind.name: kind
    for kind in (
        TaskKind("render_exposure", "render", resumes=True),
        TaskKind("assemble_scene", "render"),
        TaskKind("index_dataset", "render"),
        TaskKind("train_variant", "train", resumes=True, repeats=False),
        TaskKind("compare_variants", "train"),
    )
}


def task_kind(name: str) -> TaskKind:
    """Find a kind by its name; raises TaskError where there is none."""
    try:
        return _KINDS[name]
    except KeyError:
        raise TaskError(f"there is no kind of task {name!r}: there are {', '.join(_KINDS)}") from None


def repeats(task: Task) -> bool:
    """Whether a task makes the same bytes every time, on any machine.

    The denoiser, EEVEE and GPUs round as each machine's vector units do.
    """
    render = task.payload.get("render", {})
    rounds_alike = render.get("engine", "cycles") == "cycles" and render.get("device", "cpu") == "cpu"
    return task_kind(task.kind).repeats and rounds_alike and not task.payload.get("denoised", False)
