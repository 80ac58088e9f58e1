"""A test scene as one variant is given it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.variance_merge import EXACT, Trust
from hdrbatch.ladder import middle_photo


@dataclass(frozen=True)
class EvaluationScene:
    """A test scene as one variant is given it.

    Attributes
    ----------
    id : str
        Name of the scene.
    ev : tuple of float
        EVs of the photographs.
    photos : sequence of (H, W, 3) float32 in [0, 1]
        Encoded, in the order of ``ev``.
    reference_ev0 : (H, W, 3) float32, EV 0 units
        Ground truth.
    curve : ResponseCurve or None
        The photographs' own response, for where ``inputs.response`` is ``known``; None takes sRGB.
    stated_exposures : tuple of float or None
        The relative exposures that the photographs claim, where they are not 2**EV.
    trust : Trust
        Which values merges count, and from where on a value is clipped: ``EXACT`` for the simulated camera,
        ``CAMERA`` for photographs with JPEG and a curve that is only assumed.
    origin : str or None
        What it has in common with other scenes, so that they count as little more than one.
    """

    id: str
    ev: tuple[float, ...]
    photos: Sequence[NDArray[np.float32]]
    reference_ev0: NDArray[np.float32]
    curve: ResponseCurve | None = None
    stated_exposures: tuple[float, ...] | None = None
    trust: Trust = EXACT
    origin: str | None = None

    def exposures(self) -> list[float]:
        """The exposures that a method is told, in EV 0 units.

        Only the ratios of stated exposures are claims: the middle photograph's is taken as true, since it
        is the unit of what is predicted and no method could know better.
        """
        if self.stated_exposures is None:
            return [2.0**ev for ev in self.ev]
        middle = middle_photo(self.stated_exposures)
        scale = 2.0 ** self.ev[middle] / self.stated_exposures[middle]
        return [exposure * scale for exposure in self.stated_exposures]
