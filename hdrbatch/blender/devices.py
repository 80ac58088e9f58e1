"""Where Cycles computes: the CPU, or GPUs by the name of their interface."""

from typing import TYPE_CHECKING, Any

import bpy

from hdrbatch.errors import UserError

if TYPE_CHECKING:
    from hdrbatch.specs.render_job import Device


def use_device(scene: Any, device: "Device") -> None:
    """Have Cycles compute on the CPU or on all GPUs of one kind.

    Blender renders on the CPU without a word where the GPU that was asked for is not there, so it is looked
    for first.

    Raises
    ------
    UserError
        If this machine, or this Blender, has no such device.
    """
    if device == "cpu":
        scene.cycles.device = "CPU"
        return
    preferences = bpy.context.preferences.addons["cycles"].preferences
    wanted = device.upper()
    found = _gpus(preferences, wanted)
    if not found:
        others = [kind for kind in ("OPTIX", "CUDA", "HIP", "ONEAPI") if _gpus(preferences, kind)]
        there = f"there is {', '.join(others).lower()}" if others else "no GPU is seen by Blender"
        raise UserError(
            f"render.device is {device!r}, and Blender finds no such device here: {there}; "
            "use cpu, or a node (gpus in the cluster file) and a container that show it"
        )
    preferences.compute_device_type = wanted
    for entry in preferences.devices:
        entry.use = entry.type == wanted
    scene.cycles.device = "GPU"


def _gpus(preferences: Any, kind: str) -> list[Any]:
    try:
        return [entry for entry in preferences.get_devices_for_type(kind) if entry.type == kind]
    except (TypeError, ValueError):  # a kind that this Blender was built without
        return []
