"""Panoramas as users have them: what is not usable is rejected with its name and the reason."""

import numpy as np
import OpenEXR
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.exr import write_exr
from hdrbatch.imaging.panorama_file import read_panorama
from hdrbatch.imaging.rgbe import write_hdr


@pytest.fixture
def radiance():
    return np.random.default_rng(0).uniform(0.1, 1, (16, 32, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("writer", "name"), [(write_exr, "a.exr"), (write_hdr, "a.hdr"), (write_hdr, "b.exr")]
)
def test_a_panorama_is_read_by_its_content(tmp_path, radiance, writer, name):
    writer(tmp_path / name, radiance)
    np.testing.assert_allclose(read_panorama(tmp_path / name).radiance, radiance, atol=0.01)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted_and_the_first_is_placed(tmp_path, radiance, value):
    radiance[5, 7, 1] = radiance[9, 2] = value
    write_exr(tmp_path / "a.exr", radiance)
    wanted = rf"a\.exr: 2 of its 512 pixels are not finite numbers, the first in row 5, column 7 \(.*{value}"
    with pytest.raises(UserError, match=wanted):
        read_panorama(tmp_path / "a.exr")


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 31), (32, 16), (1, 1)])
def test_another_shape_is_rejected(tmp_path, height, width):
    write_exr(tmp_path / "a.exr", np.ones((height, width, 3), np.float32))
    with pytest.raises(UserError, match=rf"a\.exr: it is {width}x{height} pixels, and an equirectangular"):
        read_panorama(tmp_path / "a.exr")


def test_a_picture_without_light_is_rejected(tmp_path, radiance):
    write_exr(tmp_path / "a.exr", -radiance)
    with pytest.raises(UserError, match=r"a\.exr: it holds no light at all"):
        read_panorama(tmp_path / "a.exr")


def test_a_cube_map_is_rejected(tmp_path, radiance):
    header = {"type": OpenEXR.scanlineimage, "envmap": OpenEXR.ENVMAP_CUBE}
    with OpenEXR.File(header, {"RGB": radiance}) as file:
        file.write(str(tmp_path / "a.exr"))
    with pytest.raises(UserError, match=r"a\.exr: it is a cube map; convert it"):
        read_panorama(tmp_path / "a.exr")


@pytest.mark.parametrize("content", [b"", b"no picture", b"#?RADIANCE\n", b"\x76\x2f\x31\x01\x02\0\0\0"])
def test_another_kind_of_file_is_rejected(tmp_path, content):
    (tmp_path / "a.exr").write_bytes(content)
    with pytest.raises(UserError, match=r"--panorama x: it is not a readable .*give an equirectangular"):
        read_panorama(tmp_path / "a.exr", "--panorama x")


def test_what_is_no_file_is_rejected(tmp_path):
    with pytest.raises(UserError, match=r"cannot be read: Is a directory"):
        read_panorama(tmp_path)
    with pytest.raises(UserError, match=r"cannot be read: No such file"):
        read_panorama(tmp_path / "a.exr")
