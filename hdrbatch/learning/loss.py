"""The training's losses: what the error is taken of, clipped pixels weighted up.

Every loss is the mean over the items of a batch of a loss of one item, so that parts of a batch that several
processes compute average to that of the whole.
"""

import torch
from torch import Tensor

from hdrbatch.imaging.encoding import PU21_PEAK, log_decode, pu21_encode
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS
from hdrbatch.specs.training import TrainingSpec

SMALLEST_MEAN_SQUARE = 1e-8
"""Keeps the slope of a square root finite where an item is predicted perfectly."""
BRIGHTEST_ENCODED = 2.0
"""Of predictions before they are decoded: 5000 times saturation, where float32 is far from overflowing."""
LINEAR_SHARE = 0.5
"""Of the linear error in the mixed loss."""


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
        Its ``loss``: ``mu`` is L1 of the log encoding; ``linear`` L1 of radiance and ``pu21`` of its PU21
        encoding, both as the metrics scale them; ``mixed`` is ``mu`` and a share of the root mean square
        error of radiance, since PSNR-L sees little else than the brightest pixels. ``clipped_weight`` is
        the weight of a value whose gate is 1; where it is 0 the weight is 1.
    ev0_per_unit_b111 : Tensor
        Radiance in EV 0 units of 1.0 here: the metrics' scales are fixed in those.
    """
    weight_bchw = 1.0 + (training.clipped_weight - 1.0) * gate_bchw
    if training.loss == "mu":
        return _weighted_mean(weight_bchw, (encoded_bchw - target_bchw).abs())
    predicted, wanted = (
        log_decode(value.clamp(0.0, BRIGHTEST_ENCODED)) * ev0_per_unit_b111
        for value in (encoded_bchw, target_bchw)
    )
    if training.loss == "pu21":
        white = DEFAULT_SETTINGS.white_cd_m2
        error: Tensor = (pu21_encode(predicted * white) - pu21_encode(wanted * white)).abs() / PU21_PEAK
        return _weighted_mean(weight_bchw, error)
    error = (predicted / DEFAULT_SETTINGS.peak_ev0).clamp(0, 1) - (wanted / DEFAULT_SETTINGS.peak_ev0).clamp(
        0, 1
    )
    if training.loss == "linear":
        return _weighted_mean(weight_bchw, error.abs())
    root_mean_square_b = (error.square().mean(dim=(1, 2, 3)) + SMALLEST_MEAN_SQUARE).sqrt()
    encoded_error = _weighted_mean(weight_bchw, (encoded_bchw - target_bchw).abs())
    return encoded_error + LINEAR_SHARE * root_mean_square_b.mean()


def _weighted_mean(weight_bchw: Tensor, error_bchw: Tensor) -> Tensor:
    """Mean over items of each one's weighted mean, so that the loss has one unit whatever the weights are."""
    sums = [torch.sum(values, dim=(1, 2, 3)) for values in (weight_bchw * error_bchw, weight_bchw)]
    return torch.mean(sums[0] / sums[1])
