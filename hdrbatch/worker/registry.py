"""The kinds of task, and the modules that run them (imported only when one runs)."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from hdrbatch.kinds import Kind
from hdrbatch.plan.dataset_payloads import AssembleScene, RenderExposure
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

    name: Kind
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
        TaskKind(Kind.RENDER_EXPOSURE, "render", resumes=True),
        TaskKind(Kind.ASSEMBLE_SCENE, "render"),
        TaskKind(Kind.INDEX_DATASET, "render"),
        TaskKind(Kind.TRAIN_VARIANT, "train", resumes=True, repeats=False),
        TaskKind(Kind.COMPARE_VARIANTS, "train"),
    )
}


def task_kind(kind: Kind) -> TaskKind:
    """How tasks of a kind run."""
    return _KINDS[kind]


def repeats(task: Task) -> bool:
    """Whether a task makes the same bytes every time, on any machine.

    The denoiser, EEVEE and GPUs round as each machine's vector units do.
    """
    if task.kind is Kind.RENDER_EXPOSURE:
        work = RenderExposure.of(task)
        return work.render.engine == "cycles" and work.render.device == "cpu" and not work.denoised
    if task.kind is Kind.ASSEMBLE_SCENE:
        return not AssembleScene.of(task).denoised
    return task_kind(task.kind).repeats
