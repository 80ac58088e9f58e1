"""The kinds of result that have a version, and the modules that decide each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from hdrbatch.catalogue.family import BLEND, CAPTURED, FAMILIES

FAMILY_MODULES = "hdrbatch.scenes.families"
BLEND_MODULE = "hdrbatch.scenes.blendfile"

UNDECIDING: Mapping[str, str] = {
    "hdrbatch.errors": "words of errors; what fails has no result",
    "hdrbatch.kinds": "names of task kinds, which are in the digests",
    "hdrbatch.local_files": "writes the bytes that it is given",
    "hdrbatch.provenance": "says which version the others have",
    "hdrbatch.plan": "what it decides is in the task, which is digested; how a task is read counts by itself",
    "hdrbatch.results": "finds stored files; their SHA-256 is in the digests",
    "hdrbatch.storage": "carries bytes, verified by SHA-256; a task's keys are in its digest",
    "hdrbatch.worker.context": "carries a task's inputs and outputs",
    "hdrbatch.worker.stop": "ends a task before it has a result",
    "hdrbatch.worker.usage": "measures",
}
"""Modules, with all below them, that decide no result, and why; closures do not follow imports of them."""

DYNAMIC_IMPORTS: Mapping[str, str] = {
    "hdrbatch.scenes.build": "imports the family, which has a version of its own",
    "hdrbatch.evaluation.colorvideovdp": "imports pycvvdp, which is another project's",
}
"""Modules of closures that import by a computed name, and why no closure misses what they import."""


@dataclass(frozen=True)
class ResultKind:
    """A kind of result that is redone when the code that decides it changes.

    Attributes
    ----------
    name : str
        Its name in ``versions.json`` and for ``make versions``.
    entries : tuple of str
        The modules that make it. All modules of this package that they import, directly or not, decide it
        too.
    without : tuple of str
        Modules that are not followed because the same results carry the version of another kind, which has
        them.
    reads : tuple of str
        Modules that decide it too, but whose imports are not followed: they are only about more than this
        kind.
    raises : tuple of str
        Kinds whose version rises with this one's, because their results contain this kind's.
    """

    name: str
    entries: tuple[str, ...]
    without: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()


PAYLOADS = ("hdrbatch.plan.payloads",)

_TASKS_AND_FILES = (
    ResultKind(
        "render_exposure",
        ("hdrbatch.tasks.render_exposure",),
        # A render's digest also has the version of its scene's family.
        without=(FAMILY_MODULES, BLEND_MODULE),
        reads=PAYLOADS,
    ),
    ResultKind("assemble_scene", ("hdrbatch.tasks.assemble_scene",), reads=PAYLOADS),
    ResultKind("index_dataset", ("hdrbatch.tasks.index_dataset",), reads=PAYLOADS),
    ResultKind("train_variant", ("hdrbatch.tasks.train_variant",), reads=PAYLOADS),
    ResultKind("compare_variants", ("hdrbatch.tasks.compare_variants",), reads=PAYLOADS),
    ResultKind("merge", ("hdrbatch.photographs.merging",)),
    ResultKind("reconstruct", ("hdrbatch.photographs.reconstruction",)),
    ResultKind(
        "export/kalantari",
        ("hdrbatch.export.exporter", "hdrbatch.export.kalantari"),
        without=("hdrbatch.export.linear",),
    ),
    ResultKind(
        "export/linear-exr",
        ("hdrbatch.export.exporter", "hdrbatch.export.linear"),
        without=("hdrbatch.export.kalantari",),
        # The names of its files are made from the store's.
        reads=("hdrbatch.storage.keys",),
    ),
    # A model of another version cannot be read, so the trainings that made it have to run again.
    ResultKind("model", ("hdrbatch.learning.model",), raises=("train_variant",)),
    ResultKind("checkpoint", ("hdrbatch.learning.checkpoint", "hdrbatch.learning.loop")),
)


@cache
def result_kinds() -> Mapping[str, ResultKind]:
    """All kinds by name: tasks, files, and the families of scenes."""
    families = [
        ResultKind(f"family/{family.name}", (family.module,)) for family in (*FAMILIES.values(), CAPTURED)
    ]
    blend = ResultKind(f"family/{BLEND}", (BLEND_MODULE,))
    return {kind.name: kind for kind in (*_TASKS_AND_FILES, *families, blend)}
