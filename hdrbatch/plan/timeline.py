"""Timeline of the exposures of a moving scene's bracket."""

from collections.abc import Sequence
from dataclasses import dataclass

from hdrbatch.ladder import brighter_middle


@dataclass(frozen=True)
class Timeline:
    """Shutter times of a bracket, one after the other, darkest exposure first.

    Parameters
    ----------
    ladder : sequence of float
        The bracket's EVs, in any order.
    exposure_time_ev0_s : float
        Shutter time of EV 0; that of EV k is 2**k times as long.
    gap_s : float
        Time between the end of an exposure and the beginning of the next.

    Examples
    --------
    >>> timeline = Timeline((0.0, 1.0, 2.0), exposure_time_ev0_s=0.125, gap_s=0.5)
    >>> timeline.shutter(1.0), timeline.moment_s, timeline.duration_s
    ((0.625, 0.25), 0.75, 1.875)
    """

    ladder: Sequence[float]
    exposure_time_ev0_s: float
    gap_s: float

    def shutter(self, ev: float) -> tuple[float, float]:
        """Return begin and length of one exposure, in seconds from the beginning of the bracket."""
        before = [other for other in self.ladder if other < ev]
        begin = sum(self._length(other) for other in before) + self.gap_s * len(before)
        return begin, self._length(ev)

    @property
    def moment_s(self) -> float:
        """Moment of the reference: the middle of the middle exposure (the brighter of two)."""
        begin, length = self.shutter(brighter_middle(self.ladder))
        return begin + length / 2

    @property
    def duration_s(self) -> float:
        """Seconds from the begin of the first exposure to the end of the last one."""
        begin, length = self.shutter(max(self.ladder))
        return begin + length

    def _length(self, ev: float) -> float:
        return float(self.exposure_time_ev0_s * 2.0**ev)
