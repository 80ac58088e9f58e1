"""From photographs to what the network sees, and from what it answers to radiance.

Training, evaluation and reconstruction all go through here. Radiance is in units of the middle photograph's
exposure: 1.0 is what just saturates the middle photograph.

Shape suffixes: b batch, n photographs by rising exposure, k channels of one photograph, c colour channels,
h height, w width.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from hdrbatch.imaging.candidates import CLIPPED_FROM, hdr_candidate
from hdrbatch.imaging.encoding import MU, log_decode, log_encode
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.variance_merge import CAMERA, EXACT, Trust, merge_with_variance
from hdrbatch.specs.simulated_camera import SensorSpec, TrainingCameraSpec
from hdrbatch.specs.variant import InputSpec, NetworkSpec

# Codes (of 0 to 1) between which trust in a photograph fades: towards clipping, and towards black.
CLIPPING_STARTS, CLIPPING_FULL = 0.90, CLIPPED_FROM
BLACK_FULL, BLACK_ENDS = 1.5 / 255, 8 / 255
# 2**24 times what saturates the middle photograph: beyond it float32 would soon overflow in decoding.
BRIGHTEST_RADIANCE = 2.0**24
REACH_SIGMAS = 3.0
"""How far the network may go from a merge that is trusted: so many of its standard deviations."""
PARTLY_KNOWN_REACH = 0.25
"""Share of the gate that a value near clipping keeps where another channel of its pixel is well exposed."""
COLOUR_SHARE = 0.3
"""Of what the network says of single channels: light is far more often bright than it is coloured."""
KNOWN_HEADROOM = 1.2
"""Times the brightest known channel of a pixel: of stops that a clipped one has above that, half count."""
STOPS_PER_UNIT = 8.0
"""Exposures are told to the network in stops divided by this: in the size of its other inputs."""


@dataclass(frozen=True)
class NetworkInput:
    """What the network sees of one batch, and what it may change.

    Attributes
    ----------
    photos_bnkhw : Tensor
        Of each photograph, by mode: the values as encoded (3 channels), the log-encoded HDR candidate (3), or
        both (6); then, where the network is told the exposures, its stops from the middle photograph (1), and
        where it is told masks, how far each value is clipped or black (3).
    together_bkhw : Tensor
        What the photographs say together, where the network is told masks: the log-encoded base, the gate and
        the reach (9); else no channel.
    base_bchw : Tensor
        Radiance as the photographs alone say it: the merge by inverse variance, which of a single photograph
        is that photograph linearised.
    gate_bchw : Tensor
        Per colour channel in [0, 1]: 1 where the base says nothing, because the shortest exposure is clipped
        or the longest is black; 0 where it is well exposed; a smooth ramp between.
    clipped_bchw : Tensor
        What of the gate is for clipping and not for black.
    reach_bchw : Tensor
        How far a residual may change the log-encoded base: 1 where nothing is trusted; elsewhere a few
        standard deviations of the base, which photographs that contradict each other raise, or more towards
        clipping and black.
    """

    photos_bnkhw: Tensor
    together_bkhw: Tensor
    base_bchw: Tensor
    gate_bchw: Tensor
    clipped_bchw: Tensor
    reach_bchw: Tensor


def channels_per_photo(inputs: InputSpec, network: NetworkSpec) -> int:
    """Return the channels of one photograph in ``NetworkInput.photos_bnkhw``."""
    pixels = 6 if inputs.mode == "both" else 3
    return pixels + (1 if network.fusion == "attention" else 0) + (3 if network.masks else 0)


def channels_together(network: NetworkSpec) -> int:
    """Return the channels of ``NetworkInput.together_bkhw``."""
    return 9 if network.masks else 0


def sensor_of(camera: SensorSpec) -> Sensor:
    """Return the sensor that a camera spec describes."""
    return Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)


def trust_in(camera: TrainingCameraSpec) -> Trust:
    """Return which values of a training camera's photographs merges count.

    Those of one camera whose curve is known: all but the top code. With JPEG, or a curve that is drawn, less
    and less towards white, as with the photographs of real cameras.
    """
    return EXACT if camera.jpeg_quality is None and camera.response != "varied" else CAMERA


def network_input(
    photos_bnchw: Tensor,
    exposures_bn: Tensor,
    inputs: InputSpec,
    network: NetworkSpec,
    curve: ResponseCurve,
    sensor: Sensor,
    trust: Trust = EXACT,
) -> NetworkInput:
    """Prepare photographs for the network.

    Parameters
    ----------
    photos_bnchw : Tensor
        (B, N, 3, H, W) float32 in [0, 1], encoded, by rising exposure.
    exposures_bn : Tensor
        (B, N) float32, in units of the middle photograph's exposure, rising.
    inputs, network : InputSpec, NetworkSpec
        What the network is given.
    curve : ResponseCurve
        The response assumed for the photographs; its parameters may be (B, 1, 1, 1).
    sensor : Sensor
        Its noise decides the weights of the merge.
    trust : Trust
        Which values the merge counts: ``EXACT`` for the simulated camera, ``CAMERA`` for real photographs.
    """
    photos = photos_bnchw.unbind(1)
    exposures = [exposure_b[:, None, None, None] for exposure_b in exposures_bn.unbind(1)]
    merged = merge_with_variance(photos, exposures, curve, sensor, trust=trust)
    clipped_bchw = _clipped(photos[0])
    gate_bchw = torch.maximum(clipped_bchw, _black(photos[-1]))
    reach_bchw = torch.maximum(_reach_on_ramps(gate_bchw), _open_range(merged.radiance, merged.variance))
    channels_bnkhw = torch.stack(
        [
            torch.cat(_photo_channels(photo, exposure, inputs, network, curve), dim=1)
            for photo, exposure in zip(photos, exposures, strict=True)
        ],
        dim=1,
    )
    together_bkhw = (
        torch.cat([log_encode(merged.radiance), gate_bchw, reach_bchw], dim=1)
        if network.masks
        else gate_bchw[:, :0]
    )
    return NetworkInput(channels_bnkhw, together_bkhw, merged.radiance, gate_bchw, clipped_bchw, reach_bchw)


def _photo_channels(
    photo: Tensor, exposure: Tensor, inputs: InputSpec, network: NetworkSpec, curve: ResponseCurve
) -> list[Tensor]:
    channels = []
    if inputs.mode != "candidates":
        channels.append(photo)
    if inputs.mode != "photographs":
        channels.append(log_encode(hdr_candidate(photo, exposure, curve)))
    if network.fusion == "attention":
        channels.append((torch.log2(exposure) / STOPS_PER_UNIT).expand_as(photo[:, :1]))
    if network.masks:
        channels.append(untrusted(photo))
    return channels


def _reach_on_ramps(gate_bchw: Tensor) -> Tensor:
    """Of values near clipping or black: less than the gate where another channel is well exposed."""
    all_lost = gate_bchw.amin(dim=1, keepdim=True)
    return gate_bchw * (PARTLY_KNOWN_REACH + (1 - PARTLY_KNOWN_REACH) * all_lost)


def _open_range(radiance: Tensor, variance: Tensor) -> Tensor:
    """A few standard deviations of the merge, log-encoded: at most 1, and that where nothing is trusted."""
    slope = MU / ((1 + MU * radiance.clamp(min=0)) * math.log1p(MU))
    return (REACH_SIGMAS * variance.sqrt() * slope).clamp(max=1.0)


def untrusted(photo: Tensor) -> Tensor:
    """Return 1 where an encoded photograph of any shape is clipped or black, 0 where it is well exposed.

    There is a smooth ramp between. Each value is judged by itself.
    """
    return torch.maximum(_clipped(photo), _black(photo))


def _clipped(photo: Tensor) -> Tensor:
    return _smooth_step((photo - CLIPPING_STARTS) / (CLIPPING_FULL - CLIPPING_STARTS))


def _black(photo: Tensor) -> Tensor:
    return _smooth_step((BLACK_ENDS - photo) / (BLACK_ENDS - BLACK_FULL))


def encoded_prediction(output_bchw: Tensor, given: NetworkInput, network: NetworkSpec) -> Tensor:
    """Return the predicted radiance, log-encoded and not limited, as the loss wants it.

    ``radiance``: the network's output is it. ``residual``: the output times the reach is added to the
    log-encoded base, so that well-exposed pixels stay what the photographs say.
    """
    if network.output == "radiance":
        return output_bchw
    encoded: Tensor = log_encode(given.base_bchw) + given.reach_bchw * wanted_change(output_bchw)
    return encoded


def predicted_radiance(output_bchw: Tensor, given: NetworkInput, network: NetworkSpec) -> Tensor:
    """Return the predicted radiance in units of the middle photograph's exposure: finite, not negative."""
    if network.output == "radiance":
        radiance: Tensor = log_decode(output_bchw.clamp(min=0.0))
        return radiance.clamp(max=BRIGHTEST_RADIANCE)
    return changed_radiance(wanted_change(output_bchw), given)


def wanted_change(output_bchw: Tensor) -> Tensor:
    """Return what a residual wants to add to the log-encoded base, before the reach limits it.

    A common change of the channels and, less readily, one of colour.
    """
    common = output_bchw.mean(dim=1, keepdim=True)
    return common + COLOUR_SHARE * (output_bchw - common)


def changed_radiance(change_bchw: Tensor, given: NetworkInput) -> Tensor:
    """Return the radiance after a wanted change: finite, not negative."""
    # Decoding of what `encoded_prediction` gives, in a form that keeps the base to the bit at change 0.
    growth = torch.expm1(given.reach_bchw * change_bchw * math.log1p(MU))
    radiance = given.base_bchw + (given.base_bchw + 1 / MU) * growth
    return _held_to_known(radiance.clamp(0.0, BRIGHTEST_RADIANCE), given)


def _held_to_known(radiance_bchw: Tensor, given: NetworkInput) -> Tensor:
    """Hold the clipped channels of a pixel back towards those of its channels that are known.

    At the rim of a clipped area channels are lost one after the other: one that jumps ahead makes a coloured
    fringe. The training does not see this, which it would undo.
    """
    partly = given.clipped_bchw * (1 - given.gate_bchw.amin(dim=1, keepdim=True))
    known = (given.base_bchw * (1 - given.gate_bchw)).amax(dim=1, keepdim=True)
    limit = torch.maximum(given.base_bchw, KNOWN_HEADROOM * known)
    held = torch.where(radiance_bchw > limit, (radiance_bchw * limit).sqrt(), radiance_bchw)
    return torch.lerp(radiance_bchw, held, partly)


def _smooth_step(position: Tensor) -> Tensor:
    limited = position.clamp(0.0, 1.0)
    return limited * limited * (3 - 2 * limited)
