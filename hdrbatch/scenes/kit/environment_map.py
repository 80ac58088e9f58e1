"""Environment maps: captured panoramas that light a scene and are seen behind it."""

import tempfile
from math import pi, radians
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from hdrbatch.imaging.exr import write_exr
from hdrbatch.scenes.kit.shader import ShaderGraph
from hdrbatch.scenes.kit.world import SKY_MAP_PIXELS, new_world

SHIPPED_SCALES: dict[str, float] = {"city": 8.5, "forest": 4.6, "studio": 1.5, "sunrise": 8.8}
"""The panoramas that scenes may use, with factors that take their relative values to about 40,000, 15,000,
1,500 and 10,000 lux on the ground."""
MAX_MAP_PIXELS = 4096
"""Widest map by which a captured panorama is sampled."""


def add_panorama(path: Path, rotation_deg: float, scale: float = 1.0) -> None:
    """Make a captured panorama the world: what it shows, it lights.

    Parameters
    ----------
    path : pathlib.Path
        Equirectangular picture of radiance, an EXR or .hdr; its middle is seen towards +x.
    rotation_deg : float
        Turns it about the vertical, counter-clockwise as seen from above.
    scale : float
        Factor on the picture's values; 1 takes them for radiance.
    """
    image = bpy.data.images.load(str(path), check_existing=True)
    # A map coarser than the picture would look for its sun, a pixel or two, in a whole patch of sky.
    map_pixels = min(max(image.size[0], SKY_MAP_PIXELS), MAX_MAP_PIXELS)
    graph = ShaderGraph(new_world("Panorama", map_pixels))
    turned = graph.add(
        "VectorRotate",
        {"Vector": graph.coordinates("Generated"), "Angle": radians(-rotation_deg)},
        rotation_type="Z_AXIS",
    ).outputs[0]
    texture = graph.add("TexEnvironment", {"Vector": turned}, image=image)
    graph.background(texture.outputs[0], scale)


def load_as_defined(path: Path, radiance: NDArray[np.float32]) -> Any:
    """Load a panorama so that `add_panorama` shows its radiance, and return Blender's image.

    Blender ignores the orientation and the exposure of a Radiance file, and the primaries and the display
    window of an OpenEXR file. If it reads other values than these, the image is given a copy with these.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    radiance : (H, W, 3) float32
        What the file holds, as `hdrbatch.imaging.panorama_file.read_panorama` reads it.

    Raises
    ------
    RuntimeError
        If Blender cannot read the file.
    """
    image = bpy.data.images.load(str(path), check_existing=True)
    if not _shows(image, radiance):
        with tempfile.TemporaryDirectory(prefix="hdrbatch-") as folder:
            copy = Path(folder) / "panorama.exr"
            write_exr(copy, radiance)
            data = copy.read_bytes()
        image.pack(data=data, data_len=len(data))
        image.source = "FILE"
        image.colorspace_settings.name = "Linear Rec.709"
        image.buffers_free()  # reload() would read the file from the disk again
        assert _shows(image, radiance), f"Blender reads other values from {path} than were packed for it"
    return image


def _shows(image: Any, radiance: NDArray[np.float32]) -> bool:
    """Return whether Blender reads these values, up to the rounding of half floats."""
    height, width = radiance.shape[:2]
    if tuple(image.size) != (width, height) or not image.is_float or image.channels < 3:
        return False
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    rows = pixels.reshape(height, width, -1)[::-1, :, :3]  # Blender's rows begin at the bottom
    return all(np.allclose(read, row, rtol=2e-3, atol=1e-6) for read, row in zip(rows, radiance, strict=True))


def brightest_deg(panorama: Path) -> tuple[float, float]:
    """Return the direction of the brightest light: azimuth from +x, counter-clockwise, and elevation."""
    image = bpy.data.images.load(str(panorama), check_existing=True)
    width, height = image.size
    pixels = np.empty(width * height * image.channels, np.float32)
    image.pixels.foreach_get(pixels)
    light = pixels.reshape(height, width, -1)[..., :3].sum(-1)
    light *= np.cos((np.arange(height) / height - 0.5) * pi)[:, None]
    # In patches, so that a bright quarter of an overcast sky counts for more than one hot pixel.
    cell = max(1, width // 64)
    rows = np.add.reduceat(light, np.arange(height // 2, height, cell), axis=0)
    patches = np.add.reduceat(rows, np.arange(0, width, cell), axis=1)
    row, column = np.unravel_index(int(np.argmax(patches)), patches.shape)
    azimuth = 180.0 - 360.0 * (float(column) + 0.5) * cell / width
    return azimuth, 180.0 * (float(row) + 0.5) * cell / height
