import pytest
import torch

from hdrbatch.errors import UserError
from hdrbatch.learning.device import named_device


def test_the_cpu_is_always_available() -> None:
    assert named_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:0", "cuda:", "", "mps"])
def test_an_unknown_name_is_rejected_with_the_valid_ones(name: str) -> None:
    with pytest.raises(UserError, match=r"is not known; use cpu, cuda or cuda:N"):
        named_device(name)


def test_a_missing_gpu_is_an_error_and_never_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(
        UserError, match=r"'cuda' was requested, but torch \S+ sees no GPU here; use device cpu"
    ):
        named_device("cuda")


def test_a_gpu_beyond_the_last_is_an_error_with_the_number_of_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    assert named_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(UserError, match=r"'cuda:2' was requested, but there are 2 GPU"):
        named_device("cuda:2")
