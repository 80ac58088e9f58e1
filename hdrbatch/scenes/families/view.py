"""A view of a captured panorama and nothing else: light and textures that no one modelled.

For training only, and not in turn with the other families: four panoramas are few, and every view of one
shows light that its other views show too. They have 1024 pixels around; a view wider than some 250 is soft.
"""

from math import cos, radians, sin

from hdrbatch.blender.session import studio_light_world
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.environment_map import SHIPPED_SCALES, add_panorama
from hdrbatch.scenes.kit.seeds import part_rng

FAMILY = "view"
FOCAL_MM = (18.0, 40.0)
TILT_DEG = 12.0
"""Standard deviation of the camera's, above and below the horizon."""


def build(seed: int) -> SceneDescription:
    """Look into one of the panoramas that may light scenes, in the open, empty scene."""
    rng = part_rng(FAMILY, seed, "view")
    names = list(SHIPPED_SCALES)
    # In turn, so that a few seeds already show all.
    name = names[seed % len(names)]
    yaw_deg = float(rng.uniform(0, 360))
    tilt_deg = max(-40.0, min(40.0, float(rng.normal(0, TILT_DEG))))
    focal_mm = float(rng.uniform(*FOCAL_MM))
    add_panorama(studio_light_world(name), rotation_deg=0.0, scale=SHIPPED_SCALES[name])
    yaw, tilt = radians(yaw_deg), radians(tilt_deg)
    target = (cos(tilt) * cos(yaw), cos(tilt) * sin(yaw), sin(tilt))
    camera = add_camera((0.0, 0.0, 0.0), target, focal_mm)
    return SceneDescription(
        FAMILY,
        seed,
        focal_mm,
        tuple(camera.location),
        tuple(camera.rotation_euler),
        {"panorama": name, "yaw_deg": yaw_deg, "tilt_deg": tilt_deg},
    )
