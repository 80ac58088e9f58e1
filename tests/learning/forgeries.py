"""Torch files of which something was replaced."""

import copy
import io
import random
from typing import Any

import torch


def forged(content: bytes, seed: int) -> bytes:
    """Return a torch file with damaged bytes, a value less, or another value in the place of one."""
    generator = random.Random(seed)
    if seed % 5 == 0:
        damaged = bytearray(content)
        for _ in range(generator.randrange(1, 20)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        return bytes(damaged)
    state = copy.deepcopy(torch.load(io.BytesIO(content), weights_only=True))
    container, key = generator.choice(places(state))
    if seed % 5 == 1:
        del container[key]
    else:
        container[key] = forgery(generator.randrange(100), container[key])
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def places(values: Any) -> list[tuple[Any, Any]]:
    """All containers inside a state, each with one of its keys."""
    if isinstance(values, dict):
        inner = list(values.items())
    elif isinstance(values, list):
        inner = list(enumerate(values))
    else:
        return []
    return [(values, key) for key, _ in inner] + [place for _, one in inner for place in places(one)]


def forgery(number: int, values: Any) -> Any:
    """What may stand in the place of a value."""
    tensor = values if isinstance(values, torch.Tensor) else torch.ones(2)
    forged = [
        *(None, "text", -1, 10**30, 1.5, float("nan"), [], {}, {"x": 1}, [values], True),
        *(tensor.double(), tensor[..., None], torch.full_like(tensor, torch.nan), tensor.to_sparse()),
        *(torch.ones(1).expand(10**6, 10**6), torch.tensor([]), b"bytes", tensor.to(torch.int8)),
    ]
    return forged[number % len(forged)]
