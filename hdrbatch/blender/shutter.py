"""Shutter of a picture: its opening time and length."""

from dataclasses import dataclass
from typing import Any

FRAMES_PER_S = 1000
"""Frames per second of a moving scene: one frame is a millisecond."""


@dataclass(frozen=True)
class Shutter:
    """An exposure in time.

    Parameters
    ----------
    begin_s : float
        Opening time in seconds from the beginning of the bracket.
    length_s : float
        Seconds for which it is open; 0 gives the sharp picture of a moment.
    """

    begin_s: float
    length_s: float = 0.0


def open_shutter(scene: Any, shutter: Shutter | None) -> None:
    """Set the moment of a picture and its motion blur; None means a still scene.

    Blender returns the mean radiance over the time that the shutter is open.
    """
    render = scene.render
    render.use_motion_blur = shutter is not None and shutter.length_s > 0
    if shutter is None:
        return
    set_moment(scene, shutter.begin_s)
    if shutter.length_s > 0:
        render.motion_blur_position = "START"
        render.motion_blur_shutter = shutter.length_s * FRAMES_PER_S
        _open_at_once(render.motion_blur_shutter_curve)


def set_moment(scene: Any, moment_s: float) -> None:
    """Set the moment of a moving scene."""
    scene.render.fps, scene.render.fps_base = FRAMES_PER_S, 1.0
    frame = moment_s * FRAMES_PER_S
    whole = int(frame // 1)
    scene.frame_set(whole, subframe=frame - whole)
    reached = scene.frame_current + scene.frame_subframe
    assert abs(reached - frame) < 0.1, f"Blender has no moment {moment_s} s; jobs reject such brackets"


def _open_at_once(curve: Any) -> None:
    """Make the shutter open and close instantly."""
    points = curve.curves[0].points
    for point in points:
        point.location = (point.location[0], 1.0)
    curve.update()
