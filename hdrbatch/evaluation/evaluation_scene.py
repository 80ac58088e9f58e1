"""Test scenes, as a variant gets them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.variance_merge import EXACT, Trust
from hdrbatch.ladder import middle_photo


@dataclass(frozen=True)
class EvaluationScene:
    """A test scene with the photographs of one variant.

    Attributes
    ----------
    id : str
        Name of the scene.
    ev : tuple of float
        EVs of the photographs.
    photos : sequence of (H, W, 3) float32 in [0, 1]
        Encoded photographs, in the order of ``ev``.
    reference_ev0 : (H, W, 3) float32, EV 0 units
        Ground truth.
    curve : ResponseCurve or None
        The photographs' true response, used if ``inputs.response`` is ``known``; None uses sRGB.
    stated_exposures : tuple of float or None
        The relative exposures that the photographs state, if they differ from 2**EV.
    trust : Trust
        The values that merges trust, and the value from which on a pixel is clipped: ``EXACT`` for the
        simulated camera, ``CAMERA`` for photographs with JPEG and an assumed curve.
    origin : str or None
        Common origin of several scenes, which together count as little more than one.
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
        """Return the exposures that methods get, in EV 0 units.

        Stated exposures count only as ratios. The middle photograph's is assumed to be true, since it is the
        unit of the prediction and no method could correct it.
        """
        if self.stated_exposures is None:
            return [2.0**ev for ev in self.ev]
        middle = middle_photo(self.stated_exposures)
        scale = 2.0 ** self.ev[middle] / self.stated_exposures[middle]
        return [exposure * scale for exposure in self.stated_exposures]
