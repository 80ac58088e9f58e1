"""Training losses: errors on several scales, with a higher weight on clipped pixels.

Every loss is the mean over the items of a batch. So the losses of the shares that several processes compute
average to the loss of the whole batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from hdrbatch.imaging.encoding import PU21_PEAK, PU21_RANGE_CD_M2, log_decode, log_encode, pu21_encode
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS
from hdrbatch.specs.variant import TrainingSpec

NEGLIGIBLE_MEAN_SQUARE = 1e-5
"""Mean square error of the log encoding above which every dB counts alike; below it a dB counts less."""


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
        1 where the photographs are not informative, 0 where they are trusted; see ``NetworkInput``.
    training : TrainingSpec
        ``loss``: ``psnr`` is the logarithm of an item's mean square error of the log encoding, so that every
        dB counts alike; ``mu`` is L1 of the log encoding; ``linear`` is L1 of radiance and ``pu21`` of its
        PU21 encoding, both scaled as in the metrics. ``clipped_weight`` is the weight of a value whose gate
        is 1; a value whose gate is 0 has weight 1.
    ev0_per_unit_b111 : Tensor
        EV 0 units per unit of the inputs; the metrics' scales are in EV 0 units.
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
    """A metric's scale: it maps radiance in EV 0 units, between the scale's ends, to about [0, 1]."""

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
    predicted, expected = (
        scale.encode(log_decode(value.clamp(bottom, top)) * ev0_per_unit_b111)
        for value in (encoded_bchw, target_bchw)
    )
    # Beyond its ends the scale has no slope; the log encoding supplies the gradient there.
    above = encoded_bchw - torch.maximum(target_bchw, top)
    below = torch.minimum(target_bchw, bottom) - encoded_bchw
    return (predicted - expected).abs() + above.clamp(min=0) + below.clamp(min=0)


def _weighted_means(weight_bchw: Tensor, error_bchw: Tensor) -> Tensor:
    """Return each item's weighted mean (B,), so that the unit of the loss does not depend on the weights."""
    sums = [torch.sum(values, dim=(1, 2, 3)) for values in (weight_bchw * error_bchw, weight_bchw)]
    return sums[0] / sums[1]
