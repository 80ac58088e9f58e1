"""The picture that is read from a TIFF is the photograph, or the file is rejected."""

import numpy as np
import pytest
import tifffile

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.tiff_pages import tiff_content

SMALL, LARGE = np.full((12, 16, 3), 10, np.uint8), np.full((48, 64, 3), 200, np.uint8)


def written(path, first, *others, sub=(), first_tags=(), **options):
    """Write pages, and pictures in SubIFDs of the first one."""
    with tifffile.TiffWriter(path) as file:
        file.write(first, photometric="rgb", metadata=None, subifds=len(sub), extratags=first_tags, **options)
        for picture in sub:
            file.write(picture, photometric="rgb", metadata=None, subfiletype=1 if len(picture) == 12 else 0)
        for picture in others:
            file.write(picture, photometric="rgb", metadata=None)
    return path


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"others": (LARGE,)}, "starts with a picture of 16x12 pixels, but has one of 64x48"),
        ({"sub": (LARGE,)}, "starts with a picture of 16x12 pixels, but has one of 64x48"),
        ({"others": (LARGE,), "subfiletype": 1}, "starts with a thumbnail or a mask"),
        ({"subfiletype": 1}, "starts with a thumbnail or a mask"),
        ({"first_tags": [(255, 3, 1, 2, True)]}, "starts with a thumbnail or a mask"),
    ],
    ids=str,
)
def test_a_thumbnail_is_not_taken_for_the_photograph(tmp_path, dtype, options, words):
    options = dict(options)
    others = [picture.astype(dtype) for picture in options.pop("others", ())]
    path = written(tmp_path / "a.tif", SMALL.astype(dtype), *others, **options)
    with pytest.raises(PhotoError, match=rf"a\.tif {words}; export it as an RGB TIFF"):
        read_photo(path)


@pytest.mark.parametrize(
    "options", [{}, {"others": (SMALL,)}, {"sub": (SMALL,)}, {"others": (LARGE // 2,)}], ids=str
)
def test_the_first_picture_is_read_if_no_other_is_larger(tmp_path, options):
    options = dict(options)
    path = written(tmp_path / "a.tif", LARGE, *options.pop("others", ()), **options)
    np.testing.assert_array_equal(read_photo(path).codes, LARGE)


def test_values_of_a_sensor_make_a_raw_file_only_if_a_camera_is_named(tmp_path):
    mosaic = np.zeros((8, 8), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", mosaic, photometric=32803, metadata=None)
    assert not tiff_content((tmp_path / "a.tif").read_bytes()).is_raw
    with pytest.raises(PhotoError, match="has raw values of 16 bits"):
        read_photo(tmp_path / "a.tif")
    make = [(271, 2, 8, "a maker", True)]
    tifffile.imwrite(tmp_path / "a.tif", mosaic, photometric=32803, metadata=None, extratags=make)
    assert tiff_content((tmp_path / "a.tif").read_bytes()).is_raw
