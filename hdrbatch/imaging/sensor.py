"""The simulated sensor: from radiance to the quantised values of a photograph."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace

from hdrbatch.errors import UserError
from hdrbatch.imaging.array_namespace import Array, as_like
from hdrbatch.imaging.response import ResponseCurve

MAX_RADIANCE, MAX_SIGNAL = 1e30, 1e6
"""Bounds in EV 0 units and full wells: far beyond saturation, and finite to avoid inf - inf."""


@dataclass(frozen=True)
class Sensor:
    """The properties of a sensor that determine noise and codes of a photograph.

    Attributes
    ----------
    full_well_e : float
        Electrons at saturation.
    read_noise_e : float
        Standard deviation of the read noise, electrons.
    bits : int
        Bits per stored value, 1 to 16.
    """

    full_well_e: float = 20000.0
    read_noise_e: float = 4.0
    bits: int = 8

    def __post_init__(self) -> None:
        if not (math.isfinite(self.full_well_e) and self.full_well_e > 0):
            raise UserError(
                f"full_well_e of the sensor is {self.full_well_e}; give a positive number of electrons"
            )
        if not (math.isfinite(self.read_noise_e) and self.read_noise_e >= 0):
            raise UserError(f"read_noise_e of the sensor is {self.read_noise_e}; give 0 or more electrons")
        if not (isinstance(self.bits, int) and 1 <= self.bits <= 16):
            raise UserError(f"bits of the sensor is {self.bits!r}; give a whole number from 1 to 16")

    @property
    def max_code(self) -> int:
        """The code of a saturated value: 255 for 8 bits."""
        return int(2**self.bits - 1)


def normal_noise(
    shape: tuple[int, ...], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Draw the standard normal values of one photograph's shot and read noise.

    Parameters
    ----------
    shape : tuple of int
        The shape of the radiance.
    rng : numpy.random.Generator
        Generator, used twice: for shot noise first, then for read noise.

    Returns
    -------
    shot_normal, read_normal : float32 arrays of ``shape``
    """
    return rng.standard_normal(shape, dtype=np.float32), rng.standard_normal(shape, dtype=np.float32)


def photograph(
    radiance_ev0: Array,
    exposure: float | Array,
    sensor: Sensor,
    curve: ResponseCurve,
    shot_normal: Array,
    read_normal: Array,
) -> Array:
    """Photograph radiance in the order of a real camera.

    1. Signal is radiance times exposure, electrons are signal times full well.
    2. Shot noise, since the light itself arrives in quanta: its variance is the number of electrons.
    3. The well: electrons above full well are lost. After the shot noise, so that clipping near saturation
       depends on the electrons that were really collected.
    4. Read noise, added by the electronics to the content of the well, so after the well.
    5. The converter's range: below 0 and above full well there are no codes.
    6. The response curve, and last the rounding to whole codes: cameras compute the curve with more
       bits than they store.

    Parameters
    ----------
    radiance_ev0 : array, any shape
        Radiance in EV 0 units; negative values count as 0, infinite ones as saturated.
    exposure : float, or array that broadcasts against the radiance
        2**EV.
    sensor : Sensor
        Noise and bits.
    curve : ResponseCurve
        The response curve.
    shot_normal, read_normal : arrays of the radiance's shape and library
        Standard normal values from ``normal_noise``; zeros give a photograph without noise.

    Returns
    -------
    array of the radiance's shape, dtype and device
        Values in [0, 1], each a whole multiple of 1 / (2**bits - 1).
    """
    xp = array_namespace(radiance_ev0, shot_normal, read_normal)
    # Bounded before the product as well, which would overflow near the largest float.
    signal = xp.clip(radiance_ev0, 0.0, MAX_RADIANCE) * as_like(exposure, radiance_ev0)
    signal = xp.clip(signal, 0.0, MAX_SIGNAL)
    electrons = signal * sensor.full_well_e
    electrons = electrons + xp.sqrt(electrons) * shot_normal
    electrons = xp.clip(electrons, 0.0, sensor.full_well_e)
    electrons = electrons + sensor.read_noise_e * read_normal
    encoded = curve.apply(xp.clip(electrons / sensor.full_well_e, 0.0, 1.0))
    return xp.round(encoded * sensor.max_code) / sensor.max_code
