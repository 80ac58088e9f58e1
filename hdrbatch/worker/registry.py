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
    """Properties of one kind of task, and its code.

    ``image`` is the container image with the packages that its tasks import. ``resumes``: the task saves its
    progress when it is stopped; other tasks are ended at once. ``is_reproducible``: tasks of this kind can
    produce the same bytes every time, on any machine; :func:`is_reproducible` decides for a single task.
    """

    name: Kind
    image: Image
    resumes: bool = False
    is_reproducible: bool = True

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
        TaskKind(Kind.TRAIN_VARIANT, "train", resumes=True, is_reproducible=False),
        TaskKind(Kind.COMPARE_VARIANTS, "train"),
    )
}


def task_kind(kind: Kind) -> TaskKind:
    """Return the properties of a kind of task."""
    return _KINDS[kind]


def is_reproducible(task: Task) -> bool:
    """Return whether a task produces the same bytes every time, on any machine.

    The denoiser, EEVEE and GPUs round differently, depending on each machine's vector units.
    """
    if task.kind is Kind.RENDER_EXPOSURE:
        work = RenderExposure.of(task)
        return work.render.engine == "cycles" and work.render.device == "cpu" and not work.denoised
    if task.kind is Kind.ASSEMBLE_SCENE:
        return not AssembleScene.of(task).denoised
    return task_kind(task.kind).is_reproducible
