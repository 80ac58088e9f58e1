"""What is written into a store for people and later stages to read: scenes, datasets, evaluations."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from hdrbatch.scenes.catalogue import Motion, Split


class Record(BaseModel):
    """Base of all records: frozen, and read back strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_bytes(self) -> bytes:
        """As JSON text, the same bytes for the same record."""
        return (self.model_dump_json(indent=1) + "\n").encode()


@dataclass(frozen=True)
class FileEntry:
    """One file in the store: where, how large, and which bytes."""

    key: str
    num_bytes: int
    sha256: str

    def is_of(self, data: bytes) -> bool:
        """Whether these are the bytes."""
        return len(data) == self.num_bytes and hashlib.sha256(data).hexdigest() == self.sha256


class ExposureRecord(Record):
    """One photograph's statistics: shares of its pixels, and in a moving scene its time.

    ``begin_s`` counts from the beginning of the bracket; both are None where nothing moves.
    """

    ev: float
    clipped_fraction: float
    black_fraction: float
    begin_s: float | None = None
    shutter_s: float | None = None


class SceneRecord(Record):
    """``scene.json``: a scene, its camera, its anchor and its statistics.

    Radiance in the files times ``anchor`` is in EV 0 units: 1.0 just saturates the photograph at EV 0.
    ``motion`` says what moves: nothing (``still``), ``objects``, the camera (``shake``), or ``both``.
    """

    id: str
    family: str
    seed: int
    split: Split
    motion: Motion = "still"
    denoised: bool = False
    width: int
    height: int
    anchor: float
    dynamic_range_stops: float
    exposures: tuple[ExposureRecord, ...]
    camera: Mapping[str, Any]
    description: Mapping[str, Any]


class DatasetScene(Record):
    """A scene in the index, with its files."""

    scene: SceneRecord
    files: tuple[FileEntry, ...]

    def file(self, key: str) -> FileEntry:
        """Find a file by key; raises KeyError where the scene has none."""
        for entry in self.files:
            if entry.key == key:
                return entry
        raise KeyError(key)


class DatasetRecord(Record):
    """``dataset.json``: the index of a dataset."""

    dataset: str
    scenes: tuple[DatasetScene, ...]

    def split(self, split: Split) -> tuple[DatasetScene, ...]:
        """The scenes of one split."""
        return tuple(entry for entry in self.scenes if entry.scene.split == split)


class Scores(Record):
    """Metrics of one prediction; None where a metric is not defined: where nothing is clipped or dark.

    Those that end in ``corrected`` are taken after a tone curve was fitted to the picture.
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
"""All that is scored; ColorVideoVDP only where it is installed."""
MAIN_METRICS = ("psnr_l", "psnr_mu", "pu21_psnr", "pu21_psnr_corrected", "ssim_mu", "stops_clipped")
"""What a table for people shows."""
LOWER_IS_BETTER = frozenset({"stops_clipped", "stops_mid", "stops_dark"})


PREVIEW_HIGHLIGHTS_EV = -4.0
"""Exposure of the second row of a test scene's preview, where one sees what became of the clipped parts."""

NETWORK = "network"
"""The method's name of what is not a baseline."""


def best_scores(scores: Sequence[Scores]) -> dict[str, float | None]:
    """The best value of every metric; None where none is defined."""
    best: dict[str, float | None] = {}
    for name in METRIC_TITLES:
        values = [value for row in scores if (value := getattr(row, name)) is not None]
        choose = min if name in LOWER_IS_BETTER else max
        best[name] = choose(values) if values else None
    return best


class SceneScores(Record):
    """Scores of one method on one test scene.

    ``origin`` names what it has in common with other scenes, such as the panorama that it is a view of.
    """

    scene: str
    method: str
    scores: Scores
    origin: str | None = None


class EvaluationRecord(Record):
    """``evaluation.json``: a variant and its baselines on the test scenes.

    ``any_bracket`` says that the network takes any number of photographs; ``input_ev`` is then what it was
    tested with. ``notes`` say of single scenes what has to be known, such as a response that could not be
    found.
    """

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
        """Mean of every metric over the scenes where it is defined."""
        rows = [entry.scores.model_dump() for entry in self.scenes if entry.method == method]
        return Scores(**{name: _mean([row[name] for row in rows]) for name in METRIC_TITLES})


@dataclass(frozen=True)
class MeanInterval:
    """A mean over scenes with its interval; of scenes of a single origin both bounds are the mean."""

    mean: float
    low: float
    high: float
    num_scenes: int
    num_origins: int

    @property
    def half_width(self) -> float:
        """What to write after a plus-minus sign."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class PairedDifference:
    """How much more one method scores than another on the same scenes, and how often.

    Attributes
    ----------
    difference : MeanInterval
        Of the differences scene by scene.
    won_share : float
        Share of the scenes where the first is ahead; a draw counts half.
    """

    difference: MeanInterval
    won_share: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval is on one side of zero; never with scenes of a single origin."""
        found = self.difference
        return found.num_origins > 1 and (found.low > 0 or found.high < 0)


class ComparisonRow(Record):
    """One line of a comparison's table: a method and the variant it was scored beside.

    Of a variant that was trained with several seeds, a scene's score is the mean over them; the least and
    the most of the seeds' means say how far they lie apart.
    """

    variant: str
    num_inputs: int
    method: str
    num_scenes: int
    mean: Scores
    intervals: Mapping[str, MeanInterval] = {}
    num_seeds: int = 1
    least_of_seeds: Scores | None = None
    most_of_seeds: Scores | None = None


def best_baseline(rows: Sequence[ComparisonRow]) -> ComparisonRow | None:
    """The baseline of the highest PU21-PSNR; None where there is none."""
    scored = [row for row in rows if row.method != NETWORK and row.mean.pu21_psnr is not None]
    return max(scored, key=lambda row: row.mean.pu21_psnr or 0.0, default=None)


class PairedGain(Record):
    """What a variant's network gains over another method on the same scenes, metric by metric.

    Positive is better, for errors too. Against a baseline ``against_variant`` is the variant itself; against
    another variant's network the scenes are those that both were tested on.
    """

    variant: str
    against_variant: str
    against_method: str
    metrics: Mapping[str, PairedDifference]


class ComparisonRecord(Record):
    """``comparison.json``: all variants of a sweep beside their baselines.

    ``groups`` are the names of the variants that answer one question, the first of each being what the
    others are compared with.
    """

    sweep: str
    dataset: str
    metric_settings: str
    rows: tuple[ComparisonRow, ...]
    groups: Mapping[str, tuple[str, ...]] = {}
    gains: tuple[PairedGain, ...] = ()

    def rows_of(self, variant: str) -> tuple[ComparisonRow, ...]:
        """The network's row, then its baselines'."""
        return tuple(row for row in self.rows if row.variant == variant)

    def grouped(self) -> Mapping[str, tuple[str, ...]]:
        """The groups; where there are none, all variants as one that is named as the sweep."""
        return self.groups or {self.sweep: tuple(dict.fromkeys(row.variant for row in self.rows))}

    def gain(self, variant: str, against_variant: str, against_method: str) -> PairedGain | None:
        """What the variant gains over a method; None where that was not compared."""
        wanted = (variant, against_variant, against_method)
        for found in self.gains:
            if (found.variant, found.against_variant, found.against_method) == wanted:
                return found
        return None


BracketTest = Literal["subset", "held out", "given back"]


class BracketScores(Record):
    """What one method made of a part of a real bracket, measured by the rest of it.

    ``subset``: some of the photographs are given, and the merge of all is what the radiance is compared with.
    ``held out``: all but one are given; the radiance is photographed at that one's exposure and compared with
    it code by code. ``given back``: all are given, and compared in the same way, which shows what is kept.
    Metrics that do not belong to the test are None.

    ``compared_fraction`` is the share of the pixels, or of the compared photographs' values, that tell.
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


class ReconstructionRecord(Record):
    """Beside a reconstructed or merged picture: what it was made from.

    ``exposures_ev`` are the photographs' exposures in stops relative to the middle one; ``used`` are the
    indices of those that the network was given. ``response_samples`` are the linear signal of 256 codes where
    the response's name does not give it. ``notes`` say what was done to the photographs, such as how they
    were aligned, and ``warnings`` what is doubtful.
    """

    digest: str
    photos: tuple[str, ...]
    exposures_ev: tuple[float, ...]
    used: tuple[int, ...]
    response: str
    response_samples: tuple[float, ...] | None = None
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    model: str
    radiance: str
    width: int
    height: int


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
