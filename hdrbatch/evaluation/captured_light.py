"""Test scenes of real light: views of captured panoramas, photographed by the simulated camera."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import UserError
from hdrbatch.evaluation.evaluation_scene import EvaluationScene
from hdrbatch.imaging.panorama_file import read_panorama
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.imaging.views import perspective_view
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.specs.variant import InputSpec

CLIPPED_SHARE = 0.1
"""Share of pixels that clip in the photograph of the middle exposure."""
FOV_DEG, WIDTH, HEIGHT = 80.0, 256, 192
"""Field of view and size of a view: about one pixel per pixel of the shipped panoramas."""
VIEWS_DEG = (
    *((yaw, 0.0) for yaw in range(-180, 180, 40)),
    *((yaw, 25.0) for yaw in range(-160, 180, 90)),
    *((yaw, -25.0) for yaw in range(-115, 180, 90)),
)
"""Yaw and pitch of the views: all around the horizon, and above and below it."""


def captured_scenes(panoramas: Mapping[str, Path], inputs: InputSpec) -> Iterator[EvaluationScene]:
    """Yield views of panoramas, photographed as a model's inputs require.

    A view's exposure is chosen so that ``CLIPPED_SHARE`` of its pixels clip in the photograph of the middle
    exposure, which is EV 0; the other photographs lie around it as the inputs' EVs do. The camera has the
    sRGB curve and the default sensor with its noise, the same at every call.

    Parameters
    ----------
    panoramas
        Equirectangular EXR or .hdr files by name.
    inputs
        Inputs of the model.

    Raises
    ------
    UserError
        If a panorama cannot be read, or a view of it has no light.
    """
    evs = tuple(ev - inputs.middle_ev for ev in inputs.ev)
    for name, path in panoramas.items():
        panorama = read_panorama(path).radiance
        for number, (yaw, pitch) in enumerate(VIEWS_DEG):
            view = perspective_view(panorama, yaw, pitch, FOV_DEG, WIDTH, HEIGHT)
            scene = f"{name}-{number + 1:02d}"
            yield _photographed(scene, name, _exposed(view, path, scene), evs)


def _exposed(view: NDArray[np.float32], path: Path, scene: str) -> NDArray[np.float32]:
    """Scale radiance so that the brightest tenth of the pixels, by their brightest channel, saturates."""
    level = float(np.quantile(view.max(axis=-1), 1 - CLIPPED_SHARE))
    if not (np.isfinite(level) and level > 0):
        raise UserError(f"{path}: view {scene} has no light, in its brightest tenth; give another panorama")
    return np.maximum(view, 0) / np.float32(level)


def _photographed(
    scene: str, origin: str, reference_ev0: NDArray[np.float32], evs: tuple[float, ...]
) -> EvaluationScene:
    camera = CameraSpec()
    sensor = Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)
    curve = parse_response(camera.response)
    rng = np.random.default_rng(list(scene.encode()))
    photos = [
        photograph(reference_ev0, 2.0**ev, sensor, curve, *normal_noise(reference_ev0.shape, rng))
        for ev in evs
    ]
    return EvaluationScene(scene, evs, photos, reference_ev0, curve, origin=origin)
