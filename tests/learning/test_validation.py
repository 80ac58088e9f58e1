from collections.abc import Callable

import numpy as np
import pytest
import torch

from hdrbatch.learning import validation
from hdrbatch.learning.data import TrainingScene
from hdrbatch.learning.model import build_network
from hdrbatch.learning.validation import validate
from hdrbatch.specs.training import VariantSpec

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]


@pytest.mark.parametrize("mode", ["ldr", "candidates"])
def test_an_untrained_residual_network_is_as_good_as_its_base(
    lamps: TrainingScene, small_variant: Make, mode: str
) -> None:
    variant = small_variant(mode=mode, clipped_weight=5)

    losses = validate(build_network(variant), [lamps], variant, CPU)

    assert losses["validation_loss"] == pytest.approx(losses["validation_loss_of_base"])
    assert losses["validation_loss"] > 0


def test_the_photographs_are_the_same_every_time_and_dropout_is_off(
    lamps: TrainingScene, small_variant: Make
) -> None:
    variant = small_variant(output="radiance", dropout=0.5)
    network = build_network(variant)

    assert validate(network, [lamps], variant, CPU) == validate(network, [lamps], variant, CPU)
    assert network.training


def test_without_noise_a_wall_within_the_range_costs_the_base_no_more_than_the_rounding_to_codes(
    small_variant: Make,
) -> None:
    variant = small_variant(noise=False)
    wall = TrainingScene("wall", np.full((8, 8, 3), 0.2, dtype=np.float32))

    assert validate(build_network(variant), [wall], variant, CPU)["validation_loss_of_base"] < 2e-3


def test_of_a_large_picture_the_centre_is_validated_on(
    small_variant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "LARGEST_SIDE", 8)
    variant = small_variant(noise=False)
    framed = np.full((16, 12, 3), 100.0, dtype=np.float32)
    framed[4:12, 2:10] = 0.2
    bare = np.full((8, 8, 3), 0.2, dtype=np.float32)

    losses = [
        validate(build_network(variant), [TrainingScene("scene", picture)], variant, CPU)
        for picture in (framed, bare)
    ]

    assert losses[0] == losses[1]
