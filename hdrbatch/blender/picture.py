"""Settings of a picture that both engines share: its size and its file."""

from typing import Any

from hdrbatch.blender.sampling import RenderSettings


def set_picture(render: Any, settings: RenderSettings) -> None:
    """Set the size, and disable everything between the engine and the file."""
    render.resolution_x = settings.width
    render.resolution_y = settings.height
    render.resolution_percentage = 100
    render.pixel_aspect_x = 1.0
    render.pixel_aspect_y = 1.0
    render.use_border = False
    render.use_crop_to_border = False
    render.film_transparent = False
    render.use_compositing = False
    render.use_sequencer = False
    render.use_simplify = False
    render.use_freestyle = False
    render.use_multiview = False
    render.use_stamp = False
    # The next subset of an unchanged scene starts in 0.7 s instead of 2.1; the pixels are the same.
    render.use_persistent_data = True
    render.use_overwrite = True
    render.use_placeholder = False
    render.use_file_extension = True


def set_file(image: Any) -> None:
    """Set the file format: 32-bit ZIP is exact; 16-bit clips at 65504, DWAA writes inf into a sun's disc."""
    image.file_format = "OPEN_EXR"
    image.color_mode = "RGB"
    image.color_depth = "32"
    image.exr_codec = "ZIP"
    image.color_management = "OVERRIDE"
    image.linear_colorspace_settings.name = "Linear Rec.709"
