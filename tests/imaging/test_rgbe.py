import cv2
import numpy as np
import pytest

from hdrbatch.errors import CorruptObjectError, TaskError
from hdrbatch.imaging.rgbe import read_hdr, write_hdr


def test_values_are_read_back_to_the_precision_of_rgbe(tmp_path):
    radiance = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
    radiance[0, 0] = [2.5e6, 0.0, 0.0]
    radiance[0, 1] = [0.5, -0.5, 0.25]
    radiance[0, 2] = [-1.0, -2.0, -3.0]
    write_hdr(tmp_path / "a.hdr", radiance)
    assert (tmp_path / "a.hdr").read_bytes().startswith(b"#?RADIANCE")
    back = cv2.imread(str(tmp_path / "a.hdr"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    error = np.abs(back - np.maximum(radiance, 0)) / np.maximum(radiance.max(axis=-1, keepdims=True), 1e-6)
    assert error.max() < 0.01


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_values_without_a_code_are_rejected(tmp_path, value):
    radiance = np.full((4, 4, 3), value, np.float32)
    with pytest.raises(TaskError, match="RGBE has no code for the NaN or infinite values"):
        write_hdr(tmp_path / "a.hdr", radiance)


def test_a_name_without_the_suffix_is_written_too(tmp_path):
    write_hdr(tmp_path / "part", np.ones((4, 4, 3), np.float32))
    assert (tmp_path / "part").read_bytes().startswith(b"#?RADIANCE")


H, W = 16, 32


@pytest.fixture
def picture():
    """Values that RGBE holds exactly."""
    codes = np.random.default_rng(0).integers(128, 256, (H, W, 3))
    return (codes / 256).astype(np.float32)


def stored(pixels, resolution, *lines):
    codes = np.dstack([pixels * 256, np.full(pixels.shape[:2], 128)]).astype(np.uint8)
    header = "\n".join(["#?RADIANCE", "FORMAT=32-bit_rle_rgbe", *lines])
    return f"{header}\n\n{resolution}\n".encode() + codes.tobytes()


ORIENTATIONS = {
    f"-Y {H} +X {W}": lambda p: p,
    f"-Y {H} -X {W}": lambda p: p[:, ::-1],
    f"+Y {H} +X {W}": lambda p: p[::-1],
    f"+Y {H} -X {W}": lambda p: p[::-1, ::-1],
    f"+X {W} -Y {H}": lambda p: p.swapaxes(0, 1),
    f"-X {W} -Y {H}": lambda p: p[:, ::-1].swapaxes(0, 1),
    f"+X {W} +Y {H}": lambda p: p[::-1].swapaxes(0, 1),
    f"-X {W} +Y {H}": lambda p: p[::-1, ::-1].swapaxes(0, 1),
}


@pytest.mark.parametrize("resolution", ORIENTATIONS)
def test_a_file_in_any_orientation_is_read_upright(tmp_path, picture, resolution):
    (tmp_path / "a.hdr").write_bytes(stored(ORIENTATIONS[resolution](picture), resolution))
    read = read_hdr(tmp_path / "a.hdr")
    np.testing.assert_array_equal(read.radiance, picture)
    assert bool(read.notes) == (resolution != f"-Y {H} +X {W}")


@pytest.mark.parametrize(
    ("lines", "factors"),
    [
        (["EXPOSURE=2"], [2, 2, 2]),
        (["EXPOSURE= 0.5", "EXPOSURE=4"], [2, 2, 2]),
        (["COLORCORR=2 1 0.5"], [2, 1, 0.5]),
        (["EXPOSURE=4", "COLORCORR=2 1 0.5", "# EXPOSURE=9", "SOFTWARE=any EXPOSURE=9"], [8, 4, 2]),
        (["GAMMA=1.0", "EXPOSURE=1.0"], [1, 1, 1]),
    ],
)
def test_values_are_divided_by_the_exposures_of_the_header(tmp_path, picture, lines, factors):
    (tmp_path / "a.hdr").write_bytes(stored(picture, f"-Y {H} +X {W}", *lines))
    read = read_hdr(tmp_path / "a.hdr")
    np.testing.assert_allclose(read.radiance * np.float32(factors), picture, rtol=1e-6)
    assert bool(read.notes) == (factors != [1, 1, 1])


def test_stated_primaries_are_converted(tmp_path):
    grey = np.full((H, W, 3), 0.5, np.float32)
    line = "PRIMARIES=0.708 0.292 0.170 0.797 0.131 0.046 0.3127 0.3290"
    (tmp_path / "a.hdr").write_bytes(stored(grey * [1, 0.8, 0.6], f"-Y {H} +X {W}", line))
    read = read_hdr(tmp_path / "a.hdr")
    assert read.notes == ("its colours were converted from Rec.2020 to Rec.709",)
    assert read.radiance[0, 0, 0] > 0.55


@pytest.mark.parametrize(
    ("lines", "resolution", "reason"),
    [
        (["FORMAT=32-bit_rle_xyze"], f"-Y {H} +X {W}", r"CIE XYZ \(XYZE\); convert it"),
        (["FORMAT=ascii"], f"-Y {H} +X {W}", "its FORMAT is ascii"),
        (["GAMMA=2.2"], f"-Y {H} +X {W}", r"its GAMMA is 2\.2"),
        (["EXPOSURE=0"], f"-Y {H} +X {W}", "is not a positive number"),
        (["EXPOSURE=bright"], f"-Y {H} +X {W}", r"its EXPOSURE is 'bright', which is not 1 number"),
        (["COLORCORR=1 2"], f"-Y {H} +X {W}", r"its COLORCORR is '1 2', which is not 3 number"),
        ([], f"-Y {H} -Y {W}", "its resolution string is"),
        ([], "-Y 1000000 +X 1000000", "1000000 x 1000000 pixels in its header"),
        ([], f"-Y {H + 1} +X {W}", "it is truncated"),
    ],
)
def test_files_that_hold_something_else_are_rejected_by_name(tmp_path, picture, lines, resolution, reason):
    (tmp_path / "a.hdr").write_bytes(stored(picture, resolution, *lines))
    with pytest.raises(CorruptObjectError, match=rf"a\.hdr is not a readable Radiance file: .*{reason}"):
        read_hdr(tmp_path / "a.hdr")


def test_what_this_program_writes_is_read_back(tmp_path):
    radiance = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
    write_hdr(tmp_path / "a.hdr", radiance)
    expected = cv2.imread(str(tmp_path / "a.hdr"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    np.testing.assert_array_equal(read_hdr(tmp_path / "a.hdr").radiance, expected)
