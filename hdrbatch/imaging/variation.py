"""Random response curves, distributed like those of real cameras.

A network that has seen only one curve corrects photographs of other cameras wrongly. The draws cover the
sigmoid family that was fitted to a database of cameras, plain gammas and sRGB.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hdrbatch.imaging.array_namespace import Array, as_like
from hdrbatch.imaging.response import GammaResponse, ResponseCurve, SigmoidResponse, SrgbResponse

SIGMOID_SHARE, GAMMA_SHARE = 0.6, 0.2
"""Shares of the two families among the draws; the rest is sRGB."""
SIGMOID_N, SIGMOID_SIGMA = (0.9, 0.1), (0.6, 0.1)
"""Mean and standard deviation (Eilertsen et al. 2017, fitted to the database of Grossberg and Nayar 2003)."""
SIGMOID_RANGE = (0.4, 1.3)
GAMMA_RANGE = (1.8, 2.6)


@dataclass(frozen=True)
class DrawnCurves:
    """Response curves of one family, one for each bracket of a batch.

    Attributes
    ----------
    family : str
        ``sigmoid``, ``gamma`` or ``srgb``.
    parameters : (P, B) float64
        The family's P parameters (2, 1 or 0) of B curves.
    """

    family: str
    parameters: npt.NDArray[np.float64]

    def curve(self, like: Array) -> ResponseCurve:
        """Return all curves as one, for arrays (B, ...) such as ``like``."""
        batch = self.parameters.shape[1]
        shape = (batch,) + (1,) * (like.ndim - 1)
        values = [as_like(parameter.reshape(shape), like) for parameter in self.parameters]
        return self._of_family(values)

    def single(self, index: int = 0) -> ResponseCurve:
        """Return one of the curves, for any array."""
        values = [float(parameter[index]) for parameter in self.parameters]
        return self._of_family(values)

    def _of_family(self, parameters: Sequence[float | Array]) -> ResponseCurve:
        match self.family:
            case "sigmoid":
                return SigmoidResponse(*parameters)
            case "gamma":
                return GammaResponse(*parameters)
            case _:
                return SrgbResponse()


def draw_curves(rng: np.random.Generator, count: int) -> DrawnCurves:
    """Draw curves of one family, so that a whole batch is computed at once.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draw.
    count : int
        Number of curves.
    """
    share = rng.random()
    if share < SIGMOID_SHARE:
        n = np.clip(rng.normal(*SIGMOID_N, size=count), *SIGMOID_RANGE)
        sigma = np.clip(rng.normal(*SIGMOID_SIGMA, size=count), *SIGMOID_RANGE)
        return DrawnCurves("sigmoid", np.stack([n, sigma]))
    if share < SIGMOID_SHARE + GAMMA_SHARE:
        return DrawnCurves("gamma", rng.uniform(*GAMMA_RANGE, size=(1, count)))
    return DrawnCurves("srgb", np.empty((0, count)))
