"""What the camera model needs to run alike on NumPy arrays and torch tensors."""

from typing import Any, TypeAlias

from array_api_compat import array_namespace, device

Array: TypeAlias = Any
"""An array of any library that follows the Python array API standard."""


def matched(value: float | Array, like: Array) -> float | Array:
    """Bring a number or array to the dtype and device of another array, so that neither changes.

    Parameters
    ----------
    value : float or array
        A number of any kind (a NumPy float64 would turn float32 arrays into float64 under NumPy 2),
        or an array that broadcasts against ``like``.
    like : array
        The array that decides.

    Returns
    -------
    float or array
        A Python float for a single number, else an array of ``like``'s library, dtype and device.
    """
    if getattr(value, "ndim", 0) == 0:
        return float(value)
    return array_namespace(like).asarray(value, dtype=like.dtype, device=device(like))
