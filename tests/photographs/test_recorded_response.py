import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo
from hdrbatch.photographs.capture import read_capture
from hdrbatch.photographs.recorded_response import read_response
from hdrbatch.photographs.request import HdrRequest, Method
from hdrbatch.photographs.result import write_result

FIRST = Method("first", "1")


@pytest.fixture
def photos(tmp_path):
    """A ramp through a gamma of 1.5, exposed twice, two stops apart."""
    ramp = np.linspace(0, 1, 256)[None, :, None] * np.ones((96, 1, 3))
    paths = []
    for gain in (0.25, 1.0):
        codes = np.round(255 * (gain * ramp) ** (1 / 1.5)).astype(np.uint8)
        paths.append(tmp_path / f"{gain}.png")
        write_photo(paths[-1], codes, PhotoMetadata(gain, None, None, None))
    return tuple(paths)


def recorded(photos, output, response):
    request = HdrRequest(photos, output, response=response)
    capture = read_capture(photos, response=response)
    write_result(request, FIRST, capture, range(len(photos)), capture.photos[0].pixels)
    return request, capture


@pytest.mark.parametrize("response", ["debevec", "gamma:1.7", "srgb"])
def test_the_curve_of_a_record_is_the_one_that_was_used(photos, tmp_path, response):
    request, capture = recorded(photos, tmp_path / "scene.exr", response)
    found = read_response(request.record)
    assert found.name == capture.curve.name
    codes = np.arange(256) / 255
    np.testing.assert_allclose(found.invert(codes), capture.curve.invert(codes), rtol=1e-9)


def test_a_single_photograph_can_use_the_curve_of_a_bracket_of_its_camera(photos, tmp_path):
    bracket, capture = recorded(photos, tmp_path / "scene.exr", "debevec")
    response = str(bracket.record)
    single, found = recorded(photos[:1], tmp_path / "single.exr", response)
    codes = np.linspace(0, 1, 256)
    np.testing.assert_allclose(found.curve.invert(codes), capture.curve.invert(codes), rtol=1e-9)
    assert single.is_done(FIRST)
    # The same file name with another curve is another request.
    recorded(photos, tmp_path / "scene.exr", "gamma:1.7")
    assert not single.is_done(FIRST)


@pytest.mark.parametrize("content", [None, b"{}", b"no JSON"])
def test_a_file_that_is_not_a_record_is_rejected(tmp_path, content):
    path = tmp_path / "scene.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        PhotoError, match=r"--response .*scene\.json: not the record \(\.json\) of an earlier"
    ):
        read_response(path)
