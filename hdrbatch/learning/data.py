"""Training batches: random crops of reference radiance, photographed on the fly.

Shape suffixes: b batch, n photographs by rising exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrbatch.errors import TrainingError
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import photograph
from hdrbatch.learning.inputs import middle_ev, relative_exposures, sensor_of
from hdrbatch.learning.randomness import Stream, numpy_generator, torch_generator
from hdrbatch.specs.training import VariantSpec


@dataclass(frozen=True)
class TrainingScene:
    """One scene to learn from.

    Attributes
    ----------
    id : str
        Name of the scene, for messages.
    reference_ev0 : (H, W, 3) float32, scene-linear Rec.709, EV 0 units
        Ground truth; 1.0 is what just saturates the photograph at EV 0.
    """

    id: str
    reference_ev0: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Refuse what cannot be learned from, with the scene's name."""
        shape = self.reference_ev0.shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise TrainingError(
                f"scene {self.id}: the reference has shape {shape}, where (height, width, 3) is needed"
            )
        num_bad = int(np.count_nonzero(~np.isfinite(self.reference_ev0)))
        if num_bad:
            raise TrainingError(
                f"scene {self.id}: {num_bad} value(s) of the reference are not finite: render the scene again"
            )


@dataclass(frozen=True)
class Batch:
    """Photographs and the truth behind them, in units of the middle photograph's exposure."""

    photos_bnchw: Tensor
    exposures: tuple[float, ...]
    reference_bchw: Tensor


class BatchSource:
    """Makes the batch of any step: a function of the variant's seed and the step alone.

    Parameters
    ----------
    scenes : sequence of TrainingScene
        At least one. Crops are as large as the spec says, or as the smallest picture allows.
    variant : VariantSpec
        Its inputs, camera and training settings.
    device : torch.device
        Where photographs are simulated.

    Raises
    ------
    TrainingError
        When there are no scenes.
    """

    def __init__(self, scenes: Sequence[TrainingScene], variant: VariantSpec, device: torch.device) -> None:
        if not scenes:
            raise TrainingError(
                "there is no scene to train on: render more scenes, or hold out fewer for validation"
            )
        self._scenes = scenes
        self._variant = variant
        self._device = device
        smallest = min(min(scene.reference_ev0.shape[:2]) for scene in scenes)
        self.crop = min(variant.training.crop, smallest)

    def batch(self, step: int) -> Batch:
        """Return the batch of a step: random scenes, places, flips, quarter turns, exposures and noise."""
        training = self._variant.training
        rng = numpy_generator(training.seed, Stream.CROPS, step)
        crops = [self._random_crop(rng) for _ in range(training.batch)]
        jitter_b = rng.uniform(-training.ev_jitter, training.ev_jitter, size=training.batch)
        radiance_bhwc = np.stack(crops) * np.exp2(jitter_b, dtype=np.float32)[:, None, None, None]
        noise = torch_generator(training.seed, Stream.SENSOR_NOISE, step, device=self._device)
        return photographed(radiance_bhwc, self._variant, noise)

    def _random_crop(self, rng: np.random.Generator) -> NDArray[np.float32]:
        reference = self._scenes[rng.integers(len(self._scenes))].reference_ev0
        top = rng.integers(reference.shape[0] - self.crop + 1)
        left = rng.integers(reference.shape[1] - self.crop + 1)
        crop = reference[top : top + self.crop, left : left + self.crop]
        if rng.random() < 0.5:
            crop = crop[:, ::-1]
        return np.rot90(crop, k=int(rng.integers(4)))


def photographed(radiance_bhwc: NDArray[np.float32], variant: VariantSpec, noise: torch.Generator) -> Batch:
    """Photograph radiance with the variant's camera at the variant's exposures.

    Parameters
    ----------
    radiance_bhwc : (B, H, W, 3) float32, EV 0 units
        What stands before the camera.
    variant : VariantSpec
        Its camera and exposures.
    noise : torch.Generator
        Where the noise is drawn from; its device is where the batch is made.
    """
    device = noise.device
    camera, exposures = variant.camera, relative_exposures(variant.inputs)
    curve, sensor = parse_response(camera.response), sensor_of(camera)
    radiance_bchw = torch.from_numpy(np.ascontiguousarray(radiance_bhwc.transpose(0, 3, 1, 2))).to(device)
    reference_bchw = radiance_bchw * 2.0 ** middle_ev(variant.inputs)
    photos = []
    for exposure in exposures:
        shot, read = torch.zeros(2, *reference_bchw.shape, device=device)
        if camera.noise:
            shot.normal_(generator=noise)
            read.normal_(generator=noise)
        photos.append(photograph(reference_bchw, exposure, sensor, curve, shot, read))
    return Batch(torch.stack(photos, dim=1), exposures, reference_bchw)
