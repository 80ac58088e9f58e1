"""The training's loss: L1 between log-encoded radiances, clipped pixels weighted up."""

from torch import Tensor


def weighted_l1(
    encoded_bchw: Tensor, target_bchw: Tensor, gate_bchw: Tensor, clipped_weight: float
) -> Tensor:
    """Return the weighted mean of absolute differences, as a scalar.

    Parameters
    ----------
    encoded_bchw, target_bchw : Tensor
        Log-encoded prediction and reference.
    gate_bchw : Tensor
        1 where the photographs say nothing, 0 where they are trusted; see ``NetworkInput``.
    clipped_weight : float
        Weight of a value whose gate is 1; where it is 0 the weight is 1. The weights are divided by their
        sum, so that the loss has the same unit whatever the weight is.
    """
    weight_bchw = 1.0 + (clipped_weight - 1.0) * gate_bchw
    return (weight_bchw * (encoded_bchw - target_bchw).abs()).sum() / weight_bchw.sum()
