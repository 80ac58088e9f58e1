"""Camera response curves: from linear sensor signal to the values that a photograph stores, and back.

Every curve maps [0, 1] onto [0, 1] and keeps 0 and 1 in place. Arguments outside are clipped.
"""

from dataclasses import dataclass
from typing import Protocol

from array_api_compat import array_namespace

from hdrbatch.errors import UserError
from hdrbatch.imaging.arrays import Array

VALID_RESPONSES = (
    "linear, srgb, gamma:G (for example gamma:2.2) or sigmoid:N,SIGMA (for example sigmoid:0.9,0.6)"
)


class ResponseCurve(Protocol):
    """A monotone curve with its inverse; both take and give arrays in [0, 1] of any shape."""

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""

    def apply(self, linear: Array) -> Array:
        """Encode linear signal (1.0 = full well) as a photograph stores it."""

    def invert(self, encoded: Array) -> Array:
        """Give back the linear signal of encoded values."""


@dataclass(frozen=True)
class LinearResponse:
    """A raw sensor: what is stored is the signal."""

    name: str = "linear"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal as it is."""
        return _unit(linear)

    def invert(self, encoded: Array) -> Array:
        """Give back the linear signal of encoded values."""
        return _unit(encoded)


@dataclass(frozen=True)
class SrgbResponse:
    """The sRGB transfer function.

    References
    ----------
    IEC 61966-2-1:1999.
    """

    name: str = "srgb"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal: a straight toe, then a power of 1/2.4."""
        xp = array_namespace(linear)
        x = _unit(linear)
        # where() evaluates both sides, and a power near 0 has no gradient: keep its argument off 0.
        curved = 1.055 * xp.clip(x, 0.0031308, 1.0) ** (1 / 2.4) - 0.055
        return xp.where(x <= 0.0031308, 12.92 * x, curved)

    def invert(self, encoded: Array) -> Array:
        """Give back the linear signal of encoded values."""
        xp = array_namespace(encoded)
        y = _unit(encoded)
        return xp.where(y <= 0.04045, y / 12.92, ((y + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True)
class GammaResponse:
    """A plain power: encoded = linear ** (1 / gamma)."""

    gamma: float

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""
        return f"gamma:{self.gamma:g}"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal."""
        return _unit(linear) ** (1 / self.gamma)

    def invert(self, encoded: Array) -> Array:
        """Give back the linear signal of encoded values."""
        return _unit(encoded) ** self.gamma


@dataclass(frozen=True)
class SigmoidResponse:
    """The two-parameter curve fitted to a database of camera curves: (1 + sigma) x^n / (x^n + sigma).

    References
    ----------
    Eilertsen, Kronander, Denes, Mantiuk, Unger: HDR image reconstruction from a single exposure
    using deep CNNs, 2017 (n about 0.9, sigma about 0.6).
    """

    n: float
    sigma: float

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""
        return f"sigmoid:{self.n:g},{self.sigma:g}"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal."""
        power = _unit(linear) ** self.n
        return _unit((1 + self.sigma) * power / (power + self.sigma))

    def invert(self, encoded: Array) -> Array:
        """Give back the linear signal of encoded values."""
        y = _unit(encoded)
        return _unit((self.sigma * y / (1 + self.sigma - y)) ** (1 / self.n))


def parse_response(text: str) -> ResponseCurve:
    """Turn the name of a response curve, as a job file writes it, into the curve.

    Parameters
    ----------
    text : str
        ``linear``, ``srgb``, ``gamma:G`` or ``sigmoid:N,SIGMA``; parameters are positive numbers.

    Raises
    ------
    UserError
        If the text names no curve or its parameters are not positive numbers.

    Examples
    --------
    >>> parse_response("gamma:2.2").name
    'gamma:2.2'
    """
    kind, _, arguments = text.strip().lower().partition(":")
    values = _positive_numbers(arguments)
    match kind, values:
        case "linear", ():
            return LinearResponse()
        case "srgb", ():
            return SrgbResponse()
        case "gamma", (gamma,):
            return GammaResponse(gamma)
        case "sigmoid", (n, sigma):
            return SigmoidResponse(n, sigma)
    raise UserError(
        f"response curve {text!r} is not known: write {VALID_RESPONSES}; parameters are positive numbers"
    )


def _positive_numbers(arguments: str) -> tuple[float, ...] | None:
    """Parse comma-separated positive finite numbers; None if they are not."""
    if not arguments:
        return ()
    try:
        values = tuple(float(part) for part in arguments.split(","))
    except ValueError:
        return None
    return values if all(0 < value < float("inf") for value in values) else None


def _unit(values: Array) -> Array:
    return array_namespace(values).clip(values, 0.0, 1.0)
