"""Training data: one file of plain floats, mapped into memory or copied to the GPU.

Shape suffixes: c colour channels, h height, w width.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_high

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hdrbatch.errors import TrainingError
from hdrbatch.ladder import brighter_middle

LEVELS_AT = np.linspace(0, 1, 101)
"""Probabilities of the stored quantiles of a scene's brightest channel."""
MIN_LEVEL = 1e-6
"""Minimum of those quantiles, in EV 0 units."""
GPU_SHARE = 0.5
"""Maximum share of the GPU's free memory for radiance; the network needs the rest."""


@dataclass(frozen=True)
class TrainingScene:
    """One scene to learn from.

    Attributes
    ----------
    id : str
        Name of the scene, for messages.
    reference_ev0 : (H, W, 3) float32, scene-linear Rec.709, EV 0 units
        Ground truth; 1.0 is what just saturates the photograph at EV 0.
    exposures_ev0 : mapping of EV to (H, W, 3) float32, EV 0 units
        Radiance of a moving scene during each exposure; empty for a still one.
    """

    id: str
    reference_ev0: NDArray[np.float32]
    exposures_ev0: Mapping[float, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise TrainingError, with the scene's name, if the radiance cannot be used for training."""
        shape = self.reference_ev0.shape
        for radiance in (self.reference_ev0, *self.exposures_ev0.values()):
            if radiance.shape != shape or len(shape) != 3 or shape[2] != 3 or 0 in shape:
                raise TrainingError(
                    f"scene {self.id}: radiance has shape {radiance.shape}; expected one shape "
                    "(height, width, 3) for all its pictures"
                )
            num_bad = int(np.count_nonzero(~np.isfinite(radiance)))
            if num_bad:
                raise TrainingError(
                    f"scene {self.id}: {num_bad} value(s) of its radiance are not finite; re-render the scene"
                )


@dataclass(frozen=True)
class _Place:
    """Size, levels and file offsets (in floats) of one scene's pictures; the reference's EV is None."""

    id: str
    height: int
    width: int
    offsets: Mapping[float | None, int]
    levels: NDArray[np.float64]


class SceneSet:
    """Scenes in a file, available to every process on this machine.

    Use :meth:`write` to create one. It can be sent to another process: only paths and numbers are pickled.
    """

    def __init__(self, path: Path, places: Sequence[_Place], num_floats: int) -> None:
        self._path = path
        self._places = tuple(places)
        self._num_floats = num_floats
        self._values: Tensor | None = None

    @classmethod
    def write(cls, path: Path, scenes: Iterable[TrainingScene]) -> "SceneSet":
        """Write scenes one after the other, so that only one has to be in memory."""
        places, position = [], 0
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for scene in scenes:
                offsets: dict[float | None, int] = {}
                for ev, radiance in ((None, scene.reference_ev0), *sorted(scene.exposures_ev0.items())):
                    offsets[ev] = position
                    file.write(np.ascontiguousarray(radiance.transpose(2, 0, 1), dtype=np.float32).tobytes())
                    position += radiance.size
                height, width = scene.reference_ev0.shape[:2]
                levels = np.quantile(scene.reference_ev0.max(axis=-1), LEVELS_AT).clip(MIN_LEVEL)
                places.append(_Place(scene.id, height, width, offsets, levels))
        return cls(path, places, position)

    def __len__(self) -> int:
        return len(self._places)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_values": None}

    @property
    def num_bytes(self) -> int:
        """Size of all radiance, bytes."""
        return 4 * self._num_floats

    @property
    def smallest_side(self) -> int:
        """Smallest side of all pictures, pixels."""
        return min(min(place.height, place.width) for place in self._places)

    @property
    def median_side(self) -> int:
        """Median of the scenes' shorter sides, pixels; the larger one of two."""
        return median_high(min(place.height, place.width) for place in self._places)

    def load(self, device: torch.device) -> bool:
        """Map the file into memory, or copy it to the GPU if it fits; return whether it is on the device."""
        if not self._num_floats:
            return True
        # Mode c, since torch warns about read-only memory.
        mapped = torch.from_numpy(np.memmap(self._path, dtype=np.float32, mode="c"))
        fits = device.type == "cpu" or self.num_bytes < GPU_SHARE * torch.cuda.mem_get_info(device)[0]
        self._values = mapped.to(device) if fits else mapped
        return fits

    def ids(self) -> list[str]:
        """Return the names of the scenes."""
        return [place.id for place in self._places]

    def size(self, index: int) -> tuple[int, int]:
        """Return the height and width of a scene."""
        return self._places[index].height, self._places[index].width

    def reference(self, index: int) -> Tensor:
        """Return a scene's reference (3, H, W) in EV 0 units, on the device that it was loaded to."""
        return self._picture(index, None)

    def exposure(self, index: int, stops_from_middle: float) -> Tensor:
        """Return the radiance in front of the camera during an exposure (3, H, W).

        For a still scene, this is the reference. For a moving scene, it is the radiance of the stored
        exposure closest to ``stops_from_middle`` stops above the one that the reference shows.
        """
        stored = [ev for ev in self._places[index].offsets if ev is not None]
        if not stored:
            return self.reference(index)
        wanted = brighter_middle(stored) + stops_from_middle
        return self._picture(index, min(stored, key=lambda ev: abs(ev - wanted)))

    def saturating_ev(self, index: int, clipped_share: float) -> float:
        """Return the EV at which a share of a scene's pixels, by their brightest channel, saturates."""
        level = np.interp(1 - clipped_share, LEVELS_AT, self._places[index].levels)
        return float(-np.log2(level))

    def moves(self, index: int) -> bool:
        """Return whether a scene has a separate picture for each exposure."""
        return len(self._places[index].offsets) > 1

    def references(self) -> Iterator[Tensor]:
        """Return all references."""
        return (self.reference(index) for index in range(len(self)))

    def _picture(self, index: int, ev: float | None) -> Tensor:
        if self._values is None:
            self.load(torch.device("cpu"))
        assert self._values is not None
        place = self._places[index]
        start, shape = place.offsets[ev], (3, place.height, place.width)
        return self._values[start : start + math.prod(shape)].view(shape)
