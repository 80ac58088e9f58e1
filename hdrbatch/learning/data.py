"""Training batches: random crops of radiance, photographed with new random numbers at every step.

The random numbers of a step depend on the seed and the step alone; those of an item depend on its index in
the batch as well. So several processes that share a batch produce the same photographs as a single one.

Shape suffixes: b batch, n photographs sorted by exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.response import ResponseCurve, parse_response
from hdrbatch.imaging.variation import draw_curves
from hdrbatch.ladder import darker_middle_index
from hdrbatch.learning.photography import Batch, Bracket, Camera, photographed
from hdrbatch.learning.randomness import Stream, numpy_generator, torch_generator
from hdrbatch.learning.training_radiance import SceneSet
from hdrbatch.specs.simulated_camera import TrainingCameraSpec
from hdrbatch.specs.variant import MAX_PHOTOS, InputSpec, VariantSpec

SHARE_EXPOSED_BY_CLIPPING = 0.5
"""Share of crops that are exposed so that a drawn share of their scene clips."""
SHARE_CLIPPED_IN_THE_SHORTEST = 0.5
"""Share of those crops in which that share clips in the shortest photograph, not in the middle one."""
SPACING_STOPS = (0.5, 3.0)
"""Range of stops between neighbours in a bracket of any kind."""
MAX_BRACKET_STOPS = 12.0
"""Maximum stops between the ends of a bracket of any kind."""
UNEVENNESS = 0.3
"""Maximum offset of a photograph from even spacing in a bracket of any kind, as a share of the spacing."""


@dataclass(frozen=True)
class Cut:
    """Position of a crop in its scene, and how it is turned."""

    scene: int
    top: int
    left: int
    mirrored: bool
    quarter_turns: int


@dataclass(frozen=True)
class Prepared:
    """One process's share of a step before it is photographed: radiance, exposures and camera.

    ``sources_nbchw``, the radiance in front of the camera in each photograph, is empty if that is the
    reference in all of them.
    """

    reference_bchw: Tensor
    sources_nbchw: tuple[Tensor, ...]
    bracket: Bracket
    camera: Camera
    noise: tuple[torch.Generator, ...]


class BatchSource:
    """Source of the batch of any step, which depends on the variant's seed and the step only.

    Parameters
    ----------
    scenes : SceneSet
        At least one. Crops have the size of the spec, or the largest that the smallest picture allows.
    variant : VariantSpec
        Its inputs, camera and training settings.
    device : torch.device
        Device on which photographs are simulated.
    rank, num_processes : int
        This process's number and the number of processes; each produces an equal share of every batch.

    Raises
    ------
    TrainingError
        If there are no scenes, or a batch cannot be shared evenly.
    """

    def __init__(
        self,
        scenes: SceneSet,
        variant: VariantSpec,
        device: torch.device,
        *,
        rank: int = 0,
        num_processes: int = 1,
    ) -> None:
        if not len(scenes):
            raise TrainingError(
                "there is no scene to train on; render more scenes, or hold out fewer for validation"
            )
        batch, margin = variant.training.batch, variant.camera.misalignment_px
        if batch % num_processes:
            raise TrainingError(
                f"training.batch: {num_processes} processes cannot share a batch of {batch} evenly; "
                f"use a multiple of {num_processes}, or fewer GPUs"
            )
        if scenes.smallest_side <= 2 * margin:
            raise TrainingError(
                f"camera.misalignment_px: {margin} is too much for pictures of {scenes.smallest_side} pixels;"
                f" use less than {(scenes.smallest_side + 1) // 2}"
            )
        self._scenes = scenes
        self._variant = variant
        self._device = device
        self._own = slice(rank * batch // num_processes, (rank + 1) * batch // num_processes)
        self.crop = min(variant.training.crop, scenes.smallest_side - 2 * margin)
        on_device = scenes.load(device)
        # If the GPU cannot hold the radiance, crops are cut on the CPU while the previous step is computed.
        self._ahead = None if on_device else ThreadPoolExecutor(1)
        self._next: tuple[int, Future[Prepared]] | None = None

    def batch(self, step: int) -> Batch:
        """Return this process's share of a step's batch."""
        if self._ahead is None:
            prepared = self.prepare(step)
        else:
            expected = self._next is not None and self._next[0] == step
            prepared = self._next[1].result() if expected and self._next else self.prepare(step)
            self._next = (step + 1, self._ahead.submit(self.prepare, step + 1))
        reference_bchw = prepared.reference_bchw.to(self._device, non_blocking=True)
        sources_nbchw = [source.to(self._device, non_blocking=True) for source in prepared.sources_nbchw]
        return photographed(
            reference_bchw,
            sources_nbchw or [reference_bchw],
            prepared.bracket,
            prepared.camera,
            self._variant.camera,
            prepared.noise,
        )

    def prepare(self, step: int) -> Prepared:
        """Draw the crops, exposures and cameras of a step, and cut this process's share of the crops."""
        training, spec = self._variant.training, self._variant.camera
        rng = numpy_generator(training.seed, Stream.CROPS, step)
        cuts = [self._random_cut(rng) for _ in range(training.batch)]
        stops_bn = random_stops(rng, self._variant.inputs, training.batch)
        bracket = random_bracket(rng, self._variant, stops_bn, self._metered_evs(rng, cuts, stops_bn))
        shifts_bn2 = rng.integers(
            -spec.misalignment_px, spec.misalignment_px + 1, size=(*bracket.evs_bn.shape, 2)
        )
        camera = drawn_camera(rng, spec, training.batch)
        items = range(training.batch)[self._own]
        sources = [
            self._sources(cuts[item], bracket.stops_from_middle_bn[item], shifts_bn2[item]) for item in items
        ]
        reference_bchw = torch.stack([self._cropped(cuts[item]) for item in items])
        sources_nbchw = tuple(
            torch.stack(
                [found[n] if found else still for found, still in zip(sources, reference_bchw, strict=True)]
            )
            for n in range(max(len(found) for found in sources))
        )
        if self._ahead is not None:
            reference_bchw = reference_bchw.pin_memory()
            sources_nbchw = tuple(source.pin_memory() for source in sources_nbchw)
        noise = tuple(
            torch_generator(
                training.seed, Stream.SENSOR_NOISE, step * training.batch + item, device=self._device
            )
            for item in items
        )
        return Prepared(
            reference_bchw, sources_nbchw, bracket.share(self._own), camera.share(self._own), noise
        )

    def _metered_evs(
        self, rng: np.random.Generator, cuts: Sequence[Cut], stops_bn: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the EV of each middle photograph before jitter: as in tests, or by a share that clips.

        That share of the pixels clips in the middle photograph, as in a bracket around the metered exposure,
        or in the shortest one, as in a bracket that does not reach the highlights.
        """
        share, metered = self._variant.training.clipped_share, self._variant.inputs.middle_ev
        if share is None:
            return np.full(len(cuts), metered)
        shares = np.exp(rng.uniform(np.log(share[0]), np.log(share[1]), size=len(cuts)))
        by_share = np.asarray(
            [self._scenes.saturating_ev(cut.scene, value) for cut, value in zip(cuts, shares, strict=True)]
        )
        by_share -= np.where(rng.random(len(cuts)) < SHARE_CLIPPED_IN_THE_SHORTEST, stops_bn[:, 0], 0.0)
        return np.where(rng.random(len(cuts)) < SHARE_EXPOSED_BY_CLIPPING, by_share, metered)

    def _random_cut(self, rng: np.random.Generator) -> Cut:
        scene = int(rng.integers(len(self._scenes)))
        margin = self._variant.camera.misalignment_px
        height, width = self._scenes.size(scene)
        top = margin + int(rng.integers(height - 2 * margin - self.crop + 1))
        left = margin + int(rng.integers(width - 2 * margin - self.crop + 1))
        return Cut(scene, top, left, bool(rng.random() < 0.5), int(rng.integers(4)))

    def _sources(self, cut: Cut, stops_n: NDArray[np.float64], shifts_n2: NDArray[np.int64]) -> list[Tensor]:
        """Return the radiance in front of the camera in each photograph; empty if the reference in all."""
        spec = self._variant.camera
        moves = spec.motion and self._scenes.moves(cut.scene)
        if not moves and not spec.misalignment_px:
            return []
        sources = []
        for stops, (down, right) in zip(stops_n, shifts_n2, strict=True):
            picture = self._scenes.exposure(cut.scene, float(stops)) if moves else None
            # The reference is aligned with the middle photograph.
            shift = (0, 0) if stops == 0 else (int(down), int(right))
            sources.append(self._cropped(cut, picture, shift))
        return sources

    def _cropped(self, cut: Cut, picture: Tensor | None = None, shift: tuple[int, int] = (0, 0)) -> Tensor:
        picture = self._scenes.reference(cut.scene) if picture is None else picture
        top, left = cut.top + shift[0], cut.left + shift[1]
        crop = picture[:, top : top + self.crop, left : left + self.crop]
        if cut.mirrored:
            crop = crop.flip(2)
        return torch.rot90(crop, cut.quarter_turns, (1, 2))


def random_stops(rng: np.random.Generator, inputs: InputSpec, batch: int) -> NDArray[np.float64]:
    """Draw stops (B, N) from the middle photograph of each bracket: of the inputs, or of any bracket."""
    if inputs.brackets == "any":
        return _any_bracket(rng, batch)
    return np.tile(np.sort(np.asarray(inputs.ev)) - inputs.middle_ev, (batch, 1))


def random_bracket(
    rng: np.random.Generator,
    variant: VariantSpec,
    stops_bn: NDArray[np.float64],
    middle_evs_b: NDArray[np.float64],
) -> Bracket:
    """Draw exposures with jitter, and the errors of the exposures that the camera states."""
    training, camera = variant.training, variant.camera
    evs_bn = middle_evs_b[:, None] + stops_bn
    evs_bn = evs_bn + rng.uniform(-training.ev_jitter, training.ev_jitter, size=(len(evs_bn), 1))
    errors_bn = rng.normal(0.0, 1.0, size=evs_bn.shape) * camera.exposure_error_stops
    return Bracket(evs_bn, errors_bn)


def tested_bracket(rng: np.random.Generator, inputs: InputSpec, camera: TrainingCameraSpec) -> Bracket:
    """Return one bracket with the exposures of the variant's test, and with errors of its camera."""
    evs_bn = np.sort(np.asarray(inputs.ev))[None]
    return Bracket(evs_bn, rng.normal(0.0, 1.0, size=evs_bn.shape) * camera.exposure_error_stops)


def drawn_camera(rng: np.random.Generator, spec: TrainingCameraSpec, count: int) -> Camera:
    """Draw the response curves and the JPEG quality of the cameras of ``count`` brackets."""
    curves = draw_curves(rng, count) if spec.response == "varied" else None
    quality = int(rng.integers(spec.jpeg_quality[0], spec.jpeg_quality[1] + 1)) if spec.jpeg_quality else None
    return Camera(curves, quality)


def inverting_curve(inputs: InputSpec, camera_curve: ResponseCurve) -> ResponseCurve:
    """Return the curve for inverting training photographs: the assumed one, or the camera's true one."""
    return camera_curve if inputs.response in ("known", "calibrated") else parse_response(inputs.response)


def _any_bracket(rng: np.random.Generator, batch: int) -> NDArray[np.float64]:
    """Draw EVs around 0 of one to nine photographs; small brackets are more frequent, as in practice."""
    counts = np.arange(1, MAX_PHOTOS + 1)
    count = int(rng.choice(counts, p=(1 / counts) / np.sum(1 / counts)))
    widest = min(SPACING_STOPS[1], MAX_BRACKET_STOPS / max(1, count - 1))
    spacing_b1 = rng.uniform(min(SPACING_STOPS[0], widest), widest, size=(batch, 1))
    uneven_bn = rng.uniform(-UNEVENNESS, UNEVENNESS, size=(batch, count))
    places_n = np.arange(count) - darker_middle_index(count)
    return np.asarray(spacing_b1 * (places_n + uneven_bn))
