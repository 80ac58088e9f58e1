"""The middle of a ladder of exposures, in the two conventions that are in use.

For an odd number of exposures, both are the median. For an even number, a bracket's *reference photograph* is
the darker of the two in the middle: it has more of the highlights, and radiance is in units of its exposure.
A moving scene's *reference moment* is that of the brighter one, whose shutter is open longer.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

Exposure = TypeVar("Exposure", int, float)


def darker_middle_index(num_exposures: int) -> int:
    """Return the index of the middle exposure among exposures in ascending order; of two, the darker one.

    >>> [darker_middle_index(number) for number in (1, 2, 3, 4)]
    [0, 0, 1, 1]
    """
    return (num_exposures - 1) // 2


def darker_middle(exposures: Collection[Exposure]) -> Exposure:
    """Return the middle exposure of a bracket, of two the darker one: that of its reference photograph.

    >>> darker_middle([2.0, -2.0, 0.0, 4.0])
    0.0
    """
    return sorted(exposures)[darker_middle_index(len(exposures))]


def brighter_middle(exposures: Collection[Exposure]) -> Exposure:
    """Return the middle exposure of a ladder, of two the brighter one: that of the reference moment.

    >>> brighter_middle([2.0, -2.0, 0.0, 4.0])
    2.0
    """
    return sorted(exposures)[len(exposures) // 2]


def by_exposure(exposures: Sequence[float]) -> list[int]:
    """Return the indices of photographs in ascending order of exposure.

    >>> by_exposure([4.0, 0.25, 1.0])
    [1, 2, 0]
    """
    return sorted(range(len(exposures)), key=lambda index: exposures[index])


def middle_photo(exposures: Sequence[float]) -> int:
    """Return the index of a bracket's reference photograph: of the middle exposure, of two the darker one.

    >>> middle_photo([4.0, 0.25, 1.0]), middle_photo([1.0, 4.0])
    (2, 0)
    """
    return by_exposure(exposures)[darker_middle_index(len(exposures))]
