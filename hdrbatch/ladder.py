"""The middle of a ladder of exposures, in the two conventions that are in use.

Both are the median exposure of an odd number. Of an even number, a bracket's *reference photograph* is the
darker of the two in the middle: it has more of the highlights, and radiance is counted in its exposure. A
moving scene's *reference moment* is the brighter's: its shutter is open longer.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

Exposure = TypeVar("Exposure", int, float)


def darker_middle_index(num_exposures: int) -> int:
    """Place of the middle exposure among exposures in ascending order; of two, the darker.

    >>> [darker_middle_index(number) for number in (1, 2, 3, 4)]
    [0, 0, 1, 1]
    """
    return (num_exposures - 1) // 2


def darker_middle(exposures: Collection[Exposure]) -> Exposure:
    """The middle exposure of a bracket, the darker of two: its reference photograph's.

    >>> darker_middle([2.0, -2.0, 0.0, 4.0])
    0.0
    """
    return sorted(exposures)[darker_middle_index(len(exposures))]


def brighter_middle(exposures: Collection[Exposure]) -> Exposure:
    """The middle exposure of a ladder, the brighter of two: during it lies a moving scene's reference moment.

    >>> brighter_middle([2.0, -2.0, 0.0, 4.0])
    2.0
    """
    return sorted(exposures)[len(exposures) // 2]


def by_exposure(exposures: Sequence[float]) -> list[int]:
    """Indices of photographs in ascending order of exposure.

    >>> by_exposure([4.0, 0.25, 1.0])
    [1, 2, 0]
    """
    return sorted(range(len(exposures)), key=lambda index: exposures[index])


def middle_photo(exposures: Sequence[float]) -> int:
    """Index of the photograph with the middle exposure, of two the darker: a bracket's reference photograph.

    >>> middle_photo([4.0, 0.25, 1.0]), middle_photo([1.0, 4.0])
    (2, 0)
    """
    return by_exposure(exposures)[darker_middle_index(len(exposures))]
