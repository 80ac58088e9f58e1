"""The network and the baselines that are given the same photographs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.baselines import debevec_merge, triangle_merge
from hdrbatch.imaging.candidates import hdr_candidate
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.variance_merge import EXACT, Trust, merge
from hdrbatch.ladder import middle_photo
from hdrbatch.learning.inputs import sensor_of
from hdrbatch.learning.model import Model
from hdrbatch.learning.prediction import reconstruct
from hdrbatch.records.scores import NETWORK

LINEARISED = "linearised photograph"
MERGE = "merge of the inputs"
DEBEVEC = "debevec merge"
TRIANGLE = "triangle merge"

Photo = NDArray[np.float32]


def radiance_by_method(
    model: Model,
    photos: Sequence[Photo],
    exposures: Sequence[float],
    curve: ResponseCurve,
    trust: Trust = EXACT,
) -> dict[str, NDArray[np.float32]]:
    """Apply the network and its baselines to photographs.

    The linearised photograph is the one of the middle exposure. Merges require at least two photographs.

    Parameters
    ----------
    model : Model
        The trained network.
    photos : N arrays (H, W, 3) float32 in [0, 1]
        Encoded, in any order.
    exposures : N positive numbers
        Relative exposures; the result is in their unit.
    curve : ResponseCurve
        The photographs' response, for the network and the baselines alike.
    trust : Trust
        ``EXACT`` for photographs of the simulated camera, ``CAMERA`` for real ones.

    Returns
    -------
    dict
        (H, W, 3) float32 radiance by the method's name, the network's first.
    """
    middle = middle_photo(exposures)
    unit = np.float32(exposures[middle])
    by_method = {
        NETWORK: reconstruct(model, photos, exposures, curve=curve, trust=trust) / unit,
        LINEARISED: np.asarray(hdr_candidate(photos[middle], exposures[middle], curve)),
    }
    if len(photos) > 1:
        sensor = sensor_of(model.variant.camera)
        by_method[DEBEVEC] = np.asarray(debevec_merge(list(photos), exposures, curve))
        by_method[TRIANGLE] = np.asarray(triangle_merge(list(photos), exposures, curve))
        # Last, since figures show the last method next to the network.
        by_method[MERGE] = np.asarray(merge(list(photos), exposures, curve, sensor, trust=trust))
    return by_method
