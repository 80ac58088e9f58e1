"""Scores on real brackets: photographs held out of a bracket serve as ground truth for the others."""

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

MAX_PIXELS = 1_000_000
"""Maximum number of scored pixels; larger photographs are sampled at every second, third ... pixel in both
directions. Sampling leaves codes as they are; without it, large brackets would take minutes on a CPU."""

THEMSELVES = "themselves"
"""Value of ``BracketScores.against`` if the given photographs are compared with themselves."""

SETTINGS = (
    "Photographs of a bracket are aligned by whole pixels. "
    f"Photographs with more than {MAX_PIXELS / 1e6:g} megapixel are sampled at every second, third ... pixel "
    "in both directions. "
    "Subset: the merge of all photographs (inverse variance, the curve that the bracket fits) serves as "
    "ground truth, on pixels that the shortest photograph does not clip and the longest does not leave "
    f"dark; stops where the subset is clipped (codes from {CAMERA.clipped_from:g} up). Held out: the "
    "prediction from the other photographs, at the exposure of the one held out and with the curve applied, "
    "against that photograph's codes where they are neither clipped nor black; a PSNR with peak 1. Given "
    "back: the same against all photographs at once if a model needs every one of them, which shows what "
    "is kept but not "
    "what is restored. 1 is what saturates the bracket's middle photograph. "
)


@dataclass(frozen=True)
class RealBracket:
    """Photographs of one scene.

    Attributes
    ----------
    name : str
        Name of the bracket's folder.
    photos : tuple of (H, W, 3) float32 in [0, 1]
        Encoded, aligned, at most ``MAX_PIXELS`` each.
    exposures : tuple of float
        Relative to the middle photograph.
    files : tuple of str
        The photographs' names.
    curve : ResponseCurve
        The photographs' response.
    notes : tuple of str
        Notes on the alignment and warnings.
    """

    name: str
    photos: tuple[Picture, ...]
    exposures: tuple[float, ...]
    files: tuple[str, ...]
    curve: ResponseCurve
    notes: tuple[str, ...] = ()

    def by_exposure(self) -> list[int]:
        """Return the indices of the photographs in ascending order of exposure."""
        return by_exposure(self.exposures)


def brackets_in(folder: Path, assumed: ResponseCurve | None = None) -> Iterator[RealBracket]:
    """Read and align the brackets of a folder: one in each sub-folder with photographs, or in the folder.

    Parameters
    ----------
    folder : Path
        Folder with photographs, or with folders of photographs.
    assumed : ResponseCurve or None
        The response that photographs are assumed to have if they are consistent with it and state none;
        None uses sRGB.

    Raises
    ------
    PhotoError
        If there is no bracket, or a photograph cannot be read or does not state its exposure.
    """
    if not folder.is_dir():
        raise PhotoError(f"--real {folder}: the folder does not exist")
    found = {path: _photographs(path) for path in (folder, *sorted(folder.iterdir())) if path.is_dir()}
    brackets = {path: photos for path, photos in found.items() if len(photos) > 1}
    if not brackets:
        raise PhotoError(
            f"--real {folder}: neither the folder nor a folder in it has two or more photographs; "
            "put every bracket into its own folder"
        )
    for path, photos in brackets.items():
        capture = read_capture(photos, assumed=assumed)
        step = math.ceil(math.sqrt(math.prod(capture.photos[0].codes.shape[:2]) / MAX_PIXELS))
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
    """Score a network and its baselines on real brackets."""
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
                f"{bracket.name}: the model needs all {len(bracket.photos)} photographs, so none can be held "
                "out; only their reproduction is scored (use a larger bracket, or a model for any bracket or "
                "fewer photographs)"
            )
            scores += _score_reproduced(model, bracket)
            continue
        scores += _score_subset(model, bracket, subset)
        for held_out in bracket.by_exposure():
            try:
                scores += _score_held_out(model, bracket, held_out)
            except UserError as error:
                notes.append(f"{bracket.name}: {bracket.files[held_out]} cannot be held out: {error}")
    return RealEvaluationRecord(
        model=model_name,
        metric_settings=SETTINGS + DEFAULT_SETTINGS.describe(),
        scores=tuple(scores),
        notes=tuple(notes),
    )


def given_subset(inputs: InputSpec, exposures: Sequence[float]) -> list[int] | None:
    """Return the photographs given to a model that is compared with the whole bracket; None if it needs all.

    A model for any bracket gets as many as in its test, but at least one less than there are, around the
    middle. The shortest is held out before the longest, since the light that only it shows is the test.

    Raises
    ------
    UserError
        If the bracket has too few photographs for the model.

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


def _score_subset(model: Model, bracket: RealBracket, subset: Sequence[int]) -> Iterator[BracketScores]:
    """Compare the result of a subset with the merge of all, on pixels where that merge is trusted."""
    photos, exposures, curve = list(bracket.photos), list(bracket.exposures), bracket.curve
    truth = merge(photos, exposures, curve, sensor_of(model.variant.camera), trust=CAMERA)
    trusted = ~(_clipped_by_camera(photos, exposures) | dark_in_every(photos, exposures))
    if not trusted.any():
        return
    given = [photos[index] for index in subset]
    given_exposures = [exposures[index] for index in subset]
    lost = _clipped_by_camera(given, given_exposures)[trusted][:, None]
    # As pictures of one column, since metrics compare pictures.
    expected = np.asarray(truth[trusted])[:, None]
    for method, radiance in radiance_by_method(model, given, given_exposures, curve, CAMERA).items():
        predicted = radiance[trusted][:, None]
        corrected = response_corrected(predicted, expected, ~lost, DEFAULT_SETTINGS.darkest_ev0)
        stops = stops_rmse(predicted, expected, lost)
        yield BracketScores(
            bracket=bracket.name,
            test="subset",
            given=tuple(bracket.files[index] for index in subset),
            against=f"merge of all {len(photos)}",
            method=method,
            compared_fraction=float(trusted.mean()),
            psnr_mu=psnr_mu(predicted, expected),
            pu21_psnr=psnr_pu21(predicted, expected),
            pu21_psnr_corrected=psnr_pu21(corrected, expected),
            stops_clipped=stops if math.isfinite(stops) else None,
        )


def _score_held_out(model: Model, bracket: RealBracket, held_out: int) -> Iterator[BracketScores]:
    """Compare the radiance of all photographs but one, exposed as that one, with its codes."""
    given = [index for index in range(len(bracket.photos)) if index != held_out]
    for method, radiance in _radiance_of(model, bracket, given).items():
        yield from _score_codes(bracket, "held out", given, [held_out], method, radiance)


def _score_reproduced(model: Model, bracket: RealBracket) -> Iterator[BracketScores]:
    """Compare the radiance of all photographs, exposed as each of them, with their codes."""
    given = list(range(len(bracket.photos)))
    for method, radiance in _radiance_of(model, bracket, given).items():
        yield from _score_codes(bracket, "given back", given, given, method, radiance)


def _radiance_of(model: Model, bracket: RealBracket, given: Sequence[int]) -> dict[str, Picture]:
    photos = [bracket.photos[index] for index in given]
    exposures = [bracket.exposures[index] for index in given]
    return radiance_by_method(model, photos, exposures, bracket.curve, CAMERA)


def _score_codes(
    bracket: RealBracket,
    test: BracketTest,
    given: Sequence[int],
    against: Sequence[int],
    method: str,
    radiance: Picture,
) -> Iterator[BracketScores]:
    """Compare codes of radiance, exposed as some photographs, with theirs where those are informative."""
    found, expected = [], []
    for index in against:
        photo, exposure = bracket.photos[index], bracket.exposures[index]
        informative = (photo < CAMERA.clipped_from) & (photo > BLACK_UP_TO)
        exposed = bracket.curve.apply(np.clip(radiance * np.float32(exposure), 0.0, 1.0))
        found.append(exposed[informative])
        expected.append(photo[informative])
    num_compared = sum(len(values) for values in expected)
    if not num_compared:
        return
    yield BracketScores(
        bracket=bracket.name,
        test=test,
        given=tuple(bracket.files[index] for index in given),
        against=THEMSELVES if test == "given back" else bracket.files[against[0]],
        method=method,
        compared_fraction=num_compared / sum(bracket.photos[index].size for index in against),
        psnr_codes=psnr(np.concatenate(found), np.concatenate(expected), peak=1.0),
    )


def _clipped_by_camera(photos: Sequence[Picture], exposures: Sequence[float]) -> Mask:
    """Return the mask (H, W) of pixels that even the shortest real photograph clips in a channel."""
    shortest = photos[int(np.argmin(exposures))]
    return np.asarray(np.any(shortest >= CAMERA.clipped_from, axis=-1))


def _photographs(folder: Path) -> list[Path]:
    try:
        return photographs_in(folder)
    except PhotoError:
        return []
