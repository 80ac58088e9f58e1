"""Perspective pictures cut out of panoramas."""

import cv2
import numpy as np
import numpy.typing as npt

from hdrbatch.errors import UserError

MAX_SIDE = 32766
"""Maximum side, pixels: OpenCV's remap counts pixels with 16-bit integers, and the seam takes one."""


def perspective_view(
    panorama: npt.NDArray[np.float32],
    yaw_deg: float,
    pitch_deg: float,
    fov_deg: float,
    width: int,
    height: int,
) -> npt.NDArray[np.float32]:
    """Look into an equirectangular panorama with an ordinary camera.

    The panorama's columns are longitudes from -180 degrees at its left edge to 180 at its right, its rows
    latitudes from the zenith to the nadir. Sampling is bilinear, around the seam as well.

    Parameters
    ----------
    panorama : (H, W, 3) float32
        Scene-linear; values are interpolated as they are.
    yaw_deg : float
        Horizontal direction: 0 looks at the panorama's centre, 90 to the right of it.
    pitch_deg : float
        Angle above the horizon; 90 looks at the zenith.
    fov_deg : float
        Horizontal angle of view, above 0 and below 180.
    width, height : int
        Size of the view in square pixels.

    Returns
    -------
    (height, width, 3) float32

    Raises
    ------
    UserError
        If the angle of view or a size is out of range.
    """
    if not 0 < fov_deg < 180:
        raise UserError(f"the angle of view is {fov_deg} degrees; give more than 0 and less than 180")
    if width < 1 or height < 1:
        raise UserError(f"the view is {width}x{height} pixels; give at least 1x1")
    if max(panorama.shape[:2]) >= MAX_SIDE:
        raise UserError(
            f"the panorama is {panorama.shape[1]}x{panorama.shape[0]} pixels; scale it below {MAX_SIDE}"
        )
    x, y, z = view_directions(yaw_deg, pitch_deg, fov_deg, width, height)
    rows, columns = panorama.shape[:2]
    column = (np.arctan2(x, z) / (2 * np.pi) + 0.5) * columns - 0.5
    row = (0.5 - np.arcsin(np.clip(y, -1, 1)) / np.pi) * rows - 0.5
    # One column of the other side on either edge lets bilinear sampling cross the seam.
    wrapped = np.concatenate([panorama[:, -1:], panorama, panorama[:, :1]], axis=1)
    return cv2.remap(  # type: ignore[no-any-return]
        wrapped,
        (column + 1).astype(np.float32),
        row.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def view_directions(
    yaw_deg: float, pitch_deg: float, fov_deg: float, width: int, height: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the unit direction through each pixel's centre: x right, y up, z forward at yaw and pitch 0.

    Returns
    -------
    x, y, z : (height, width) float64 each
    """
    focal_px = width / 2 / np.tan(np.radians(fov_deg) / 2)
    right = np.arange(width) + 0.5 - width / 2
    up = height / 2 - 0.5 - np.arange(height)
    x, y = np.meshgrid(right / focal_px, up / focal_px)
    length = np.sqrt(x**2 + y**2 + 1)
    x, y, z = x / length, y / length, 1 / length
    yaw, pitch = np.radians(yaw_deg), np.radians(pitch_deg)
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    return x, y, z
