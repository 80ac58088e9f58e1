import math

import numpy as np
import pytest
import torch

from hdrbatch.imaging.encoding import log_encode, pu21_encode
from hdrbatch.learning.loss import training_loss
from hdrbatch.specs.variant import TrainingSpec

LOSSES = ["psnr", "mu", "linear", "pu21"]
PEAK_EV0, WHITE_CD_M2 = 32.0, 100.0
"""The scales that the metrics state next to their numbers."""


def spec(loss: str, clipped_weight: float = 1.0) -> TrainingSpec:
    return TrainingSpec.model_validate({"loss": loss, "clipped_weight": clipped_weight})


def values(*items: tuple[float, ...]) -> torch.Tensor:
    """Radiance of one item after the other, (B, 1, 1, W)."""
    return torch.tensor(items)[:, None, None, :]


def loss_of(
    loss: str,
    predicted: torch.Tensor,
    wanted: torch.Tensor,
    gate: torch.Tensor | None = None,
    *,
    clipped_weight: float = 1.0,
    unit: float = 1.0,
) -> float:
    gate = torch.zeros_like(predicted) if gate is None else gate
    unit_b111 = torch.full((len(predicted), 1, 1, 1), unit)
    found = training_loss(
        log_encode(predicted), log_encode(wanted), gate, spec(loss, clipped_weight), unit_b111
    )
    return found.item()


PREDICTED, WANTED = (0.5, 4.0), (0.25, 8.0)


def test_linear_is_the_mean_error_of_radiance_as_a_share_of_the_metrics_peak() -> None:
    found = loss_of("linear", values(PREDICTED), values(WANTED))

    assert found == pytest.approx((0.25 + 4.0) / 2 / PEAK_EV0, rel=1e-4)


def test_mu_is_the_mean_error_of_the_mu_law() -> None:
    found = loss_of("mu", values(PREDICTED), values(WANTED))

    encoded = [math.log1p(5000 * x) / math.log(5001) for x in (*PREDICTED, *WANTED)]
    assert found == pytest.approx((abs(encoded[0] - encoded[2]) + abs(encoded[1] - encoded[3])) / 2, rel=1e-5)


def test_pu21_is_the_mean_error_of_the_encoded_luminance_on_the_metrics_display() -> None:
    found = loss_of("pu21", values(PREDICTED), values(WANTED))

    codes = [pu21_encode(np.asarray(radiance) * WHITE_CD_M2) for radiance in (PREDICTED, WANTED)]
    assert found == pytest.approx(np.abs(codes[0] - codes[1]).mean() / 256, rel=1e-4)


def test_psnr_falls_by_as_much_for_every_db_above_the_negligible() -> None:
    errors = [0.3 * 10 ** (-db / 20) for db in (0, 6, 12)]
    worst, better, best = (loss_of("psnr", values((1 + error,)), values((1.0,))) for error in errors)

    # Of errors this small the mu-law is a straight line, but not quite.
    assert worst - better == pytest.approx(0.6 * math.log(10), rel=0.15)
    assert better - best == pytest.approx(0.6 * math.log(10), rel=0.15)


def test_psnr_is_of_the_mean_square_error_in_the_mu_law_with_its_floor() -> None:
    found = loss_of("psnr", values(PREDICTED), values(WANTED))

    encoded = [math.log1p(5000 * x) / math.log(5001) for x in (*PREDICTED, *WANTED)]
    mean_square = ((encoded[0] - encoded[2]) ** 2 + (encoded[1] - encoded[3]) ** 2) / 2
    assert found == pytest.approx(math.log(1 + mean_square / 1e-5), rel=1e-5)


@pytest.mark.parametrize("loss", ["linear", "pu21"])
def test_radiance_counts_in_ev_0_units_where_the_metrics_scale_it(loss: str) -> None:
    in_units_of_4 = loss_of(loss, values((0.5, 1.0)), values((0.25, 2.0)), unit=4.0)

    assert in_units_of_4 == pytest.approx(loss_of(loss, values((2.0, 4.0)), values((1.0, 8.0))), rel=1e-4)


def test_linear_sees_nothing_beyond_the_metrics_peak() -> None:
    assert loss_of("linear", values((40.0, 1.0)), values((100.0, 1.0))) == pytest.approx(0, abs=1e-6)
    assert loss_of("mu", values((40.0, 1.0)), values((100.0, 1.0))) > 0.01


@pytest.mark.parametrize("loss", ["linear", "mu", "pu21"])
def test_a_clipped_value_counts_as_often_as_its_weight_says(loss: str) -> None:
    wanted, gate = values((0.1, 0.1, 0.1, 0.1)), values((1.0, 0.0, 0.0, 0.0))
    error = loss_of(loss, values((0.6,)), values((0.1,)))

    first_wrong, second_wrong = values((0.6, 0.1, 0.1, 0.1)), values((0.1, 0.6, 0.1, 0.1))

    assert loss_of(loss, first_wrong, wanted, gate, clipped_weight=5) == pytest.approx(
        error * 5 / 8, rel=1e-4
    )
    assert loss_of(loss, second_wrong, wanted, gate, clipped_weight=5) == pytest.approx(error / 8, rel=1e-4)


def test_half_a_gate_gives_half_the_additional_weight() -> None:
    predicted, wanted, gate = values((0.6, 0.1)), values((0.1, 0.1)), values((0.5, 0.0))
    error = loss_of("mu", values((0.6,)), values((0.1,)))

    assert loss_of("mu", predicted, wanted, gate, clipped_weight=5) == pytest.approx(error * 3 / 4)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_perfect_prediction_costs_next_to_nothing(loss: str) -> None:
    assert loss_of(loss, values(WANTED), values(WANTED)) == pytest.approx(0, abs=6e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_a_batch_is_the_mean_of_those_of_its_items(loss: str) -> None:
    generator = torch.Generator().manual_seed(0)
    predicted, wanted = (torch.rand(3, 3, 5, 4, generator=generator) for _ in range(2))
    predicted[2] = torch.lerp(wanted[2], predicted[2], 0.3)
    # Items with very different numbers of clipped pixels and different units.
    gate = (
        torch.rand(3, 3, 5, 4, generator=generator) < torch.tensor([0.0, 0.3, 0.9])[:, None, None, None]
    ).float()
    units = torch.tensor([0.25, 1.0, 8.0])[:, None, None, None]

    whole, *items = (
        training_loss(predicted[part], wanted[part], gate[part], spec(loss, 5.0), units[part]).item()
        for part in (slice(None), slice(0, 1), slice(1, 2), slice(2, 3))
    )

    assert whole == pytest.approx(sum(items) / 3, rel=1e-5)
    assert max(items) > 1.05 * min(items)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("extreme", [1e6, 50.0, 2.0, 0.0, -1e-3, -50.0, -1e6])
def test_gradients_are_finite_whatever_is_predicted(loss: str, extreme: float) -> None:
    predicted = torch.full((2, 3, 4, 4), extreme)
    predicted[0, 0] = 0.5
    predicted.requires_grad_()
    wanted = torch.full((2, 3, 4, 4), 0.5)
    wanted[:, :, 0] = 0.0

    found = training_loss(predicted, wanted, torch.ones(2, 3, 4, 4), spec(loss), torch.ones(2, 1, 1, 1))
    found.backward()  # type: ignore[no-untyped-call]

    assert torch.isfinite(found)
    assert predicted.grad is not None
    assert torch.isfinite(predicted.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("predicted", [-0.5, 0.4, 0.6, 3.0])
def test_a_step_down_the_gradient_comes_nearer(loss: str, predicted: float) -> None:
    encoded = torch.full((1, 3, 4, 4), predicted, requires_grad=True)

    training_loss(
        encoded, torch.full((1, 3, 4, 4), 0.5), torch.zeros(1, 3, 4, 4), spec(loss), torch.ones(1, 1, 1, 1)
    ).backward()  # type: ignore[no-untyped-call]

    assert encoded.grad is not None
    assert ((encoded.grad > 0) == (predicted > 0.5)).all()
