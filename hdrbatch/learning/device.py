"""The device that computes: the requested one, or an error."""

import re

import torch

from hdrbatch.errors import UserError


def named_device(name: str) -> torch.device:
    """Return the device of a name such as ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.

    Raises
    ------
    UserError
        If the name is none of these, or if that GPU does not exist; there is no silent fallback to the CPU.
    """
    if name != "cpu" and not re.fullmatch(r"cuda(:\d+)?", name):
        raise UserError(f"device {name!r} is not known; use cpu, cuda or cuda:N")
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise UserError(
            f"device {name!r} was requested, but torch {torch.__version__} sees no GPU here; "
            "use device cpu, or a node with a GPU and a CUDA build of torch"
        )
    index = name.partition(":")[2]
    num_devices = torch.cuda.device_count()
    if index and int(index) >= num_devices:
        raise UserError(
            f"device {name!r} was requested, but there are {num_devices} GPU(s), counted from cuda:0"
        )
    return torch.device(name)
