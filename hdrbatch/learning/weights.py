"""Weights out of a file, checked before a network gets them: names, shapes, types and finite values."""

import io
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

STATE_OF_ADAM = ("step", "exp_avg", "exp_avg_sq")
"""What the optimiser keeps for each parameter."""


def read_torch(content: bytes) -> Any:
    """Read a torch file that holds nothing but tensors and plain values, onto the CPU.

    Raises
    ------
    ValueError
        If it is damaged, or holds anything else; nothing in it is ever run.
    """
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 (damaged files raise whatever the reader stumbles over)
        first_line = str(error).partition("\n")[0][:200]
        raise ValueError(
            f"not a torch file, or a damaged one ({type(error).__name__}: {first_line})"
        ) from None


def check_weights(weights: object, expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a network if they have the names, shapes and types of another one's.

    Raises
    ------
    ValueError
        If they do not, or if a value is not finite; the message names the first such tensor.
    """
    if not isinstance(weights, dict):
        raise ValueError("its weights are not a dictionary")
    if missing := [name for name in expected if name not in weights]:
        raise ValueError(f"it has no weights {missing[0]}")
    if unknown := [name for name in weights if name not in expected]:
        raise ValueError(f"its weights {str(unknown[0])[:80]!r} do not belong to the network")
    for name, value in weights.items():
        check_tensor(name, value, expected[name])
    return weights


def check_tensor(name: str, value: object, expected: Tensor) -> None:
    """Raise ValueError if a tensor has not the shape and type of another one, or a value is not finite."""
    # A tensor of another class or layout can claim a shape without having its values.
    if type(value) is not Tensor or value.layout is not torch.strided or value.device.type != "cpu":
        raise ValueError(f"{name} is not a plain tensor")
    if value.shape != expected.shape or value.dtype != expected.dtype:
        raise ValueError(
            f"{name} is {value.dtype} {tuple(value.shape)}, not {expected.dtype} {tuple(expected.shape)}"
        )
    if not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name} has values that are not finite")


def check_adam(state: object, optimizer: torch.optim.Adam) -> dict[str, Any]:
    """Return a state of Adam if it fits an optimiser; raise ValueError otherwise."""
    if not isinstance(state, dict) or set(state) != {"state", "param_groups"}:
        raise ValueError("its optimiser's state is not one of Adam")
    moments, groups = state["state"], state["param_groups"]
    expected = optimizer.state_dict()["param_groups"]
    if not isinstance(groups, list) or len(groups) != len(expected) or not isinstance(moments, dict):
        raise ValueError("its optimiser's state is not one of Adam")
    for found, own in zip(groups, expected, strict=True):
        wrong = _different(found, own)
        if wrong is not None:
            raise ValueError(f"its optimiser's {wrong} is not that of the training run")
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, values in moments.items():
        if type(number) is not int or not 0 <= number < len(parameters):
            raise ValueError(f"its optimiser has a parameter {str(number)[:80]!r}, which the network lacks")
        if not isinstance(values, dict) or set(values) != set(STATE_OF_ADAM):
            raise ValueError(f"its optimiser's state of parameter {number} is not one of Adam")
        check_tensor(f"step of parameter {number}", values["step"], torch.tensor(0.0))
        for name in STATE_OF_ADAM[1:]:
            check_tensor(f"{name} of parameter {number}", values[name], parameters[number])
        if float(values["step"]) < 1 or bool((values["exp_avg_sq"] < 0).any()):
            raise ValueError(f"its optimiser's state of parameter {number} is not one of Adam")
    return state


def _different(found: object, own: Mapping[str, Any]) -> str | None:
    """Return the first setting of the optimiser that differs; the learning rate is set at every step."""
    if not isinstance(found, dict):
        return "settings"
    for name, value in own.items():
        other = found.get(name, value)
        if name == "lr":
            if type(other) is not float:
                return name
        elif type(other) is not type(value) or other != value:
            return name
    return next((str(name)[:80] for name in found if name not in own), None)
