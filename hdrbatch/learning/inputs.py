"""From photographs to the network's input, and from its output to radiance.

Training, evaluation and reconstruction all go through here. Radiance is in units of the middle photograph's
exposure: 1.0 is what just saturates the middle photograph.

Shape suffixes: b batch, n photographs sorted by exposure, k channels of one photograph, c colour channels,
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

# Codes (from 0 to 1) between which trust in a photograph fades: towards clipping, and towards black.
CLIPPING_STARTS, CLIPPING_FULL = 0.90, CLIPPED_FROM
BLACK_FULL, BLACK_ENDS = 1.5 / 255, 8 / 255
MAX_RADIANCE = 2.0**24
"""Maximum prediction, in units of the middle photograph's exposure; float32 overflows soon above it."""
REACH_SIGMAS = 3.0
"""Standard deviations by which the network may change a merge that is trusted."""
PARTLY_KNOWN_REACH = 0.25
"""Share of the gate that a value near clipping keeps if another channel of its pixel is well exposed."""
COLOUR_SHARE = 0.3
"""Share of a change of single channels that counts: light is far more often bright than it is coloured."""
KNOWN_HEADROOM = 1.2
"""Limit of clipped channels relative to the brightest known one; stops above the limit count half."""
STOPS_PER_UNIT = 8.0
"""Stops per unit of the network's exposure input, which gives it the scale of the other inputs."""


@dataclass(frozen=True)
class NetworkInput:
    """The network's input for one batch, and the limits of what it may change.

    Attributes
    ----------
    photos_bnkhw : Tensor
        Channels of each photograph. Depending on the mode: the encoded values (3 channels), the log-encoded
        HDR candidate (3), or both (6). A network that is given exposures also gets the stops from the middle
        photograph (1); one that is given masks, how far each value is clipped or black (3).
    together_bkhw : Tensor
        Channels of the photographs together, for a network that is given masks: the log-encoded base, the
        gate and the reach (9); otherwise no channel.
    base_bchw : Tensor
        Radiance from the photographs alone: their merge by inverse variance (a single photograph is simply
        linearised).
    gate_bchw : Tensor
        Per colour channel in [0, 1]: 1 where the base is not informative, because the shortest exposure is
        clipped or the longest is black; 0 where it is well exposed; a smooth ramp between.
    clipped_bchw : Tensor
        Part of the gate that is due to clipping.
    reach_bchw : Tensor
        Maximum change of the log-encoded base by a residual: 1 where nothing is trusted, elsewhere a few
        standard deviations of the base; more towards clipping and black. Photographs that contradict each
        other raise the standard deviation.
    """

    photos_bnkhw: Tensor
    together_bkhw: Tensor
    base_bchw: Tensor
    gate_bchw: Tensor
    clipped_bchw: Tensor
    reach_bchw: Tensor


def channels_per_photo(inputs: InputSpec, network: NetworkSpec) -> int:
    """Return the number of channels of one photograph in ``NetworkInput.photos_bnkhw``."""
    pixels = 6 if inputs.mode == "both" else 3
    return pixels + (1 if network.fusion == "attention" else 0) + (3 if network.masks else 0)


def channels_together(network: NetworkSpec) -> int:
    """Return the number of channels of ``NetworkInput.together_bkhw``."""
    return 9 if network.masks else 0


def sensor_of(camera: SensorSpec) -> Sensor:
    """Return the sensor that a camera spec describes."""
    return Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)


def trust_for(camera: TrainingCameraSpec) -> Trust:
    """Return how merges trust the values of a training camera's photographs.

    Without JPEG and with one known curve, every value but the top code counts. With JPEG or a drawn curve,
    values count less and less towards white, as for photographs by real cameras.
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
        (B, N, 3, H, W) float32 in [0, 1], encoded, sorted by exposure.
    exposures_bn : Tensor
        (B, N) float32, in units of the middle photograph's exposure, ascending.
    inputs, network : InputSpec, NetworkSpec
        Specs of the network's input and of the network.
    curve : ResponseCurve
        The response assumed for the photographs; its parameters may be (B, 1, 1, 1).
    sensor : Sensor
        The sensor whose noise sets the weights of the merge.
    trust : Trust
        The values that the merge trusts: ``EXACT`` for the simulated camera, ``CAMERA`` for real photographs.
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
    """Return the reach near clipping or black: below the gate where another channel is well exposed."""
    all_lost = gate_bchw.amin(dim=1, keepdim=True)
    return gate_bchw * (PARTLY_KNOWN_REACH + (1 - PARTLY_KNOWN_REACH) * all_lost)


def _open_range(radiance: Tensor, variance: Tensor) -> Tensor:
    """Return a few standard deviations of the log-encoded merge, at most 1; 1 where nothing is trusted."""
    slope = MU / ((1 + MU * radiance.clamp(min=0)) * math.log1p(MU))
    return (REACH_SIGMAS * variance.sqrt() * slope).clamp(max=1.0)


def untrusted(photo: Tensor) -> Tensor:
    """Return 1 where an encoded photograph of any shape is clipped or black, 0 where it is well exposed.

    There is a smooth ramp between. Each value is treated separately.
    """
    return torch.maximum(_clipped(photo), _black(photo))


def _clipped(photo: Tensor) -> Tensor:
    return _smooth_step((photo - CLIPPING_STARTS) / (CLIPPING_FULL - CLIPPING_STARTS))


def _black(photo: Tensor) -> Tensor:
    return _smooth_step((BLACK_ENDS - photo) / (BLACK_ENDS - BLACK_FULL))


def encoded_prediction(output_bchw: Tensor, given: NetworkInput, network: NetworkSpec) -> Tensor:
    """Return the predicted radiance, log-encoded and not limited, as the loss expects it.

    ``radiance``: the network's output itself. ``residual``: the output times the reach, added to the
    log-encoded base, so that well-exposed pixels keep the radiance of the photographs.
    """
    if network.output == "radiance":
        return output_bchw
    encoded: Tensor = log_encode(given.base_bchw) + given.reach_bchw * residual_change(output_bchw)
    return encoded


def predicted_radiance(output_bchw: Tensor, given: NetworkInput, network: NetworkSpec) -> Tensor:
    """Return the predicted radiance in units of the middle photograph's exposure: finite, not negative."""
    if network.output == "radiance":
        radiance: Tensor = log_decode(output_bchw.clamp(min=0.0))
        return radiance.clamp(max=MAX_RADIANCE)
    return changed_radiance(residual_change(output_bchw), given)


def residual_change(output_bchw: Tensor) -> Tensor:
    """Return the change of the log-encoded base by a residual, before the reach limits it.

    Changes of single channels are damped, changes common to all channels are not.
    """
    common = output_bchw.mean(dim=1, keepdim=True)
    return common + COLOUR_SHARE * (output_bchw - common)


def changed_radiance(change_bchw: Tensor, given: NetworkInput) -> Tensor:
    """Return the radiance after a residual change: finite, not negative."""
    # Decodes `encoded_prediction` in a form that keeps the base bit for bit at change 0.
    growth = torch.expm1(given.reach_bchw * change_bchw * math.log1p(MU))
    radiance = given.base_bchw + (given.base_bchw + 1 / MU) * growth
    return _limit_to_known_channels(radiance.clamp(0.0, MAX_RADIANCE), given)


def _limit_to_known_channels(radiance_bchw: Tensor, given: NetworkInput) -> Tensor:
    """Limit the clipped channels of a pixel relative to its known channels.

    At the rim of a clipped area channels clip one after the other; a predicted channel far above the known
    ones makes a coloured fringe. The training loss does not include this limit, since training would undo it.
    """
    partly = given.clipped_bchw * (1 - given.gate_bchw.amin(dim=1, keepdim=True))
    known = (given.base_bchw * (1 - given.gate_bchw)).amax(dim=1, keepdim=True)
    limit = torch.maximum(given.base_bchw, KNOWN_HEADROOM * known)
    held = torch.where(radiance_bchw > limit, (radiance_bchw * limit).sqrt(), radiance_bchw)
    return torch.lerp(radiance_bchw, held, partly)


def _smooth_step(position: Tensor) -> Tensor:
    limited = position.clamp(0.0, 1.0)
    return limited * limited * (3 - 2 * limited)
