"""Generators that depend on a counter and on nothing before it.

The random numbers of step s are a function of (seed, stream, s) alone. So a resumed training run draws
exactly what the uninterrupted one would have drawn, and a checkpoint holds no generator's state.
"""

from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """Independent streams of random numbers within one seed."""

    WEIGHTS = 0
    CROPS = 1
    SENSOR_NOISE = 2
    DROPOUT = 3
    VALIDATION_NOISE = 4
    VALIDATION_CAMERA = 5
    TEST_CAMERA = 6
    TEST_NOISE = 7


def numpy_generator(seed: int, stream: Stream, counter: int = 0) -> np.random.Generator:
    """Return NumPy's generator of one stream at one count."""
    return np.random.default_rng([seed, int(stream), counter])


def torch_generator(seed: int, stream: Stream, counter: int = 0, *, device: torch.device) -> torch.Generator:
    """Return torch's generator of one stream at one count; CPU and CUDA draw different numbers."""
    entropy = np.random.SeedSequence([seed, int(stream), counter]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(entropy[0] >> np.uint64(1)))
