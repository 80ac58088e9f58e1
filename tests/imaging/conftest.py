"""Both array libraries that the camera model runs on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.fixture(params=["numpy", "torch"])
def to_array(request: pytest.FixtureRequest) -> Callable[[np.ndarray], Any]:
    """Convert a NumPy array to an array of the library under test."""
    if request.param == "numpy":
        return np.asarray
    torch = pytest.importorskip("torch", reason="torch is not installed, so only NumPy is tested")
    torch.set_num_threads(1)
    return torch.from_numpy
