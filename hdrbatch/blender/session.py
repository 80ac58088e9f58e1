"""The Blender inside this process: its start, its shipped files and its versions."""

import os
from pathlib import Path
from typing import Any

import bpy

from hdrbatch.blender.panoramas import shipped_panoramas
from hdrbatch.errors import UserError


def open_empty_scene() -> Any:
    """Discard everything that is open and restore Blender's factory state, without any object.

    The user's start-up file, preferences and add-ons are not read, so that all machines start in the same
    state.

    Returns
    -------
    bpy.types.Scene
        The only scene, without object, camera or world.
    """
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return bpy.context.scene


def num_available_threads(num_threads: int | None = None) -> int:
    """Return the requested number of render threads, or the number of cores available to this process.

    Blender's own AUTO counts the machine's cores and ignores CPU affinity, so a task in a Slurm allocation
    of two cores would start one thread per core of the node.
    """
    return len(os.sched_getaffinity(0)) if num_threads is None else num_threads


def set_threads(scene: Any, num_threads: int | None = None) -> int:
    """Fix the render threads of a scene and return their number; None uses the available cores."""
    count = num_available_threads(num_threads)
    scene.render.threads_mode = "FIXED"
    scene.render.threads = count
    return count


def studio_light_world(name: str) -> Path:
    """Return the path of one of the eight captured panoramas that ship with Blender (14 to 24 stops).

    Parameters
    ----------
    name : str
        city, courtyard, forest, interior, night, studio, sunrise or sunset.

    Raises
    ------
    UserError
        If there is no panorama of this name.
    """
    panoramas = shipped_panoramas()
    if name not in panoramas:
        raise UserError(f"There is no panorama {name!r}; valid names: {', '.join(panoramas)}.")
    return panoramas[name]


def blender_version() -> str:
    """Return version and commit of Blender, for receipts: `4.5.15 LTS (5afeabba6097)`."""
    return f"{bpy.app.version_string} ({bpy.app.build_hash.decode()})"
