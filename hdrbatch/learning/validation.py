"""Loss of a network on scenes held out from training, and of the merge of their photographs."""

from statistics import fmean, geometric_mean

import torch
from torch import Tensor

from hdrbatch.imaging.encoding import log_encode
from hdrbatch.learning.data import drawn_camera, inverting_curve, tested_bracket
from hdrbatch.learning.inputs import encoded_prediction, network_input, sensor_of, trust_for
from hdrbatch.learning.loss import training_loss
from hdrbatch.learning.model import Network
from hdrbatch.learning.photography import Batch, photographed
from hdrbatch.learning.randomness import Stream, numpy_generator, torch_generator
from hdrbatch.learning.training_radiance import SceneSet
from hdrbatch.specs.variant import LOGARITHMIC_LOSSES, VariantSpec

MAX_SIDE = 512
"""Maximum side of a validation picture, pixels; larger ones are cropped to bound memory and time."""

MIN_LOSS = 1e-6
"""Minimum loss of a scene, so that a perfect prediction has a logarithm."""
LOSS, LOSS_OF_BASE = "validation_loss", "validation_loss_of_base"


@torch.no_grad()
def validate(
    network: Network, scenes: SceneSet, variant: VariantSpec, device: torch.device
) -> dict[str, float]:
    """Return the mean loss over scenes, of the network and of its base.

    The mean is geometric, or arithmetic if the loss is a logarithm already, so that every scene counts alike.
    An arithmetic mean of other losses would select the weights that do best on the two or three scenes with
    the brightest lamps. Each scene is photographed at the variant's exposures without jitter, with the same
    noise every time.

    Returns
    -------
    dict
        ``validation_loss``, and ``validation_loss_of_base``, that of the merge of the photographs (a single
        one is simply linearised). A network that does not beat it has learned nothing useful.
    """
    network.eval()
    losses, base_losses = [], []
    for index in range(len(scenes)):
        batch = _photographed_scene(scenes, index, variant, device)
        given = network_input(
            batch.photos_bnchw,
            batch.exposures_bn,
            variant.inputs,
            variant.network,
            inverting_curve(variant.inputs, batch.curve),
            sensor_of(variant.camera),
            trust_for(variant.camera),
        )
        target, unit = log_encode(batch.reference_bchw), batch.ev0_per_unit_b111
        encoded = encoded_prediction(network(given.photos_bnkhw, given.together_bkhw), given, variant.network)
        base = log_encode(given.base_bchw)
        losses.append(training_loss(encoded, target, given.gate_bchw, variant.training, unit).item())
        base_losses.append(training_loss(base, target, given.gate_bchw, variant.training, unit).item())
    network.train()
    mean = fmean if variant.training.loss in LOGARITHMIC_LOSSES else geometric_mean
    return {
        name: mean([max(loss, MIN_LOSS) for loss in found])
        for name, found in ((LOSS, losses), (LOSS_OF_BASE, base_losses))
    }


def _photographed_scene(scenes: SceneSet, index: int, variant: VariantSpec, device: torch.device) -> Batch:
    seed, spec = variant.training.seed, variant.camera
    rng = numpy_generator(seed, Stream.VALIDATION_CAMERA, index)
    noise = torch_generator(seed, Stream.VALIDATION_NOISE, index, device=device)
    bracket, camera = tested_bracket(rng, variant.inputs, spec), drawn_camera(rng, spec, 1)
    stops = bracket.stops_from_middle_bn[0] if spec.motion else ()
    moves = spec.motion and scenes.moves(index)
    sources = [scenes.exposure(index, float(value)) for value in stops] if moves else []
    reference_bchw, *sources_nbchw = (
        _centre(picture).to(device)[None] for picture in (scenes.reference(index), *sources)
    )
    return photographed(reference_bchw, sources_nbchw or [reference_bchw], bracket, camera, spec, [noise])


def _centre(picture_chw: Tensor) -> Tensor:
    height, width = picture_chw.shape[1:]
    top, left = max(0, height - MAX_SIDE) // 2, max(0, width - MAX_SIDE) // 2
    return picture_chw[:, top : top + MAX_SIDE, left : left + MAX_SIDE]
