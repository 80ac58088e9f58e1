"""hdrbatch: from Blender scenes to learned HDR imaging, as batch jobs or on a laptop.

The public functions; each is imported on first use, so ``import hdrbatch`` loads nothing heavy.
``docs/python.md`` has examples.

load_dataset    open the scenes of a dataset as arrays, or as a torch Dataset
merge           merge photographs of one scene to radiance, without a network
reconstruct     turn photographs of one scene into radiance, with a trained network
render          run a job: render a dataset
sweep           train the variants of a sweep and compare them
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hdrbatch.interface.pictures_of_photos import merge, reconstruct
    from hdrbatch.interface.runs import render, sweep
    from hdrbatch.interface.stored_scenes import load_dataset

__all__ = ["load_dataset", "merge", "reconstruct", "render", "sweep"]

_MODULE_OF = {
    "load_dataset": "stored_scenes",
    "merge": "pictures_of_photos",
    "reconstruct": "pictures_of_photos",
    "render": "runs",
    "sweep": "runs",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"hdrbatch.interface.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
