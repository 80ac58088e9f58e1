"""Motion of scenes: moving objects, and a hand-held camera.

Times are seconds from the beginning of the bracket. At the moment of the reference everything is where the
family put it.
"""

from math import pi, radians
from typing import Any

import bpy
import numpy as np

from hdrbatch.blender.shutter import FRAMES_PER_S
from hdrbatch.catalogue.scene import Motion, Scene
from hdrbatch.scenes.kit.movers import SPIN, VELOCITY, movers
from hdrbatch.scenes.kit.seeds import part_rng

DRIFT_DEG_S = 0.5
"""Standard deviation of the slow turn of a hand-held camera, in degrees per second."""
SWAYS: tuple[tuple[tuple[float, float], float, float], ...] = (
    ((0.6, 2.0), 0.12, 0.004),
    ((7.0, 10.0), 0.012, 0.0002),
)
"""Range of frequency in Hz, amplitude in degrees and in metres: breath and muscles, and tremor."""
SHAKE_STEP_S = 0.01
SHAKE_MARGIN_S = 0.1
CAMERA_MOTION_STEPS = 6
"""Blender divides the camera's path during an exposure into 2**6 straight pieces: 8 ms of half a second."""


def set_in_motion(scene: Scene, moment_s: float, duration_s: float) -> None:
    """Give the open scene the motion that the catalogue states.

    Parameters
    ----------
    scene : Scene
        Its family and seed decide the camera's shake.
    moment_s : float
        Moment of the reference, at which everything is where the family put it.
    duration_s : float
        Length of the bracket.
    """
    if moves_objects(scene.motion):
        for thing in movers():
            _go_straight(thing, moment_s)
    if moves_camera(scene.motion):
        rng = part_rng(scene.family, scene.seed, "shake")
        shake_camera(bpy.context.scene.camera, moment_s, duration_s, rng)


def moves_objects(motion: Motion) -> bool:
    """Return whether objects move."""
    return motion in ("objects", "both")


def moves_camera(motion: Motion) -> bool:
    """Return whether the camera is hand-held."""
    return motion in ("shake", "both")


def _go_straight(thing: Any, moment_s: float) -> None:
    """Move a thing along a line at constant speed, for all time."""
    velocity, spin = np.array(thing[VELOCITY]), float(thing[SPIN])
    location, angle = np.array(thing.location), float(thing.rotation_euler.z)
    for time_s in (moment_s - 1.0, moment_s + 1.0):
        frame = time_s * FRAMES_PER_S
        thing.location = location + velocity * (time_s - moment_s)
        thing.keyframe_insert("location", frame=frame)
        if spin:
            thing.rotation_euler.z = angle + spin * (time_s - moment_s)
            thing.keyframe_insert("rotation_euler", index=2, frame=frame)
    for curve in _curves(thing):
        curve.extrapolation = "LINEAR"
        for point in curve.keyframe_points:
            point.interpolation = "LINEAR"
    thing.location, thing.rotation_euler.z = location, angle
    if abs(spin) > 0:
        thing.cycles.motion_steps = 4


def shake_camera(camera: Any, moment_s: float, duration_s: float, rng: np.random.Generator) -> None:
    """Move the camera as if hand-held: a drift, a sway of a hertz or two, a tremor of eight.

    Parameters
    ----------
    camera : bpy.types.Object
        The camera, whose present place is that at `moment_s`.
    moment_s, duration_s : float
        Moment without displacement, and length of the bracket.
    rng : np.random.Generator
        Source of the frequencies, phases and amplitudes.
    """
    times_s = np.arange(-SHAKE_MARGIN_S, duration_s + SHAKE_MARGIN_S, SHAKE_STEP_S)
    turns = [_wander(times_s, moment_s, rng, radians(DRIFT_DEG_S), angular=True) for _ in range(3)]
    shifts = [_wander(times_s, moment_s, rng, 0.0, angular=False) for _ in range(3)]
    rotation, location = tuple(camera.rotation_euler), tuple(camera.location)
    for name, start, offsets in (("rotation_euler", rotation, turns), ("location", location, shifts)):
        for axis in range(3):
            _key(camera, name, axis, times_s * FRAMES_PER_S, start[axis] + offsets[axis])
    camera.cycles.motion_steps = CAMERA_MOTION_STEPS


def _wander(times_s: Any, moment_s: float, rng: np.random.Generator, drift: float, *, angular: bool) -> Any:
    """Return a smooth random path that is 0 at the moment, in radians or metres."""
    rate = float(rng.normal(0.0, 1.0)) * drift

    def way(time_s: Any) -> Any:
        return sum(size * np.sin(2 * pi * hertz * time_s + phase) for hertz, size, phase in waves)

    waves = [
        (
            float(rng.uniform(*hertz)),
            float(rng.normal(0.0, 1.0)) * (radians(degrees) if angular else metres),
            float(rng.uniform(0, 2 * pi)),
        )
        for hertz, degrees, metres in SWAYS
    ]
    return way(times_s) - way(moment_s) + rate * (times_s - moment_s)


def _key(thing: Any, name: str, axis: int, frames: Any, values: Any) -> None:
    """Set one of a thing's curves to straight lines between values."""
    thing.keyframe_insert(name, index=axis, frame=float(frames[0]))
    (curve,) = [one for one in _curves(thing) if (one.data_path, one.array_index) == (name, axis)]
    points = curve.keyframe_points
    points.add(len(frames) - 1)
    points.foreach_set("co", np.stack([frames, values], -1).astype(np.float32).ravel())
    for point in points:
        point.interpolation = "LINEAR"
    curve.update()


def _curves(thing: Any) -> list[Any]:
    return list(thing.animation_data.action.fcurves)
