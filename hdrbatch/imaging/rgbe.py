"""Radiance as Radiance .hdr files (RGBE), for programs that cannot read EXR."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdrbatch.errors import TaskError
from hdrbatch.imaging.exr import check_radiance


def write_hdr(path: Path, radiance: npt.NDArray[np.float32]) -> None:
    """Write radiance as a Radiance .hdr file (RGBE), for programs that cannot read EXR.

    Lossy: a pixel's channels share one exponent, so values are accurate to about 1 % of the pixel's largest
    channel. Negative values become 0.

    Parameters
    ----------
    path : Path
        The file to write; an existing one is replaced.
    radiance : (H, W, 3) float32, scene-linear Rec.709, relative

    Raises
    ------
    TaskError
        If the array is not (H, W, 3) float32 or holds a value that is not finite.
    """
    check_radiance(path, radiance)
    if not np.all(np.isfinite(radiance)):
        raise TaskError(
            f"{path} cannot be written: RGBE has no code for the NaN or infinite values in the radiance"
        )
    import imageio.v3 as iio

    # imageio's default writer would be downloaded at run time; its OpenCV plugin is available.
    written = iio.imwrite("<bytes>", np.maximum(radiance, 0.0), plugin="opencv", extension=".hdr")
    path.write_bytes(written)
