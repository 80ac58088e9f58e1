"""Profiles, PNG chunks, EXIF and tags state colours, in this order."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms

from hdrbatch.imaging.photo import read_photo
from tests.imaging.png_files import chunk, png
from tests.photographs.negatives import DISPLAY_P3, icc_profile

CHROMATICITIES = {
    "sRGB": (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
    "P3": (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000),
}


@pytest.mark.parametrize(
    ("extra", "response", "primaries"),
    [
        (b"", None, None),
        (chunk(b"gAMA", struct.pack(">I", 45455)), None, None),
        (chunk(b"gAMA", struct.pack(">I", 100000)), "linear", None),
        (chunk(b"gAMA", struct.pack(">I", 55556)), "gamma:1.8", None),
        (chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"sRGB", b"\0"), None, None),
        (chunk(b"cHRM", struct.pack(">8I", *CHROMATICITIES["sRGB"])), None, None),
        (chunk(b"cHRM", struct.pack(">8I", *CHROMATICITIES["P3"])), None, "Display P3"),
        (chunk(b"cICP", bytes([12, 13, 0, 1])), None, "Display P3"),
        (chunk(b"cICP", bytes([9, 8, 0, 1])), "linear", "Rec.2020"),
        (chunk(b"cICP", bytes([99, 13, 0, 1])), None, "colour primaries 99 of cICP"),
        (chunk(b"cICP", bytes([1, 13, 0, 1])) + chunk(b"gAMA", struct.pack(">I", 100000)), None, None),
    ],
)
def test_the_colours_that_a_png_states_are_obeyed(tmp_path, extra, response, primaries):
    (tmp_path / "a.png").write_bytes(png(np.zeros((2, 2, 3)), 8, 2, extra))
    photo = read_photo(tmp_path / "a.png")
    assert photo.response == response
    assert (photo.primaries and photo.primaries.name) == primaries


def curve_profile(curve: bytes) -> bytes:
    """Return a profile whose three curves are the given tag."""
    plain = icc_profile("A profile", DISPLAY_P3)
    old = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256))
    data = plain
    for _ in range(3):
        at = data.index(old)
        data = data[:at] + curve.ljust(len(old) + 2, b"\0") + data[at + len(old) + 2 :]
    return data


@pytest.mark.parametrize(
    ("curve", "response"),
    [
        (b"curv" + bytes(4) + struct.pack(">I", 0), "linear"),
        (b"curv" + bytes(4) + struct.pack(">IH", 1, 256), "linear"),
        (b"curv" + bytes(4) + struct.pack(">IH", 1, 461), None),
    ],
)
@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_a_profile_with_a_gamma_of_one_states_linear_values(tmp_path, suffix, curve, response):
    Image.new("RGB", (8, 8)).save(tmp_path / f"a.{suffix}", icc_profile=curve_profile(curve))
    assert read_photo(tmp_path / f"a.{suffix}").response == response


def test_little_cms_profile_of_linear_light_is_linear(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png", icc_profile=srgb)
    assert read_photo(tmp_path / "a.png").response is None


@pytest.mark.parametrize(
    ("space", "index", "name"),
    [
        (1, "R98", None),
        (None, None, None),
        (65535, "R03", "Adobe RGB (1998)"),
        (2, None, "Adobe RGB (1998)"),
        (65535, None, "uncalibrated colours without a profile"),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_the_colour_space_of_exif_is_obeyed(tmp_path, suffix, space, index, name):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a maker"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    if space is not None:
        details[ExifTags.Base.ColorSpace] = space
    if index is not None:
        details[ExifTags.IFD.Interop] = {1: index}
    Image.new("RGB", (8, 8)).save(tmp_path / f"a.{suffix}", exif=exif)
    primaries = read_photo(tmp_path / f"a.{suffix}").primaries
    assert (primaries and primaries.name) == name
    profile = icc_profile("Display P3", DISPLAY_P3)
    Image.new("RGB", (8, 8)).save(tmp_path / f"b.{suffix}", exif=exif, icc_profile=profile)
    assert read_photo(tmp_path / f"b.{suffix}").primaries.name == "Display P3"


def test_the_chromaticities_of_tags_are_obeyed(tmp_path):
    white = tuple(part for value in CHROMATICITIES["P3"][:2] for part in (value, 100000))
    colours = tuple(part for value in CHROMATICITIES["P3"][2:] for part in (value, 100000))
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.zeros((8, 8, 3), np.uint8),
        photometric="rgb",
        metadata=None,
        extratags=[(318, 5, 2, white, True), (319, 5, 6, colours, True)],
    )
    primaries = read_photo(tmp_path / "a.tif").primaries
    assert primaries.name == "Display P3"
    np.testing.assert_allclose(primaries.to_rec709[0], (1.2249, -0.2249, 0), atol=1e-3)
