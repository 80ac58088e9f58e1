"""Helpers with which the camera model runs on NumPy arrays and torch tensors alike."""

from typing import Any, TypeAlias

from array_api_compat import array_namespace, device

Array: TypeAlias = Any
"""An array of any library that follows the Python array API standard."""


def as_like(value: float | Array, like: Array) -> float | Array:
    """Return a number or array with the dtype and device of another array, so that neither changes.

    Parameters
    ----------
    value : float or array
        A number of any kind (a NumPy float64 would turn float32 arrays into float64 under NumPy 2),
        or an array that broadcasts against ``like``.
    like : array
        The array that determines library, dtype and device.

    Returns
    -------
    float or array
        A Python float for a single number, otherwise an array of ``like``'s library, dtype and device.
    """
    if getattr(value, "ndim", 0) == 0:
        return float(value)
    return array_namespace(like).asarray(value, dtype=like.dtype, device=device(like))
