"""Scoring on brackets of real photographs, which have no ground truth: some photographs judge the others."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.errors import PhotoError, UserError
from hdrbatch.evaluation.methods import radiance_by_method
from hdrbatch.imaging.candidates import BLACK_UP_TO
from hdrbatch.imaging.masks import dark_in_every
from hdrbatch.imaging.metrics import DEFAULT_SETTINGS, psnr, psnr_mu, psnr_pu21, stops_rmse
from hdrbatch.imaging.response import ResponseCurve
from hdrbatch.imaging.response_correction import response_corrected
from hdrbatch.imaging.variance_merge import CAMERA, merge
from hdrbatch.ladder import by_exposure
from hdrbatch.learning.inputs import sensor_of
from hdrbatch.learning.model import Model
from hdrbatch.learning.prediction import select_photos
from hdrbatch.photographs.bracket import photographs_in
from hdrbatch.photographs.capture import read_capture
from hdrbatch.records.scores import BracketScores, BracketTest, RealEvaluationRecord
from hdrbatch.specs.variant import InputSpec

Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]

MOST_PIXELS = 1_000_000
"""Of larger photographs every second, third ... pixel is scored, in both directions: codes stay what they
were, and large brackets take minutes on a CPU."""

THEMSELVES = "themselves"
"""Stands for the judges where these are the photographs that were given."""

SETTINGS = (
    "Photographs of a bracket are aligned by whole pixels. "
    f"Of photographs with more than {MOST_PIXELS / 1e6:g} megapixel every second, third ... pixel in both "
    "directions. "
    "Subset: the merge of all photographs (inverse variance, the curve that the bracket fits) stands for the "
    "truth, on pixels that its shortest photograph does not clip and its longest does not leave dark; stops "
    f"where the subset is clipped (codes from {CAMERA.clipped_from:g} up). Held out: the prediction from the "
    "other photographs, exposed as the one left out and put through the curve, against that photograph's "
    "codes where they are neither clipped nor black; a PSNR with peak 1. Given back: the same against all "
    "photographs at once where a model needs every one of them, which shows what is kept and nothing of what "
    "is restored. 1 is what saturates the bracket's middle photograph. "
)


@dataclass(frozen=True)
class RealBracket:
    """Photographs of one scene.

    Attributes
    ----------
    name : str
        Of the folder.
    photos : tuple of (H, W, 3) float32 in [0, 1]
        Encoded, aligned, at most ``MOST_PIXELS`` each.
    exposures : tuple of float
        Relative to the middle photograph.
    files : tuple of str
        The photographs' names.
    curve : ResponseCurve
        Their response.
    notes : tuple of str
        How they were aligned, and what is doubtful.
    """

    name: str
    photos: tuple[Picture, ...]
    exposures: tuple[float, ...]
    files: tuple[str, ...]
    curve: ResponseCurve
    notes: tuple[str, ...] = ()

    def by_exposure(self) -> list[int]:
        """Indices of the photographs by rising exposure."""
        return by_exposure(self.exposures)


def brackets_in(folder: Path, assumed: ResponseCurve | None = None) -> Iterator[RealBracket]:
    """Read and align the brackets of a folder: one in each sub-folder that has photographs, or in itself.

    Parameters
    ----------
    folder : Path
        With photographs, or with folders of them.
    assumed : ResponseCurve or None
        What photographs are taken for that agree with it and state nothing else; None is sRGB.

    Raises
    ------
    PhotoError
        Where there is no bracket, or a photograph cannot be read or does not state its exposure.
    """
    if not folder.is_dir():
        raise PhotoError(f"--real {folder}: there is no such folder")
    found = {path: _photographs(path) for path in (folder, *sorted(folder.iterdir())) if path.is_dir()}
    brackets = {path: photos for path, photos in found.items() if len(photos) > 1}
    if not brackets:
        raise PhotoError(
            f"--real {folder}: neither it nor a folder in it has two photographs or more: "
            "give every bracket a folder of its own"
        )
    for path, photos in brackets.items():
        capture = read_capture(photos, assumed=assumed)
        step = math.ceil(math.sqrt(math.prod(capture.photos[0].codes.shape[:2]) / MOST_PIXELS))
        yield RealBracket(
            path.name,
            tuple(photo.sampled(step) for photo in capture.photos),
            capture.exposures,
            tuple(photo.name for photo in photos),
            capture.curve,
            (f"inverted as {capture.curve.name}", *capture.notes, *capture.warnings),
        )


def evaluate_brackets(
    model: Model, brackets: Iterable[RealBracket], *, model_name: str
) -> RealEvaluationRecord:
    """Score a network beside its baselines on real brackets."""
    scores: list[BracketScores] = []
    notes: list[str] = []
    for bracket in brackets:
        notes += [f"{bracket.name}: {note}" for note in bracket.notes]
        try:
            subset = given_subset(model.variant.inputs, bracket.exposures)
        except UserError as error:
            notes.append(f"{bracket.name}: not scored: {error}")
            continue
        if subset is None:
            notes.append(
                f"{bracket.name}: nothing can be held out, since the model needs all {len(bracket.photos)} "
                "photographs: scored only by how it gives them back (a larger bracket tells more, or a model "
                "for any bracket or for fewer photographs)"
            )
            scores += _scored_by_given(model, bracket)
            continue
        scores += _scored_by_all(model, bracket, subset)
        for left_out in bracket.by_exposure():
            try:
                scores += _scored_by_one(model, bracket, left_out)
            except UserError as error:
                notes.append(f"{bracket.name}: {bracket.files[left_out]} cannot be held out: {error}")
    return RealEvaluationRecord(
        model=model_name,
        metric_settings=SETTINGS + DEFAULT_SETTINGS.describe(),
        scores=tuple(scores),
        notes=tuple(notes),
    )


def given_subset(inputs: InputSpec, exposures: Sequence[float]) -> list[int] | None:
    """The photographs that a model is given where the whole bracket judges it; None where it needs all.

    A model for any bracket gets as many as it is tested with, but one less than there are, around the middle;
    the shortest is left out before the longest, since what it alone saw is the test.

    Raises
    ------
    UserError
        Where the bracket has too few photographs for the model.

    Examples
    --------
    >>> given_subset(InputSpec(ev=(0,)), [1.0, 0.25, 4.0])
    [0]
    >>> given_subset(InputSpec(ev=(-2, 0, 2), brackets="any"), [1.0, 0.25, 4.0])
    [0, 2]
    """
    chosen = select_photos(inputs, exposures)
    if inputs.brackets == "any":
        order = by_exposure(exposures)
        num_given = min(len(inputs.ev), len(order) - 1)
        first = (len(order) - num_given + 1) // 2
        chosen = order[first : first + num_given]
    return chosen if len(chosen) < len(exposures) else None


def _scored_by_all(model: Model, bracket: RealBracket, subset: Sequence[int]) -> Iterator[BracketScores]:
    """Compare what a subset gives with the merge of all, where that merge is to be trusted."""
    photos, exposures, curve = list(bracket.photos), list(bracket.exposures), bracket.curve
    truth = merge(photos, exposures, curve, sensor_of(model.variant.camera), trust=CAMERA)
    told = ~(_clipped_by_camera(photos, exposures) | dark_in_every(photos, exposures))
    if not told.any():
        return
    given = [photos[index] for index in subset]
    given_exposures = [exposures[index] for index in subset]
    lost = _clipped_by_camera(given, given_exposures)[told][:, None]
    # As pictures of one column, since metrics are of pictures.
    wanted = np.asarray(truth[told])[:, None]
    for method, radiance in radiance_by_method(model, given, given_exposures, curve, CAMERA).items():
        predicted = radiance[told][:, None]
        corrected = response_corrected(predicted, wanted, ~lost, DEFAULT_SETTINGS.darkest_ev0)
        stops = stops_rmse(predicted, wanted, lost)
        yield BracketScores(
            bracket=bracket.name,
            test="subset",
            given=tuple(bracket.files[index] for index in subset),
            against=f"merge of all {len(photos)}",
            method=method,
            compared_fraction=float(told.mean()),
            psnr_mu=psnr_mu(predicted, wanted),
            pu21_psnr=psnr_pu21(predicted, wanted),
            pu21_psnr_corrected=psnr_pu21(corrected, wanted),
            stops_clipped=stops if math.isfinite(stops) else None,
        )


def _scored_by_one(model: Model, bracket: RealBracket, left_out: int) -> Iterator[BracketScores]:
    """Compare the radiance of all photographs but one, exposed as that one, with its codes."""
    given = [index for index in range(len(bracket.photos)) if index != left_out]
    for method, radiance in _radiance_of(model, bracket, given).items():
        yield from _scored_codes(bracket, "held out", given, [left_out], method, radiance)


def _scored_by_given(model: Model, bracket: RealBracket) -> Iterator[BracketScores]:
    """Compare the radiance of all photographs, exposed as each of them, with their codes."""
    given = list(range(len(bracket.photos)))
    for method, radiance in _radiance_of(model, bracket, given).items():
        yield from _scored_codes(bracket, "given back", given, given, method, radiance)


def _radiance_of(model: Model, bracket: RealBracket, given: Sequence[int]) -> dict[str, Picture]:
    photos = [bracket.photos[index] for index in given]
    exposures = [bracket.exposures[index] for index in given]
    return radiance_by_method(model, photos, exposures, bracket.curve, CAMERA)


def _scored_codes(
    bracket: RealBracket,
    test: BracketTest,
    given: Sequence[int],
    judges: Sequence[int],
    method: str,
    radiance: Picture,
) -> Iterator[BracketScores]:
    """Photograph radiance at the judges' exposures and compare codes, where theirs tell; else nothing."""
    found, wanted = [], []
    for index in judges:
        photo, exposure = bracket.photos[index], bracket.exposures[index]
        told = (photo < CAMERA.clipped_from) & (photo > BLACK_UP_TO)
        exposed = bracket.curve.apply(np.clip(radiance * np.float32(exposure), 0.0, 1.0))
        found.append(exposed[told])
        wanted.append(photo[told])
    num_told = sum(len(values) for values in wanted)
    if not num_told:
        return
    yield BracketScores(
        bracket=bracket.name,
        test=test,
        given=tuple(bracket.files[index] for index in given),
        against=THEMSELVES if test == "given back" else bracket.files[judges[0]],
        method=method,
        compared_fraction=num_told / sum(bracket.photos[index].size for index in judges),
        psnr_codes=psnr(np.concatenate(found), np.concatenate(wanted), peak=1.0),
    )


def _clipped_by_camera(photos: Sequence[Picture], exposures: Sequence[float]) -> Mask:
    """Where even the shortest real photograph is clipped in a channel, (H, W) bool."""
    shortest = photos[int(np.argmin(exposures))]
    return np.asarray(np.any(shortest >= CAMERA.clipped_from, axis=-1))


def _photographs(folder: Path) -> list[Path]:
    try:
        return photographs_in(folder)
    except PhotoError:
        return []
