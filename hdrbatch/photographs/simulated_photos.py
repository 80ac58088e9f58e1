"""Files of photographs by the simulated camera."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import read_photo, write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.imaging.statistics import black_fraction, clipped_fraction
from hdrbatch.records.dataset_index import ExposureRecord
from hdrbatch.specs.simulated_camera import CameraSpec

CAMERA_NAME = "hdrbatch simulated camera"


def take_photograph(
    path: Path, radiance_ev0: NDArray[np.float32], ev: float, camera: CameraSpec, rng: np.random.Generator
) -> ExposureRecord:
    """Write the photograph of one exposure as PNG with EXIF.

    Parameters
    ----------
    path
        The PNG to write.
    radiance_ev0 : (H, W, 3) float32
        Radiance in EV 0 units.
    ev
        Exposure of the photograph in stops above EV 0.
    rng
        Source of the noise.

    Returns
    -------
    ExposureRecord
        Statistics of the photograph, computed from the written file.
    """
    sensor = Sensor(full_well_e=camera.full_well_e, read_noise_e=camera.read_noise_e)
    shot, read = normal_noise(radiance_ev0.shape, rng)
    if not camera.noise:
        shot, read = np.zeros_like(shot), np.zeros_like(read)
    photo = photograph(radiance_ev0, 2.0**ev, sensor, parse_response(camera.response), shot, read)
    metadata = PhotoMetadata(
        exposure_time_s=camera.exposure_time_ev0_s * 2.0**ev,
        f_number=camera.f_number,
        iso=camera.iso,
        camera=CAMERA_NAME,
    )
    write_photo(path, np.rint(photo * sensor.max_code).astype(np.uint8), metadata)
    pixels = read_photo(path).pixels
    return ExposureRecord(
        ev=ev, clipped_fraction=clipped_fraction(pixels), black_fraction=black_fraction(pixels)
    )
