"""The scenes of a dataset for torch's data loaders.

Shape suffixes: n photographs in ascending order of exposure, c colour channels, h height, w width.
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from hdrbatch.errors import UserError
from hdrbatch.interface.stored_scenes import Scene


class SceneTensors(TypedDict):
    """One scene: its photographs, their exposures, and the radiance that they show."""

    id: str
    photographs: Tensor
    """(N, 3, H, W) float32 in [0, 1], encoded by the camera's response, in ascending order of exposure."""
    exposures: Tensor
    """(N,) float32, relative to EV 0: 2 ** EV."""
    radiance: Tensor
    """(3, H, W) float32, scene-linear Rec.709, EV 0 units."""


class TorchScenes(Dataset[SceneTensors]):
    """Scenes of a split as a torch Dataset, read from the store on each access; see ``Dataset.torch``.

    Parameters
    ----------
    scenes : sequence of Scene
        At least one scene.
    evs : sequence of float
        Exposures of the photographs, which items have in ascending order.

    Raises
    ------
    UserError
        If a scene has no photograph at one of the exposures.
    """

    def __init__(self, scenes: Sequence[Scene], evs: Sequence[float]) -> None:
        self.scenes = tuple(scenes)
        self.evs = tuple(sorted(evs))
        for scene in self.scenes:
            if missing := [ev for ev in self.evs if scene.find_ev(ev) is None]:
                known = ", ".join(f"{ev:g}" for ev in scene.evs)
                raise UserError(
                    f"scene {scene.id!r} has no photograph at EV {missing[0]:g}; choose some of {known} "
                    "with evs="
                )

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> SceneTensors:
        """Read one scene."""
        scene = self.scenes[index]
        photos_nhwc = np.stack([scene.photograph(ev) for ev in self.evs])
        return {
            "id": scene.id,
            "photographs": torch.from_numpy(photos_nhwc).permute(0, 3, 1, 2).float() / 255,
            "exposures": torch.tensor([2.0**ev for ev in self.evs]),
            "radiance": torch.from_numpy(scene.radiance).permute(2, 0, 1).contiguous(),
        }
