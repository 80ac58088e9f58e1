import pytest
import torch

from hdrbatch.learning.loss import weighted_l1


def test_without_weights_the_loss_is_the_mean_absolute_difference() -> None:
    prediction, target = torch.tensor([0.0, 1.0, 2.0, 3.0]), torch.tensor([1.0, 1.0, 0.0, 2.0])

    assert weighted_l1(prediction, target, torch.ones(4), 1.0) == pytest.approx(1.0)


def test_a_clipped_value_counts_as_often_as_its_weight_says() -> None:
    target, gate = torch.zeros(4), torch.tensor([1.0, 0.0, 0.0, 0.0])

    assert weighted_l1(torch.tensor([1.0, 0.0, 0.0, 0.0]), target, gate, 5.0) == pytest.approx(5 / 8)
    assert weighted_l1(torch.tensor([0.0, 1.0, 0.0, 0.0]), target, gate, 5.0) == pytest.approx(1 / 8)


def test_half_a_gate_gives_half_the_additional_weight() -> None:
    loss = weighted_l1(torch.tensor([1.0, 0.0]), torch.zeros(2), torch.tensor([0.5, 0.0]), 5.0)

    assert loss == pytest.approx(3 / 4)
