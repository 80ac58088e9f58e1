"""Response curves from principal components of measured ones, in a user's file.

References
----------
Grossberg, Nayar: What is the space of camera response functions?, 2003. Their empirical model of response
(EMoR) is a mean curve and components that are added to it; it comes as a text file with blocks ``E = ...``
(linear signal), ``f0 = ...`` (mean curve), ``h(1) = ...`` and so on (components), each of many numbers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import UserError
from hdrbatch.imaging.tabulated import TabulatedResponse

_BLOCK = re.compile(r"([A-Za-z]\w*(?:\(\d+\))?)\s*=")
ENDS_WITHIN = 0.02
"""Maximum distance of the ends of a summed curve from 0 and 1; they are then moved there."""
MAX_FALL = 0.005
"""Maximum fall of a summed curve below an earlier value; smaller falls are rounding, and levelled."""
MIN_RISE = 1e-7
"""Rise added from each sample to the next, since a level stretch cannot be inverted."""


@dataclass(frozen=True)
class _Components:
    linear: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    components: tuple[npt.NDArray[np.float64], ...]


def emor_response(path: Path, coefficients: Sequence[float]) -> TabulatedResponse:
    """Build the curve f0 + sum of c_i h_i, its ends moved to 0 and 1.

    Parameters
    ----------
    path : Path
        A text file of blocks ``E =``, ``f0 =``, ``h(1) =``, ..., of as many numbers each.
    coefficients : sequence of float
        Coefficients of the first components, in their order; may be negative.

    Raises
    ------
    UserError
        If the file cannot be read or has another format, there are more coefficients than components, or
        the summed curve does not rise from 0 to 1.
    """
    name = f"emor:{path}:{','.join(f'{value!r}' for value in coefficients)}"
    model = _read(path)
    if len(coefficients) > len(model.components):
        raise UserError(
            f"response curve {name}: {len(coefficients)} coefficients, but {path} has "
            f"{len(model.components)} components; give at most as many"
        )
    summed = model.mean.copy()
    for coefficient, component in zip(coefficients, model.components, strict=False):
        summed += coefficient * component
    reached = np.maximum.accumulate(summed)
    ends_off = max(abs(summed[0]), abs(summed[-1] - 1))
    if not np.all(np.isfinite(summed)) or np.max(reached - summed) > MAX_FALL or ends_off > ENDS_WITHIN:
        raise UserError(
            f"response curve {name}: with these coefficients the curve does not rise from 0 to 1; "
            "give smaller ones"
        )
    rising = (reached - reached[0]) / (reached[-1] - reached[0]) + MIN_RISE * np.arange(len(reached))
    rising /= rising[-1]
    linear = (model.linear - model.linear[0]) / (model.linear[-1] - model.linear[0])
    return TabulatedResponse(name, linear, rising)


def _read(path: Path) -> _Components:
    """Read a file once, and again only when it has changed."""
    try:
        state = path.stat()
        return _parsed(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise UserError(
            f"response curve emor: the file {path} cannot be read ({error.strerror}); give its full path"
        ) from error


@lru_cache(maxsize=8)
def _parsed(path: Path, _mtime_ns: int, _size: int) -> _Components:
    blocks = _blocks(path)
    linear, mean = blocks.get("E"), blocks.get("f0")
    components: list[npt.NDArray[np.float64]] = []
    while (component := blocks.get(f"h({len(components) + 1})")) is not None:
        components.append(component)
    if linear is None or mean is None or not components:
        raise UserError(
            f"response curve emor: {path} lacks a block E =, f0 = or h(1) =; give the file emor.txt "
            "of Grossberg and Nayar, or one in its form"
        )
    if len({len(block) for block in (linear, mean, *components)}) != 1 or len(linear) < 2:
        raise UserError(f"response curve emor: the blocks of {path} are not of one length, at least 2")
    if not np.all(np.diff(linear) > 0):
        raise UserError(f"response curve emor: the block E = of {path} does not rise throughout")
    return _Components(linear, mean, tuple(components))


def _blocks(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """Split the text at each ``name =`` and read the numbers that follow."""
    try:
        text = path.read_text("utf-8")
        _, *parts = _BLOCK.split(text)
        return {
            name: np.array([float(number) for number in numbers.split()])
            for name, numbers in zip(parts[::2], parts[1::2], strict=True)
        }
    except ValueError as error:
        raise UserError(
            f"response curve emor: {path} has a value that is not a number ({error}); give the file emor.txt "
            "of Grossberg and Nayar, or one in its form"
        ) from error
