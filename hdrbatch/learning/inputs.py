"""From photographs to what the network sees, and from what it answers to radiance.

Training, evaluation and reconstruction all go through here. Radiance is in units of the middle photograph's
exposure: 1.0 is what just saturates the middle photograph.

Shape suffixes: b batch, n photographs by rising exposure, c colour channels, h height, w width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from hdrbatch.imaging.candidates import CLIPPED_FROM, hdr_candidate
from hdrbatch.imaging.encoding import MU, log_decode, log_encode
from hdrbatch.imaging.merge import EXACT, Trust, merge
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.specs.camera import CameraSpec
from hdrbatch.specs.training import InputSpec

# Codes (of 0 to 1) between which trust in a photograph fades: towards clipping, and towards black.
CLIPPING_STARTS, CLIPPING_FULL = 0.90, CLIPPED_FROM
BLACK_FULL, BLACK_ENDS = 1.5 / 255, 8 / 255
# 2**24 times what saturates the middle photograph: beyond it float32 would soon overflow in decoding.
BRIGHTEST_RADIANCE = 2.0**24


@dataclass(frozen=True)
class NetworkInput:
    """What the network sees of one batch, and what it may change.

    Attributes
    ----------
    x_bchw : Tensor
        The network's input. Mode ``ldr``: the photograph as encoded, 3 channels in [0, 1]. Mode
        ``candidates``: the log-encoded HDR candidates by rising exposure, 9 channels. Either is followed by
        the gate, 3 channels: without being told, a short training does not find out where it may act.
    base_bchw : Tensor
        Radiance as the photographs alone say it. ``ldr``: the linearised photograph; ``candidates``: the
        merge weighted by inverse variance.
    gate_bchw : Tensor
        Per colour channel in [0, 1]: 1 where the base says nothing, because the shortest exposure is clipped
        or the longest is black; 0 where it is well exposed; a smooth ramp between.
    """

    x_bchw: Tensor
    base_bchw: Tensor
    gate_bchw: Tensor


def num_input_channels(inputs: InputSpec) -> int:
    """Return the channels of ``NetworkInput.x_bchw``: three for each photograph, and three of the gate."""
    return 3 * len(inputs.ev) + 3


def middle_ev(inputs: InputSpec) -> float:
    """Return the EV of the middle photograph, in whose exposure the network counts radiance.

    >>> middle_ev(InputSpec(mode="candidates", ev=(-1, 3, -3)))
    -1.0
    """
    return sorted(inputs.ev)[len(inputs.ev) // 2]


def relative_exposures(inputs: InputSpec) -> tuple[float, ...]:
    """Return the exposures in units of the middle photograph's, rising.

    >>> relative_exposures(InputSpec(mode="candidates", ev=(2, 0, -2)))
    (0.25, 1.0, 4.0)
    """
    return tuple(2.0 ** (ev - middle_ev(inputs)) for ev in sorted(inputs.ev))


def sensor_of(camera: CameraSpec) -> Sensor:
    """Return the sensor that a camera spec describes."""
    return Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)


def network_input(
    photos_bnchw: Tensor,
    exposures: Sequence[float],
    mode: Literal["ldr", "candidates"],
    curve: ResponseCurve,
    sensor: Sensor,
    trust: Trust = EXACT,
) -> NetworkInput:
    """Prepare photographs for the network.

    Parameters
    ----------
    photos_bnchw : Tensor
        (B, N, 3, H, W) float32 in [0, 1], encoded, by rising exposure; N is 1 for ldr and 3 for candidates.
    exposures : N floats
        In units of the middle photograph's exposure, rising.
    mode : str
        What the network is given.
    curve : ResponseCurve
        The response assumed for the photographs.
    sensor : Sensor
        Its noise decides the weights of the merge.
    trust : Trust
        Which values the merge counts: ``EXACT`` for the simulated camera, ``CAMERA`` for real photographs.
    """
    photos_nbchw = photos_bnchw.transpose(0, 1)
    gate_bchw = untrusted(shortest=photos_nbchw[0], longest=photos_nbchw[-1])
    if mode == "ldr":
        base_bchw = hdr_candidate(photos_nbchw[0], exposures[0], curve)
        return NetworkInput(torch.cat([photos_nbchw[0], gate_bchw], dim=1), base_bchw, gate_bchw)
    candidates = [
        log_encode(hdr_candidate(photo, exposure, curve))
        for photo, exposure in zip(photos_nbchw, exposures, strict=True)
    ]
    base_bchw = merge(photos_nbchw, exposures, curve, sensor, trust=trust)
    return NetworkInput(torch.cat([*candidates, gate_bchw], dim=1), base_bchw, gate_bchw)


def untrusted(*, shortest: Tensor, longest: Tensor) -> Tensor:
    """Return 1 where the shortest exposure is clipped or the longest black, 0 where well exposed.

    There is a smooth ramp between. Each value is judged by itself; the encoded photographs have any shape.
    """
    clipped = (shortest - CLIPPING_STARTS) / (CLIPPING_FULL - CLIPPING_STARTS)
    black = (BLACK_ENDS - longest) / (BLACK_ENDS - BLACK_FULL)
    return torch.maximum(_smooth_step(clipped), _smooth_step(black))


def encoded_prediction(
    output_bchw: Tensor, given: NetworkInput, output: Literal["radiance", "residual"]
) -> Tensor:
    """Return the predicted radiance, log-encoded and not limited, as the loss wants it.

    ``radiance``: the network's output is it. ``residual``: the gated output is added to the log-encoded base,
    so that well-exposed pixels stay what the photographs say.
    """
    if output == "radiance":
        return output_bchw
    encoded: Tensor = log_encode(given.base_bchw) + given.gate_bchw * output_bchw
    return encoded


def predicted_radiance(
    output_bchw: Tensor, given: NetworkInput, output: Literal["radiance", "residual"]
) -> Tensor:
    """Return the predicted radiance in units of the middle photograph's exposure: finite, not negative."""
    if output == "radiance":
        radiance: Tensor = log_decode(output_bchw.clamp(min=0.0))
    else:
        # Decoding of what `encoded_prediction` gives, in a form that keeps the base to the bit at change 0.
        growth = torch.expm1(given.gate_bchw * output_bchw * math.log1p(MU))
        radiance = given.base_bchw + (given.base_bchw + 1 / MU) * growth
    return radiance.clamp(0.0, BRIGHTEST_RADIANCE)


def _smooth_step(position: Tensor) -> Tensor:
    limited = position.clamp(0.0, 1.0)
    return limited * limited * (3 - 2 * limited)
