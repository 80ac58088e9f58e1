"""Simulated photographs of radiance, on the device where training runs.

Shape suffixes: b batch, n photographs sorted by exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrbatch.imaging.jpeg import jpeg_compressed
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.imaging.sensor import photograph
from hdrbatch.imaging.variation import DrawnCurves
from hdrbatch.ladder import darker_middle_index
from hdrbatch.learning.inputs import sensor_of
from hdrbatch.specs.simulated_camera import TrainingCameraSpec


@dataclass(frozen=True)
class Bracket:
    """The exposures of B brackets of N photographs.

    Attributes
    ----------
    evs_bn : (B, N) float64
        True exposures in stops above EV 0, ascending.
    errors_bn : (B, N) float64
        Stops by which the stated exposures are off.
    """

    evs_bn: NDArray[np.float64]
    errors_bn: NDArray[np.float64]

    @property
    def middle_evs_b(self) -> NDArray[np.float64]:
        """True EV of the middle photograph (the shorter one of two)."""
        return np.asarray(self.evs_bn[:, darker_middle_index(self.evs_bn.shape[1])])

    @property
    def stops_from_middle_bn(self) -> NDArray[np.float64]:
        """True stops above the middle photograph."""
        return np.asarray(self.evs_bn - self.middle_evs_b[:, None])

    @property
    def stated_exposures_bn(self) -> NDArray[np.float64]:
        """Stated exposures in units of the middle photograph's, in ascending order like the true ones."""
        stops = self.stops_from_middle_bn + self.errors_bn
        stops = np.maximum.accumulate(stops, axis=1)
        return np.asarray(np.exp2(stops - stops[:, [darker_middle_index(stops.shape[1])]]))

    def share(self, items: slice) -> "Bracket":
        """Return the brackets of some items."""
        return Bracket(self.evs_bn[items], self.errors_bn[items])


@dataclass(frozen=True)
class Camera:
    """The properties that differ between cameras: response curves (None uses the spec's) and JPEG quality."""

    curves: DrawnCurves | None
    jpeg_quality: int | None

    def share(self, items: slice) -> "Camera":
        """Return the cameras of some items."""
        if self.curves is None:
            return self
        return Camera(DrawnCurves(self.curves.family, self.curves.parameters[:, items]), self.jpeg_quality)


@dataclass(frozen=True)
class Batch:
    """Photographs and their ground truth, in units of the middle photograph's exposure.

    Attributes
    ----------
    photos_bnchw : Tensor
        Encoded photographs, in ascending order of exposure.
    exposures_bn : Tensor
        Stated exposures, in units of the middle photograph's.
    curve : ResponseCurve
        True response curve of the camera.
    reference_bchw : Tensor
        Ground truth.
    ev0_per_unit_b111 : Tensor
        EV 0 units per unit of the reference.
    """

    photos_bnchw: Tensor
    exposures_bn: Tensor
    curve: ResponseCurve
    reference_bchw: Tensor
    ev0_per_unit_b111: Tensor


def photographed(
    reference_bchw: Tensor,
    sources_nbchw: Sequence[Tensor],
    bracket: Bracket,
    camera: Camera,
    spec: TrainingCameraSpec,
    noise: Sequence[torch.Generator],
) -> Batch:
    """Photograph radiance.

    Parameters
    ----------
    reference_bchw : (B, 3, H, W) float32, EV 0 units
        Ground truth.
    sources_nbchw : N tensors like it, or one for all photographs
        The radiance in front of the camera.
    bracket, camera, spec
        Exposures and properties of the camera.
    noise : B generators
        Generators of each item's noise, on the device of the radiance.
    """
    device = reference_bchw.device

    def on_device(values_b: NDArray[np.float64]) -> Tensor:
        # Without waiting for the GPU, which may still be computing the previous step.
        return torch.from_numpy(values_b.astype(np.float32)).to(device, non_blocking=True)

    units_b111 = on_device(np.exp2(bracket.middle_evs_b))[:, None, None, None]
    exposures_bn = on_device(np.exp2(bracket.stops_from_middle_bn))
    sensor = sensor_of(spec)
    curves = camera.curves
    curve = parse_response(spec.response) if curves is None else curves.curve(reference_bchw)
    num_photos = bracket.evs_bn.shape[1]
    shape = (num_photos, 2, *reference_bchw.shape[1:])
    if spec.noise:
        normal_bn2chw = torch.stack([torch.randn(shape, generator=g, device=device) for g in noise])
    else:
        normal_bn2chw = torch.zeros((len(reference_bchw), *shape), device=device)
    photos = []
    for n in range(num_photos):
        source_bchw = sources_nbchw[n if len(sources_nbchw) > 1 else 0] * units_b111
        exposure_b111 = exposures_bn[:, n, None, None, None]
        shot, read = normal_bn2chw[:, n, 0], normal_bn2chw[:, n, 1]
        photos.append(photograph(source_bchw, exposure_b111, sensor, curve, shot, read))
    photos_bnchw = torch.stack(photos, dim=1)
    if camera.jpeg_quality is not None:
        flat = photos_bnchw.flatten(0, 1)
        photos_bnchw = jpeg_compressed(flat, camera.jpeg_quality, channel_axis=1).view_as(photos_bnchw)
    stated_bn = on_device(bracket.stated_exposures_bn)
    return Batch(photos_bnchw, stated_bn, curve, reference_bchw * units_b111, 1 / units_b111)
