"""The camera of a scene: a 36 mm sensor and a lens, looking at something."""

from typing import Any

import bpy
from mathutils import Vector

SENSOR_WIDTH_MM = 36.0
Point = tuple[float, float, float]


def add_camera(location: Point, target: Point, focal_length_mm: float) -> Any:
    """Add the scene's camera, upright, looking from one point to another.

    Returns
    -------
    bpy.types.Object
    """
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit = "HORIZONTAL"
    data.sensor_width = SENSOR_WIDTH_MM
    data.lens = focal_length_mm
    data.clip_start = 0.02
    # Cycles cuts what lies beyond: the sun's disc stands at 3 km.
    data.clip_end = 10000.0
    camera = bpy.data.objects.new("Camera", data)
    camera.location = location
    camera.rotation_euler = (Vector(target) - Vector(location)).to_track_quat("-Z", "Y").to_euler()
    scene = bpy.context.scene
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera
