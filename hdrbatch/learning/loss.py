"""The training's losses: what the error is taken of, clipped pixels weighted up.

Every loss is the mean over the items of a batch of a loss of one item, so that parts of a batch that several
processes compute average to that of the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from hdrbatch.imaging.encoding import PU21_PEAK, PU21_RANGE_CD_M2, log_decode, log_encode, pu21_encode
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS
from hdrbatch.specs.variant import TrainingSpec

NEGLIGIBLE_MEAN_SQUARE = 1e-5
"""Of the log encoding, in units of the middle photograph: above it every dB counts alike, below it less."""


def training_loss(
    encoded_bchw: Tensor,
    target_bchw: Tensor,
    gate_bchw: Tensor,
    training: TrainingSpec,
    ev0_per_unit_b111: Tensor,
) -> Tensor:
    """Return the loss of a batch, as a scalar.

    Parameters
    ----------
    encoded_bchw, target_bchw : Tensor
        Log-encoded prediction and reference.
    gate_bchw : Tensor
        1 where the photographs say nothing, 0 where they are trusted; see ``NetworkInput``.
    training : TrainingSpec
        Its ``loss``: ``psnr`` is the logarithm of an item's mean square error of the log encoding, so that a
        dB counts alike wherever it is won; ``mu`` is L1 of the log encoding; ``linear`` L1 of radiance and
        ``pu21`` of its PU21 encoding, both as the metrics scale them. ``clipped_weight`` is the weight of a
        value whose gate is 1; where it is 0 the weight is 1.
    ev0_per_unit_b111 : Tensor
        Radiance in EV 0 units of 1.0 here: the metrics' scales are fixed in those.
    """
    weight_bchw = 1.0 + (training.clipped_weight - 1.0) * gate_bchw
    if training.loss == "psnr":
        mean_square_b = _weighted_means(weight_bchw, (encoded_bchw - target_bchw).square())
        return torch.log1p(mean_square_b / NEGLIGIBLE_MEAN_SQUARE).mean()
    if training.loss == "mu":
        error_bchw = (encoded_bchw - target_bchw).abs()
    else:
        scale = _LINEAR if training.loss == "linear" else _PU21
        error_bchw = _error_on_scale(encoded_bchw, target_bchw, ev0_per_unit_b111, scale)
    return _weighted_means(weight_bchw, error_bchw).mean()


@dataclass(frozen=True)
class _Scale:
    """A metric's: from radiance in EV 0 units, between its ends, to about [0, 1]."""

    ends_ev0: tuple[float, float]
    encode: Callable[[Tensor], Tensor]


_LINEAR = _Scale((0.0, DEFAULT_SETTINGS.peak_ev0), lambda ev0: ev0 / DEFAULT_SETTINGS.peak_ev0)
_PU21 = _Scale(
    (PU21_RANGE_CD_M2[0] / DEFAULT_SETTINGS.white_cd_m2, PU21_RANGE_CD_M2[1] / DEFAULT_SETTINGS.white_cd_m2),
    lambda ev0: pu21_encode(ev0 * DEFAULT_SETTINGS.white_cd_m2) / PU21_PEAK,
)


def _error_on_scale(
    encoded_bchw: Tensor, target_bchw: Tensor, ev0_per_unit_b111: Tensor, scale: _Scale
) -> Tensor:
    bottom, top = (log_encode(end / ev0_per_unit_b111) for end in scale.ends_ev0)
    predicted, wanted = (
        scale.encode(log_decode(value.clamp(bottom, top)) * ev0_per_unit_b111)
        for value in (encoded_bchw, target_bchw)
    )
    # Beyond its ends the scale has no slope; what went astray there is led back by the log encoding.
    above = encoded_bchw - torch.maximum(target_bchw, top)
    below = torch.minimum(target_bchw, bottom) - encoded_bchw
    return (predicted - wanted).abs() + above.clamp(min=0) + below.clamp(min=0)


def _weighted_means(weight_bchw: Tensor, error_bchw: Tensor) -> Tensor:
    """Each item's weighted mean (B,), so that the loss has one unit whatever the weights are."""
    sums = [torch.sum(values, dim=(1, 2, 3)) for values in (weight_bchw * error_bchw, weight_bchw)]
    return sums[0] / sums[1]
