"""How well a network does on scenes held out from training, beside what the photographs alone say."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from hdrbatch.imaging.encoding import log_encode
from hdrbatch.imaging.response import parse_response
from hdrbatch.learning.data import TrainingScene, photographed
from hdrbatch.learning.inputs import encoded_prediction, network_input, sensor_of
from hdrbatch.learning.loss import weighted_l1
from hdrbatch.learning.network import UNet
from hdrbatch.learning.randomness import Stream, torch_generator
from hdrbatch.specs.training import VariantSpec

LARGEST_SIDE = 512
"""Pixels; of larger pictures the centre is validated on, so that memory and time stay bounded."""


@torch.no_grad()
def validate(
    network: UNet, scenes: Sequence[TrainingScene], variant: VariantSpec, device: torch.device
) -> dict[str, float]:
    """Return the mean loss over scenes, of the network and of its base.

    Each scene is photographed at the variant's exposures without jitter, with the same noise every time.

    Returns
    -------
    dict
        ``validation_loss``, and ``validation_loss_of_base``: that of the linearised photograph (mode ldr) or
        of the merge (mode candidates). A network that does not come below it has learned nothing of use.
    """
    network.eval()
    curve, sensor = parse_response(variant.inputs.response), sensor_of(variant.camera)
    weight = variant.training.clipped_weight
    losses, base_losses = [], []
    for index, scene in enumerate(scenes):
        noise = torch_generator(variant.training.seed, Stream.VALIDATION_NOISE, index, device=device)
        batch = photographed(_centre(scene.reference_ev0)[None], variant, noise)
        given = network_input(batch.photos_bnchw, batch.exposures, variant.inputs.mode, curve, sensor)
        target = log_encode(batch.reference_bchw)
        encoded = encoded_prediction(network(given.x_bchw), given, variant.network.output)
        losses.append(weighted_l1(encoded, target, given.gate_bchw, weight).item())
        base_losses.append(weighted_l1(log_encode(given.base_bchw), target, given.gate_bchw, weight).item())
    network.train()
    return {
        "validation_loss": sum(losses) / len(losses),
        "validation_loss_of_base": sum(base_losses) / len(base_losses),
    }


def _centre(reference: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = reference.shape[:2]
    top, left = max(0, height - LARGEST_SIDE) // 2, max(0, width - LARGEST_SIDE) // 2
    return reference[top : top + LARGEST_SIDE, left : left + LARGEST_SIDE]
