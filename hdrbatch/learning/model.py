"""A trained network with its variant, and the file that holds both."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hdrbatch.errors import UserError
from hdrbatch.learning.inputs import channels_per_photo, channels_together
from hdrbatch.learning.network import AttentionUNet, StackedUNet, UNet
from hdrbatch.learning.randomness import Stream, torch_generator
from hdrbatch.learning.weights import check_weights, read_torch
from hdrbatch.local_files import write_whole
from hdrbatch.plan.network_size import num_parameters
from hdrbatch.provenance.versions import version_of
from hdrbatch.specs.variant import VariantSpec

FORMAT = "hdrbatch model"

Network = StackedUNet | AttentionUNet


@dataclass(frozen=True)
class Model:
    """A network and the variant it was trained as.

    ``picture_side`` is the shorter side, in pixels, of the training pictures; None if it is unknown.
    """

    network: Network
    variant: VariantSpec
    picture_side: int | None = None


def build_network(variant: VariantSpec) -> Network:
    """Return the untrained network of a variant, on the CPU, with weights from the training seed."""
    spec, inputs = variant.network, variant.inputs
    generator = torch_generator(variant.training.seed, Stream.WEIGHTS, device=torch.device("cpu"))
    per_photo, together = channels_per_photo(inputs, spec), channels_together(spec)
    stacked = spec.fusion == "stacked"
    unet = UNet(
        (per_photo * len(inputs.ev) if stacked else spec.width) + together,
        out_channels=3,
        width=spec.width,
        depth=spec.depth,
        dropout=spec.dropout,
        dropout_at=spec.dropout_at,
        zero_last=spec.output == "residual",
        generator=generator,
    )
    return StackedUNet(unet) if stacked else AttentionUNet(per_photo, spec.width, unet, generator)


def save_model(path: Path, network: Network, variant: VariantSpec, picture_side: int | None = None) -> None:
    """Write network and variant to one file; the same weights give the same bytes."""
    content = {
        "format": FORMAT,
        "version": version_of("model"),
        "variant": variant.model_dump(mode="json"),
        "picture_side": picture_side,
        "weights": {name: value.detach().cpu() for name, value in network.state_dict().items()},
    }
    # Through a buffer, since torch.save writes the name of a file into the file.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue(), durable=True)


def load_model(path: Path, device: torch.device) -> Model:
    """Read a model file; the network is in evaluation mode on the device.

    Raises
    ------
    UserError
        If the file does not exist, or is not a model file that this version can read.
    """
    remedy = "give the model.pt of a trained variant"
    try:
        content = read_torch(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{path}: the model file does not exist; {remedy}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a model file, or a damaged one; {remedy}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise UserError(f"{path}: a torch file, but not a model of hdrbatch; {remedy}")
    written_as, version = content.get("version"), version_of("model")
    if type(written_as) is not int or written_as != version:
        raise UserError(
            f"{path}: model version {str(written_as)[:20]}, but this hdrbatch reads version "
            f"{version}; retrain the variant, or use the hdrbatch version that wrote the file"
        )
    try:
        variant = VariantSpec.model_validate_json(json.dumps(content["variant"]))
        network = _network_with(content["weights"], variant)
        picture_side = content["picture_side"]
        if picture_side is not None and (type(picture_side) is not int or picture_side < 1):
            raise ValueError("its picture_side is not a number of pixels")
    except (KeyError, TypeError, RuntimeError, RecursionError, ValueError) as error:
        raise UserError(
            f"{path}: the variant and the weights of the model are not consistent ({error}); {remedy}"
        ) from error
    return Model(network.to(device).eval(), variant, picture_side)


def _network_with(weights: Any, variant: VariantSpec) -> Network:
    """Build a variant's network with these weights; raise ValueError if they do not belong to it."""
    if not isinstance(weights, dict) or not all(type(value) is Tensor for value in weights.values()):
        raise ValueError("the weights are not tensors by name")
    # Before it is built, since a variant of a few bytes can describe a network of many gigabytes.
    if sum(value.numel() for value in weights.values()) != num_parameters(variant):
        raise ValueError("the weights are not as many as the network's")
    network = build_network(variant)
    network.load_state_dict(check_weights(weights, network.state_dict()))
    return network
