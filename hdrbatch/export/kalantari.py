"""The layout of Kalantari's dataset of dynamic scenes, which most multi-exposure HDR codes read.

    Training/<scene>/input_1.tif ... input_3.tif   16 bits, from the shortest exposure to the longest
    Training/<scene>/exposure.txt                  log2 of their exposures, the shortest is 0
    Training/<scene>/HDRImg.hdr                    RGBE, 1 just saturates the shortest exposure
    Test/<scene>/...

Those codes sort the photographs by name, linearise them as ``x**2.2 / 2**exposure`` and compare with
``HDRImg.hdr`` as it is. Some subtract the minimum exposure first and some do not, so it has to be 0, as in
Kalantari's own files; and many end in a sigmoid, so the picture must not exceed 1.

References
----------
Kalantari, Ramamoorthi: Deep high dynamic range imaging of dynamic scenes, 2017.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hdrbatch.export.layout import ExportedFile
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.response import GammaResponse
from hdrbatch.imaging.rgbe import write_hdr
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.imaging.statistics import clipped_fraction
from hdrbatch.kinds import Kind
from hdrbatch.ladder import brighter_middle
from hdrbatch.records.dataset_index import DatasetScene, SceneRecord
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.results.finished import finished_task
from hdrbatch.specs.simulated_camera import CameraSpec
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store
from hdrbatch.storage.task_ids import exposure_id

GAMMA = 2.2
BITS = 16
NUM_PHOTOS = 3
SPLIT_FOLDERS = {"train": "Training", "test": "Test"}
EXPOSURES, HDR = "exposure.txt", "HDRImg.hdr"
TIFF_UNCOMPRESSED = 1
"""libtiff's code for no compression; some TIFF readers need another package for anything else."""
RGBE_BITS = 8


class KalantariLayout:
    """Three photographs, their exposures and the HDR picture in RGBE."""

    name = "kalantari"
    default_ev = (-2.0, 0.0, 2.0)

    def check(self, scenes: Sequence[DatasetScene], ev: Sequence[float]) -> None:
        """Reject all but three exposures, of which the middle one is at a moving scene's reference moment."""
        if len(ev) != NUM_PHOTOS:
            raise ValueError(
                f"the layout {self.name} has three photographs; name three exposures, such as -2,0,2"
            )
        for scene in (entry.scene for entry in scenes if is_moving(entry.scene)):
            middle = reference_ev(scene)
            if brighter_middle(ev) != middle:
                raise ValueError(
                    f"{scene.id} moves, and its reference shows the moment of EV {middle:g}; "
                    "make that the middle exposure"
                )

    def folder(self, entry: DatasetScene) -> str:
        """Return the folder of a scene; its parent holds scenes only, since the codes list it."""
        return f"{SPLIT_FOLDERS[entry.scene.split]}/{entry.scene.id}"

    def inputs(
        self, store: Store, dataset: str, entry: DatasetScene, ev: Sequence[float]
    ) -> tuple[FileEntry, ...]:
        """Return the stored files to read: the reference and, for a moving scene, the exposures' radiance."""
        scene = entry.scene
        files = [entry.file(keys.reference(dataset, scene.id))]
        for value in ev if is_moving(scene) else ():
            render = finished_task(store, Kind.RENDER_EXPOSURE, exposure_id(dataset, scene.id, value))
            files.append(render.entry(keys.exposure(dataset, scene.id, value)))
        return tuple(files)

    def write(
        self,
        dataset: str,
        entry: DatasetScene,
        ev: Sequence[float],
        inputs: Mapping[str, Path],
        folder: Path,
    ) -> tuple[ExportedFile, ...]:
        """Develop three photographs, and write the reference as RGBE in their unit."""
        scene, ladder = entry.scene, sorted(ev)

        def radiance_ev0(key: str) -> NDArray[np.float32]:
            return read_exr(inputs[key]) * np.float32(scene.anchor)

        reference = radiance_ev0(keys.reference(dataset, scene.id))
        made = []
        for number, value in enumerate(ladder, start=1):
            seed = noise_seed(scene.id, value)
            moving = is_moving(scene)
            seen = radiance_ev0(keys.exposure(dataset, scene.id, value)) if moving else reference
            photo = develop(seen, value, scene, np.random.default_rng(seed))
            name = f"input_{number}.tif"
            write_tiff(folder / name, np.rint(photo * (2**BITS - 1)).astype(np.uint16))
            made.append(
                ExportedFile(name, "photograph", value, 2.0**-value, clipped_fraction(photo), noise_seed=seed)
            )
        text = "".join(f"{value - ladder[0]:.6f}\n" for value in ladder)
        (folder / EXPOSURES).write_text(text, encoding="ascii")
        signal = reference * np.float32(2.0 ** ladder[0])
        write_hdr(folder / HDR, rgbe_rounded(np.clip(signal, 0.0, 1.0)))
        share = float(np.mean(np.any(signal > 1, axis=-1)))
        return (
            *made,
            ExportedFile(HDR, "hdr", to_ev0=2.0 ** -ladder[0], clipped_fraction=share),
            ExportedFile(EXPOSURES, "exposures"),
        )


def is_moving(scene: SceneRecord) -> bool:
    """Return whether a scene's photographs show other moments than its reference."""
    return scene.motion != "still"


def reference_ev(scene: SceneRecord) -> float:
    """Return the EV of the photograph that is taken at the reference moment of a moving scene."""
    return brighter_middle([exposure.ev for exposure in scene.exposures])


def noise_seed(scene_id: str, ev: float) -> int:
    """Return the seed of one photograph's noise; 48 bits, so that every CSV reader can represent it."""
    return int.from_bytes(hashlib.sha256(f"export/{scene_id}/{ev:g}".encode()).digest()[:6])


def develop(
    radiance_ev0: NDArray[np.float32], ev: float, scene: SceneRecord, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Photograph with the scene's camera, but the layout's response (gamma 2.2) and 16 bits.

    Parameters
    ----------
    radiance_ev0 : (H, W, 3) float32
        Radiance in EV 0 units.
    ev
        Exposure in stops above EV 0.
    scene
        Scene whose camera gives the sensor's properties, and whether it has noise.
    rng
        Source of the noise.

    Returns
    -------
    (H, W, 3) float32 in [0, 1]
        RGB.
    """
    camera = CameraSpec.model_validate_json(json.dumps(dict(scene.camera)))
    sensor = Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e, bits=BITS)
    shot, read = normal_noise(radiance_ev0.shape, rng)
    if not camera.noise:
        shot, read = np.zeros_like(shot), np.zeros_like(read)
    photo: NDArray[np.float32] = photograph(radiance_ev0, 2.0**ev, sensor, GammaResponse(GAMMA), shot, read)
    return photo


def rgbe_rounded(radiance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move values so that the encoder picks the nearest code.

    OpenCV truncates mantissas, which makes a whole picture darker by half a step. Here they are rounded, and
    a quarter of a step is added so that no rounding in the encoder falls below the code.

    Parameters
    ----------
    radiance : (H, W, 3) float32, not negative
    """
    largest = np.max(radiance, axis=-1, keepdims=True).astype(np.float64)
    _, exponents = np.frexp(largest)
    # A largest channel that rounds up to the next power of two has the next exponent.
    step = np.ldexp(1.0, exponents - RGBE_BITS)
    _, exponents = np.frexp(np.rint(largest / step) * step)
    step = np.ldexp(1.0, exponents - RGBE_BITS)
    codes = np.rint(radiance / step)
    return np.where(largest > 0, (codes + 0.25) * step, 0.0).astype(np.float32)


def write_tiff(path: Path, codes: NDArray[np.uint16]) -> None:
    """Write (H, W, 3) 16-bit RGB as an uncompressed TIFF."""
    settings = [cv2.IMWRITE_TIFF_COMPRESSION, TIFF_UNCOMPRESSED]
    encoded_ok, data = cv2.imencode(".tif", np.ascontiguousarray(codes[..., ::-1]), settings)
    assert encoded_ok
    path.write_bytes(data.tobytes())
