"""Camera response curves, from linear sensor signal to the stored values of a photograph and back.

Every curve maps [0, 1] onto [0, 1] and keeps 0 and 1 in place. Arguments outside are clipped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from array_api_compat import array_namespace

from hdrbatch.errors import UserError
from hdrbatch.imaging.array_namespace import Array, as_like
from hdrbatch.imaging.emor import emor_response

VALID_RESPONSES = (
    "linear, srgb, gamma:G (for example gamma:2.2), sigmoid:N,SIGMA (for example sigmoid:0.9,0.6) or "
    "emor:FILE:C1,C2,... (coefficients of the components in a file such as emor.txt)"
)


class ResponseCurve(Protocol):
    """A monotone curve with its inverse; both map arrays in [0, 1] of any shape."""

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""

    def apply(self, linear: Array) -> Array:
        """Encode linear signal (1.0 = full well) as a photograph stores it."""

    def invert(self, encoded: Array) -> Array:
        """Return the linear signal of encoded values."""


@dataclass(frozen=True)
class LinearResponse:
    """A raw sensor, which stores the signal itself."""

    name: str = "linear"

    def apply(self, linear: Array) -> Array:
        """Return linear signal, clipped to [0, 1]."""
        return _unit(linear)

    def invert(self, encoded: Array) -> Array:
        """Return the linear signal of encoded values."""
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
        """Return the linear signal of encoded values."""
        xp = array_namespace(encoded)
        y = _unit(encoded)
        return xp.where(y <= 0.04045, y / 12.92, ((y + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True)
class GammaResponse:
    """A plain power: encoded = linear ** (1 / gamma).

    Attributes
    ----------
    gamma : float, or array that broadcasts against the values
        Positive. An array has one value for each camera; such a curve has no ``name``.
    """

    gamma: float | Array

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""
        return f"gamma:{self.gamma:g}"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal."""
        return _unit(linear) ** (1 / as_like(self.gamma, linear))

    def invert(self, encoded: Array) -> Array:
        """Return the linear signal of encoded values."""
        return _unit(encoded) ** as_like(self.gamma, encoded)


@dataclass(frozen=True)
class SigmoidResponse:
    """The two-parameter curve fitted to a database of camera curves: (1 + sigma) x^n / (x^n + sigma).

    Attributes
    ----------
    n, sigma : float, or arrays that broadcast against the values
        Positive. Arrays have one value for each camera; such a curve has no ``name``.

    References
    ----------
    Eilertsen, Kronander, Denes, Mantiuk, Unger: HDR image reconstruction from a single exposure
    using deep CNNs, 2017 (n about 0.9, sigma about 0.6).
    """

    n: float | Array
    sigma: float | Array

    @property
    def name(self) -> str:
        """The text that ``parse_response`` turns into this curve."""
        return f"sigmoid:{self.n:g},{self.sigma:g}"

    def apply(self, linear: Array) -> Array:
        """Encode linear signal."""
        n, sigma = as_like(self.n, linear), as_like(self.sigma, linear)
        power = _unit(linear) ** n
        return _unit((1 + sigma) * power / (power + sigma))

    def invert(self, encoded: Array) -> Array:
        """Return the linear signal of encoded values."""
        n, sigma = as_like(self.n, encoded), as_like(self.sigma, encoded)
        y = _unit(encoded)
        return _unit((sigma * y / (1 + sigma - y)) ** (1 / n))


def parse_response(text: str) -> ResponseCurve:
    """Return the response curve of a name in a job file.

    Parameters
    ----------
    text : str
        ``linear``, ``srgb``, ``gamma:G`` or ``sigmoid:N,SIGMA``, with positive numbers; or
        ``emor:FILE:C1,C2,...``, with any.

    Raises
    ------
    UserError
        If the text names no curve, its parameters are not positive numbers, or its file cannot be used.

    Examples
    --------
    >>> parse_response("gamma:2.2").name
    'gamma:2.2'
    """
    kind, _, arguments = text.strip().partition(":")
    kind = kind.lower()
    if kind == "emor":
        file, _, coefficients = arguments.rpartition(":")
        return emor_response(Path(file), _finite_numbers(coefficients, text))
    match kind, _positive_numbers(arguments):
        case "linear", ():
            return LinearResponse()
        case "srgb", ():
            return SrgbResponse()
        case "gamma", (gamma,):
            return GammaResponse(gamma)
        case "sigmoid", (n, sigma):
            return SigmoidResponse(n, sigma)
    raise UserError(
        f"response curve {text!r} is not known; use {VALID_RESPONSES}; parameters are positive numbers"
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


def _finite_numbers(coefficients: str, text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in coefficients.split(","))
    except ValueError:
        values = (float("nan"),)
    if not all(abs(value) < float("inf") for value in values):
        raise UserError(
            f"response curve {text!r} is not valid; write emor:FILE:C1,C2,... with finite numbers"
        )
    return values


def _unit(values: Array) -> Array:
    return array_namespace(values).clip(values, 0.0, 1.0)
