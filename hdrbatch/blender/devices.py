"""Devices that Cycles computes on: the CPU, or GPUs by the name of their interface."""

from typing import TYPE_CHECKING, Any

import bpy

from hdrbatch.errors import UserError

if TYPE_CHECKING:
    from hdrbatch.specs.render_job import Device


def use_device(scene: Any, device: "Device") -> None:
    """Have Cycles compute on the CPU or on all GPUs of one kind.

    Blender silently falls back to the CPU if the requested GPU is missing, so this checks for it first.

    Raises
    ------
    UserError
        If this machine, or this Blender, has no such device.
    """
    if device == "cpu":
        scene.cycles.device = "CPU"
        return
    preferences = bpy.context.preferences.addons["cycles"].preferences
    kind = device.upper()
    found = _gpus(preferences, kind)
    if not found:
        others = [other for other in ("OPTIX", "CUDA", "HIP", "ONEAPI") if _gpus(preferences, other)]
        available = f"available: {', '.join(others).lower()}" if others else "it finds no GPU"
        raise UserError(
            f"render.device is {device!r}, but Blender finds no such device here ({available}); "
            "use cpu, or a node (gpus in the cluster file) and a container with this device"
        )
    preferences.compute_device_type = kind
    for entry in preferences.devices:
        entry.use = entry.type == kind
    scene.cycles.device = "GPU"


def _gpus(preferences: Any, kind: str) -> list[Any]:
    try:
        return [entry for entry in preferences.get_devices_for_type(kind) if entry.type == kind]
    except (TypeError, ValueError):  # a kind that this Blender was built without
        return []
