"""Response curves as tables: calibrated ones, and those from principal components in a file."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace, device

from hdrbatch.errors import UserError
from hdrbatch.imaging.array_namespace import Array

EVEN_WITHIN = 1e-9
"""Maximum relative difference between the steps of samples that count as evenly spaced."""


@dataclass(frozen=True, eq=False)
class TabulatedResponse:
    """A rising curve through matching samples, straight between them.

    ``invert`` uses the same samples as ``apply``, so that each undoes the other. Values keep their dtype and
    device; the dtype should be float32 or float64, since shorter floats blur the samples.

    Attributes
    ----------
    name : str
        Name of the curve.
    linear, encoded : (N,) float64, read-only
        Linear signal and its encoded value, both strictly rising from 0 to 1; rounded ends are moved there.

    Raises
    ------
    UserError
        If the samples do not match, do not rise or do not reach from 0 to 1.

    Examples
    --------
    >>> curve = TabulatedResponse("bent", np.array([0, 0.25, 1]), np.array([0, 0.5, 1]))
    >>> curve.apply(np.array([0.125, 0.25])).tolist()
    [0.25, 0.5]
    """

    name: str
    linear: npt.NDArray[np.float64]
    encoded: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        for field in ("linear", "encoded"):
            samples = np.array(getattr(self, field), dtype=np.float64)
            if samples.ndim != 1 or len(samples) < 2 or not np.allclose(samples[[0, -1]], [0, 1], atol=1e-6):
                raise UserError(f"response curve {self.name}: its {field} samples do not go from 0 to 1")
            samples[[0, -1]] = 0, 1
            samples.flags.writeable = False
            object.__setattr__(self, field, samples)
            if not np.all(np.diff(samples) > 0):
                raise UserError(f"response curve {self.name}: its {field} samples do not rise throughout")
        if len(self.linear) != len(self.encoded):
            raise UserError(
                f"response curve {self.name}: it has {len(self.linear)} linear and {len(self.encoded)} "
                "encoded samples; give one for each"
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TabulatedResponse)
            and self.name == other.name
            and np.array_equal(self.linear, other.linear)
            and np.array_equal(self.encoded, other.encoded)
        )

    def __hash__(self) -> int:
        return hash((self.name, self.linear.tobytes(), self.encoded.tobytes()))

    def apply(self, linear: Array) -> Array:
        """Encode linear signal."""
        return interpolated(linear, self.linear, self.encoded)

    def invert(self, encoded: Array) -> Array:
        """Return the linear signal of encoded values."""
        return interpolated(encoded, self.encoded, self.linear)


def interpolated(values: Array, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]) -> Array:
    """Look values up in a table with linear interpolation.

    Parameters
    ----------
    values : array, any shape
        Clipped to [xs[0], xs[-1]].
    xs, ys : (N,) float64
        ``xs`` rises strictly.

    Returns
    -------
    array of the values' shape, dtype and device
    """
    xp = array_namespace(values)
    x = xp.reshape(xp.clip(values, float(xs[0]), float(xs[-1])), (-1,))
    # Copied, since torch warns about read-only arrays.
    table_x = xp.asarray(xs.copy(), dtype=values.dtype, device=device(values))
    table_y = xp.asarray(ys.copy(), dtype=values.dtype, device=device(values))
    if np.ptp(np.diff(xs)) < EVEN_WITHIN * (xs[-1] - xs[0]):
        # Several times faster than a search. NaN stays NaN by the share below.
        steps = (xp.where(xp.isnan(x), xp.zeros_like(x), x) - float(xs[0])) * (
            (len(xs) - 1) / float(xs[-1] - xs[0])
        )
        above = xp.clip(xp.astype(xp.floor(steps), xp.int64) + 1, 1, len(xs) - 1)
    else:
        above = xp.clip(xp.searchsorted(table_x, x, side="right"), 1, len(xs) - 1)
    x_below, x_above = xp.take(table_x, above - 1, axis=0), xp.take(table_x, above, axis=0)
    y_below, y_above = xp.take(table_y, above - 1, axis=0), xp.take(table_y, above, axis=0)
    # Samples that differ in float64 may be equal in float32, at the flat end of a curve.
    width = x_above - x_below
    one = xp.ones_like(width)
    share = xp.where(width > 0, (x - x_below) / xp.where(width > 0, width, one), one)
    return xp.reshape(y_below + share * (y_above - y_below), values.shape)
