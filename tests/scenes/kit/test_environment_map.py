# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import OpenEXR
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene, studio_light_world
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.panorama_file import read_panorama
from hdrbatch.imaging.statistics import luminance
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.environment_map import add_panorama, brightest_deg, load_as_defined


def test_the_brightest_spot_of_a_turned_panorama_is_where_it_was_asked_for(tmp_path):
    open_empty_scene()
    path = studio_light_world("sunrise")
    azimuth, elevation = brightest_deg(path)
    add_panorama(path, 90.0 - azimuth)
    add_camera((0, 0, 0), (0, 1, np.tan(np.radians(elevation))), 18.0)
    seen = luminance(render_image(RenderSettings(48, 36, num_threads=2), 4, tmp_path))
    row, column = np.unravel_index(np.argmax(seen), seen.shape)
    assert abs(row - 17.5) < 4
    assert abs(column - 23.5) < 4


H, W = 32, 64


@pytest.fixture
def picture():
    """A blue sky over grey ground, with a red lamp, in values that RGBE and half floats hold exactly."""
    values = np.full((H, W, 3), 0.25, np.float32)
    values[:8] = (0.25, 0.5, 0.75)
    values[12:16, 40:44] = (0.875, 0.25, 0.25)
    return values


def write_rgbe(path, pixels, resolution, line="SOFTWARE=any"):
    codes = np.dstack([pixels * 256, np.full(pixels.shape[:2], 128)]).astype(np.uint8)
    head = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n{line}\n\n{resolution}\n"
    path.write_bytes(head.encode() + np.ascontiguousarray(codes).tobytes())


def write_open_exr(path, channels, **header):
    boxes = {name: (np.array(box[:2], np.int32), np.array(box[2:], np.int32))
             for name, box in header.items() if name.endswith("Window")}  # fmt: skip
    with OpenEXR.File({"type": OpenEXR.scanlineimage, **header, **boxes}, channels) as file:
        file.write(str(path))


def write_layers(path, pixels, *names):
    planes = {f"{name}.{colour}": pixels[..., index] / (1 + number)
              for number, name in enumerate(names) for index, colour in enumerate("RGB")}  # fmt: skip
    write_open_exr(path, {name: np.ascontiguousarray(plane) for name, plane in planes.items()})


FILES = {
    "plain.exr": write_exr,
    "flipped.hdr": lambda path, p: write_rgbe(path, p[::-1], f"+Y {H} +X {W}"),
    "mirrored.hdr": lambda path, p: write_rgbe(path, p[:, ::-1], f"-Y {H} -X {W}"),
    "columns.hdr": lambda path, p: write_rgbe(path, p.swapaxes(0, 1), f"+X {W} -Y {H}"),
    "exposed.hdr": lambda path, p: write_rgbe(path, p, f"-Y {H} +X {W}", "EXPOSURE=4"),
    "cropped.exr": lambda path, p: write_open_exr(
        path, {"RGB": p[4:30, 6:60].copy()}, dataWindow=(6, 4, 59, 29), displayWindow=(0, 0, W - 1, H - 1)
    ),
    "overscan.exr": lambda path, p: write_open_exr(
        path, {"RGB": np.pad(p, ((4, 2), (6, 8), (0, 0)))},
        dataWindow=(-6, -4, W + 7, H + 1), displayWindow=(0, 0, W - 1, H - 1),
    ),
    "acescg.exr": lambda path, p: write_open_exr(path, {"RGB": p}, colorInteropID="lin_ap1_scene"),
    "grey.exr": lambda path, p: write_open_exr(path, {"Y": p[..., 0].copy()}),
    "layers.exr": lambda path, p: write_layers(path, p, "ViewLayer.Combined", "ViewLayer.Emit"),
    "alpha.exr": lambda path, p: write_open_exr(path, {"RGBA": np.dstack([p, np.full((H, W), 0.5, "f4")])}),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_blender_shows_a_panorama_as_its_file_defines_it(tmp_path, picture, name):
    FILES[name](tmp_path / name, picture)
    expected = read_panorama(tmp_path / name).radiance
    write_exr(tmp_path / "expected.exr", expected)
    seen = []
    for path in (tmp_path / name, tmp_path / "expected.exr"):
        open_empty_scene()
        load_as_defined(path, expected)
        add_panorama(path, 30.0)
        add_camera((0, 0, 0), (1, 0.2, 0.2), 12.0)
        seen.append(render_image(RenderSettings(32, 24, num_threads=1), 4, tmp_path))
    np.testing.assert_allclose(*seen, rtol=5e-3)
    assert seen[0].std() > 0.01


def test_blender_reads_ordinary_files_itself(tmp_path, picture):
    write_exr(tmp_path / "plain.exr", picture)
    open_empty_scene()
    assert load_as_defined(tmp_path / "plain.exr", picture).packed_file is None
