"""Scores of a variant on test scenes (``evaluation.json``), and of a model on real brackets."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from hdrbatch.records.base import Record


class Scores(Record):
    """Metrics of one prediction; None if a metric is not defined, such as when nothing is clipped or dark.

    Metrics that end in ``corrected`` are computed after a tone curve was fitted to the picture.
    """

    psnr_l: float | None = None
    psnr_mu: float | None = None
    psnr_mu_corrected: float | None = None
    pu21_psnr: float | None = None
    pu21_psnr_corrected: float | None = None
    ssim_l: float | None = None
    ssim_mu: float | None = None
    stops_clipped: float | None = None
    stops_mid: float | None = None
    stops_dark: float | None = None
    jod: float | None = None


METRIC_TITLES: Mapping[str, str] = {
    "psnr_l": "PSNR-L (dB)",
    "psnr_mu": "PSNR-mu (dB)",
    "psnr_mu_corrected": "PSNR-mu corrected (dB)",
    "pu21_psnr": "PU21-PSNR (dB)",
    "pu21_psnr_corrected": "PU21-PSNR corrected (dB)",
    "ssim_l": "SSIM-L",
    "ssim_mu": "SSIM-mu",
    "stops_clipped": "error where clipped (stops)",
    "stops_mid": "error where well exposed (stops)",
    "stops_dark": "error where dark (stops)",
    "jod": "ColorVideoVDP (JOD)",
}
"""Titles of all metrics; ColorVideoVDP is computed only if it is installed."""


MAIN_METRICS = ("psnr_l", "psnr_mu", "pu21_psnr", "pu21_psnr_corrected", "ssim_mu", "stops_clipped")
"""Metrics that tables for people show."""


LOWER_IS_BETTER = frozenset({"stops_clipped", "stops_mid", "stops_dark"})


PREVIEW_HIGHLIGHTS_EV = -4.0
"""Exposure of the second row of a test scene's preview, which shows the clipped parts."""


NETWORK = "network"
"""Name of the method that is not a baseline."""


def best_scores(scores: Sequence[Scores]) -> dict[str, float | None]:
    """Return the best value of every metric; None if it is never defined."""
    best: dict[str, float | None] = {}
    for name in METRIC_TITLES:
        values = [value for row in scores if (value := getattr(row, name)) is not None]
        choose = min if name in LOWER_IS_BETTER else max
        best[name] = choose(values) if values else None
    return best


class SceneScores(Record):
    """Scores of one method on one test scene.

    ``origin`` names what the scene shares with others, such as the panorama that it is a view of.
    """

    scene: str
    method: str
    scores: Scores
    origin: str | None = None


class EvaluationRecord(Record):
    """``evaluation.json``: a variant and its baselines on the test scenes.

    ``any_bracket`` states that the network accepts any number of photographs; ``input_ev`` are then those it
    was tested with. ``notes`` are remarks about single scenes, such as a response that could not be
    calibrated.
    """

    title: ClassVar[str] = "evaluation"
    variant: str
    dataset: str
    metric_settings: str
    input_ev: tuple[float, ...]
    any_bracket: bool = False
    scenes: tuple[SceneScores, ...]
    notes: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The network first, then its baselines."""
        return tuple(dict.fromkeys(entry.method for entry in self.scenes))

    def mean(self, method: str) -> Scores:
        """Return the mean of every metric over the scenes for which it is defined."""
        rows = [entry.scores.model_dump() for entry in self.scenes if entry.method == method]
        return Scores(**{name: _mean([row[name] for row in rows]) for name in METRIC_TITLES})


BracketTest = Literal["subset", "held out", "given back"]


class BracketScores(Record):
    """Scores of one method on a part of a real bracket, measured against the rest of it.

    ``subset``: some of the photographs are given, and the radiance is compared with the merge of all.
    ``held out``: all but one are given; the radiance is photographed at that one's exposure and compared with
    it code by code. ``given back``: the reproduction of the given photographs; all are given and compared in
    the same way. Metrics that do not belong to the test are None.

    ``compared_fraction`` is the share of the pixels, or of the compared photographs' values, that are
    informative.
    """

    bracket: str
    test: BracketTest
    given: tuple[str, ...]
    against: str
    method: str
    compared_fraction: float
    psnr_codes: float | None = None
    psnr_mu: float | None = None
    pu21_psnr: float | None = None
    pu21_psnr_corrected: float | None = None
    stops_clipped: float | None = None


class RealEvaluationRecord(Record):
    """``hdrbatch evaluate --real``: a model and its baselines on brackets that have no ground truth."""

    model: str
    metric_settings: str
    scores: tuple[BracketScores, ...]
    notes: tuple[str, ...] = ()


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
