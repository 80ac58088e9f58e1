"""What other programs write into OpenEXR files: windows, primaries, layers, parts, chroma."""

import struct

import numpy as np
import OpenEXR
import pytest

from hdrbatch.errors import CorruptObjectError
from hdrbatch.imaging.exr import read_exr, read_exr_picture
from hdrbatch.imaging.primaries import ACES_AP0, NAMED_CHROMATICITIES

H, W = 16, 32


@pytest.fixture
def picture():
    return np.random.default_rng(0).uniform(0.1, 1, (H, W, 3)).astype(np.float32)


def write(path, channels, **header):
    boxes = {"data": "dataWindow", "display": "displayWindow"}
    head = {"type": OpenEXR.scanlineimage}
    for name, value in header.items():
        box = (np.array(value[:2], np.int32), np.array(value[2:], np.int32)) if name in boxes else value
        head[boxes.get(name, name)] = box
    pixels = channels if isinstance(channels, dict) else {"RGB": np.ascontiguousarray(channels)}
    with OpenEXR.File(head, pixels) as file:
        file.write(str(path))
    return path


def layer(prefix, pixels):
    return {prefix + name: np.ascontiguousarray(pixels[..., index]) for index, name in enumerate("RGB")}


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"),
    [
        (0, 0, W - 1, H - 1),
        (8, 4, 23, 11),
        (-5, -3, W + 4, H + 1),
        (-5, 4, 10, H + 6),
        (20, -6, W + 9, 3),
        (W + 3, 0, W + 9, 5),
    ],
)
@pytest.mark.parametrize("origin", [(0, 0), (-7, 100)])
def test_stored_pixels_are_put_into_the_display_window(tmp_path, picture, left, top, right, bottom, origin):
    pad = 20
    around = np.pad(picture, ((pad, pad), (pad, pad), (0, 0)), constant_values=9)
    stored = around[top + pad : bottom + pad + 1, left + pad : right + pad + 1]
    x, y = origin
    path = write(
        tmp_path / "a.exr",
        stored,
        data=(left + x, top + y, right + x, bottom + y),
        display=(x, y, W - 1 + x, H - 1 + y),
    )
    expected = np.zeros_like(picture)
    inside = np.s_[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)]
    expected[inside] = picture[inside]
    read = read_exr_picture(path)
    np.testing.assert_array_equal(read.radiance, expected)
    assert bool(read.notes) == ((left, top, right, bottom) != (0, 0, W - 1, H - 1))


def test_a_display_window_too_large_to_be_true_is_rejected(tmp_path, picture):
    path = write(tmp_path / "a.exr", picture, display=(0, 0, 2**20, 2**20))
    with pytest.raises(CorruptObjectError, match=r"a.exr has 1048577 x 1048577 pixels in its header"):
        read_exr(path)


ATTRIBUTES = [({"chromaticities": NAMED_CHROMATICITIES[name]}, name) for name in NAMED_CHROMATICITIES] + [
    ({"colorInteropID": "lin_ap1_scene"}, "ACES AP1 (ACEScg)"),
    ({"acesImageContainerFlag": 1}, "ACES AP0"),
]


@pytest.mark.parametrize(("attributes", "name"), ATTRIBUTES)
def test_stated_primaries_are_converted_and_named(tmp_path, attributes, name):
    grey = np.full((4, 8, 3), 0.5, np.float32)
    read = read_exr_picture(write(tmp_path / "a.exr", grey, **attributes))
    assert read.notes == (f"its colours were converted from {name} to Rec.709",)
    # Grey stays grey under every white, except that XYZ states colours: its equal values are no D65 grey.
    assert np.allclose(read.radiance, 0.5, atol=1e-3) == (name != "CIE XYZ")


def test_aces_interchange_values_come_out_as_by_the_published_matrix(tmp_path):
    wide = np.full((2, 4, 3), (0.3, 0.2, 0.1), np.float32)
    read = read_exr(write(tmp_path / "a.exr", wide, chromaticities=ACES_AP0))
    # AP0 to linear Rec.709 with Bradford, as in OpenColorIO's ACES configuration.
    matrix = np.array(
        [[2.52169, -1.13413, -0.38756], [-0.27648, 1.37272, -0.09624], [-0.01538, -0.15298, 1.16835]]
    )
    np.testing.assert_allclose(read[0, 0], matrix @ wide[0, 0], atol=1e-4)


def test_xyz_and_rec709_of_one_picture_are_read_as_one_picture(tmp_path, picture):
    to_xyz = np.array(
        [
            [0.4123908, 0.3575843, 0.1804808],
            [0.2126390, 0.7151687, 0.0721923],
            [0.0193308, 0.1191948, 0.9505322],
        ]
    )
    xyz = (picture @ to_xyz.T).astype(np.float32)
    read = read_exr(write(tmp_path / "a.exr", xyz, chromaticities=NAMED_CHROMATICITIES["CIE XYZ"]))
    np.testing.assert_allclose(read, picture, atol=2e-3)


@pytest.mark.parametrize(
    "same",
    [
        {"chromaticities": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)},
        # As Photoshop states sRGB: its primaries and its white adapted to D50.
        {"chromaticities": (0.64845, 0.33088, 0.32119, 0.59789, 0.15590, 0.06606, 0.34571, 0.35854)},
        {"colorInteropID": "lin_rec709_scene"},
        {"colorInteropID": "unknown"},
        {},
    ],
)
def test_rec709_is_read_as_it_is(tmp_path, picture, same):
    read = read_exr_picture(write(tmp_path / "a.exr", picture, **same))
    np.testing.assert_array_equal(read.radiance, picture)
    assert read.notes == ()


def test_colour_spaces_that_are_not_known_are_named(tmp_path, picture):
    odd = read_exr_picture(write(tmp_path / "a.exr", picture, colorInteropID="srgb_rec709_scene"))
    assert odd.notes == ("its colour space srgb_rec709_scene is not known here; taken for linear Rec.709",)
    flat = read_exr_picture(write(tmp_path / "b.exr", picture, chromaticities=(0.3,) * 8))
    assert "which is not known here; taken for Rec.709" in flat.notes[0]


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        ("", ["Diffuse.", "ViewLayer.Combined."]),
        ("ViewLayer.Combined.", ["ViewLayer.DiffDir.", "ViewLayer.Noisy Image.", "ViewLayer.Emit."]),
        ("Composite.Combined.", ["ViewLayer.Combined.", "Front.Combined."]),
        ("rgba.", ["diffuse.", "specular."]),
        ("only.", []),
    ],
)
def test_the_layer_that_is_the_picture_is_read(tmp_path, picture, wanted, others):
    channels = layer(wanted, picture) | {"ViewLayer.Depth.Z": picture[..., 0].copy()}
    for other in others:
        channels |= layer(other, picture / 2)
    np.testing.assert_array_equal(read_exr(write(tmp_path / "a.exr", channels)), picture)


@pytest.mark.parametrize("names", [("One.Combined.", "Two.Combined."), ("diffuse.", "specular.")])
def test_layers_of_which_none_is_the_picture_are_rejected_by_name(tmp_path, picture, names):
    channels = layer(names[0], picture) | layer(names[1], picture)
    first, second = (name[:-1] for name in names)
    with pytest.raises(CorruptObjectError, match=rf"several that may be: {first}, {second}; save one of"):
        read_exr(write(tmp_path / "a.exr", channels))


def test_the_part_with_the_picture_is_read(tmp_path, picture):
    parts = [
        OpenEXR.Part({}, {"Z": picture[..., 0].copy()}, "depth"),
        OpenEXR.Part({}, layer("", picture / 2), "diffuse"),
        OpenEXR.Part({}, layer("", picture), "rgba"),
    ]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "a.exr"))
    np.testing.assert_array_equal(read_exr(tmp_path / "a.exr"), picture)


def test_of_two_views_the_first_is_read_and_both_are_named(tmp_path, picture):
    parts = [OpenEXR.Part({}, layer("", picture), "left"), OpenEXR.Part({}, layer("", picture / 2), "right")]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "a.exr"))
    read = read_exr_picture(tmp_path / "a.exr")
    np.testing.assert_array_equal(read.radiance, picture)
    assert read.notes == ("it has several pictures (left, right); left was read",)


def test_tiles_and_lower_case_names_are_read(tmp_path, picture):
    tiles = OpenEXR.TileDescription()
    tiles.xSize = tiles.ySize = 8
    path = write(tmp_path / "a.exr", picture, type=OpenEXR.tiledimage, tiles=tiles)
    np.testing.assert_array_equal(read_exr(path), picture)
    lower = {name.lower(): plane for name, plane in layer("", picture).items()}
    np.testing.assert_array_equal(read_exr(write(tmp_path / "b.exr", lower)), picture)


def test_grey_is_read_as_grey(tmp_path, picture):
    read = read_exr_picture(write(tmp_path / "a.exr", {"Y": picture[..., 0].copy()}))
    np.testing.assert_array_equal(read.radiance, picture[..., :1].repeat(3, axis=-1))
    assert read.notes == ("it is grey: one channel for all colours",)


def test_deep_pixels_are_rejected_by_name(tmp_path):
    samples = np.empty((4, 8), object)
    for place in np.ndindex(4, 8):
        samples[place] = np.ones(2, np.float32)
    header = {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}
    with OpenEXR.File(header, dict.fromkeys("RGB", samples)) as file:
        file.write(str(tmp_path / "deep.exr"))
    with pytest.raises(CorruptObjectError, match=r"deep\.exr holds deep pixels.*flatten it"):
        read_exr(tmp_path / "deep.exr")


def test_luminance_and_chroma_are_converted(tmp_path):
    """Smooth colours, as RgbaOutputFile stores them: RY and BY at every second pixel."""
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    picture = np.stack([1 + columns / W, 1 + rows / H, 2 - columns / W], -1)
    y = picture @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    chroma = [((picture[..., channel] - y) / y)[::2, ::2] for channel in (0, 2)]
    write_subsampled(tmp_path / "yc.exr", {"Y": (1, y), "RY": (2, chroma[0]), "BY": (2, chroma[1])})
    read = read_exr_picture(tmp_path / "yc.exr")
    np.testing.assert_allclose(read.radiance[:-1, :-1], picture[:-1, :-1], rtol=5e-3)
    assert read.notes == ("its luminance and chroma channels were converted to R, G and B",)


def write_subsampled(path, channels):
    """Write an uncompressed OpenEXR file by hand: the package writes no subsampled channels."""

    def attribute(name, kind, data):
        return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(data)) + data

    listed = b"".join(
        name.encode() + b"\0" + struct.pack("<iBBBBii", 2, 0, 0, 0, 0, step, step)
        for name, (step, _) in sorted(channels.items())
    )
    box = struct.pack("<4i", 0, 0, W - 1, H - 1)
    head = struct.pack("<II", 20000630, 2) + b"".join(
        [
            attribute("channels", "chlist", listed + b"\0"),
            attribute("compression", "compression", b"\0"),
            attribute("dataWindow", "box2i", box),
            attribute("displayWindow", "box2i", box),
            attribute("lineOrder", "lineOrder", b"\0"),
            attribute("pixelAspectRatio", "float", struct.pack("<f", 1)),
            attribute("screenWindowCenter", "v2f", struct.pack("<2f", 0, 0)),
            attribute("screenWindowWidth", "float", struct.pack("<f", 1)),
            b"\0",
        ]
    )
    lines = []
    for row in range(H):
        data = b"".join(
            plane[row // step].astype("<f4").tobytes()
            for _, (step, plane) in sorted(channels.items())
            if row % step == 0
        )
        lines.append(struct.pack("<ii", row, len(data)) + data)
    starts = np.cumsum([len(head) + 8 * H, *(len(line) for line in lines[:-1])])
    path.write_bytes(head + starts.astype("<u8").tobytes() + b"".join(lines))
