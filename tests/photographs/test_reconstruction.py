"""Reconstruction of a file of radiance from files of photographs."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.icc import primaries_of_profile
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.primaries import convert_to_rec709
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.learning.model import build_network, save_model
from hdrbatch.photographs.reconstruction import network_method, reconstruct_files
from hdrbatch.photographs.request import HdrRequest
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec
from tests.photographs.negatives import DISPLAY_P3, WHITE_LEVEL, dng, icc_profile
from tests.raised import raise_version

EXPOSURES = (0.25, 1.0, 4.0)


@pytest.fixture
def radiance():
    rng = np.random.default_rng(0)
    return np.exp2(rng.uniform(-6, 1.5, (80, 100, 3))).astype(np.float32)


def write_bracket(folder, radiance, curve="srgb", with_times=True):
    still = np.zeros_like(radiance)
    paths = []
    for exposure in EXPOSURES:
        photo = photograph(radiance, exposure, Sensor(), parse_response(curve), still, still)
        paths.append(folder / f"photo-{exposure}.png")
        time_s = exposure / 100 if with_times else None
        write_photo(paths[-1], np.rint(photo * 255).astype(np.uint8), PhotoMetadata(time_s, 8.0, 100.0, None))
    return tuple(paths)


@pytest.fixture
def model_file(tmp_path):
    """A residual network that changes nothing: the result is the merge."""
    variant = VariantSpec(
        inputs=InputSpec(mode="candidates", ev=(-2.0, 0.0, 2.0)),
        network=NetworkSpec(width=4, depth=2, output="residual"),
    )
    path = tmp_path / "model.pt"
    save_model(path, build_network(variant), variant)
    return path


@pytest.fixture
def reconstruct(model_file):
    def reconstruct(request, **options):
        return reconstruct_files(request, "model", model_file, **options)

    return reconstruct


@pytest.fixture
def request_(tmp_path, radiance):
    return HdrRequest(write_bracket(tmp_path, radiance), tmp_path / "out.exr")


def test_a_bracket_gives_its_radiance_in_units_of_the_middle_photograph(request_, radiance, reconstruct):
    record = reconstruct(request_)
    np.testing.assert_allclose(read_exr(request_.output), radiance, rtol=0.06, atol=0.002)
    assert record.exposures_ev == (-2.0, 0.0, 2.0)
    assert record.response == "srgb"
    assert record.warnings == ()
    assert all(path.stat().st_size > 0 for path in request_.results())


def test_the_order_of_the_photographs_does_not_matter(request_, tmp_path, reconstruct):
    reconstruct(request_)
    turned = replace(request_, photos=request_.photos[::-1], output=tmp_path / "turned.exr")
    reconstruct(turned)
    np.testing.assert_array_equal(read_exr(turned.output), read_exr(request_.output))


def test_times_may_be_given_if_exif_has_none(tmp_path, radiance, reconstruct):
    photos = write_bracket(tmp_path, radiance, with_times=False)
    request = HdrRequest(photos, tmp_path / "out.exr")
    with pytest.raises(PhotoError, match=r"states no exposure time.*--times"):
        reconstruct(request)
    reconstruct(replace(request, times_s=(0.01, 0.04, 0.16)))
    np.testing.assert_allclose(read_exr(request.output), radiance, rtol=0.06, atol=0.002)
    with pytest.raises(PhotoError, match=r"exposure times: 2 value\(s\) for 3 photograph\(s\)"):
        reconstruct(replace(request, times_s=(0.01, 0.04)))


def test_a_bracket_of_another_camera_is_inverted_by_the_gamma_that_fits(tmp_path, radiance, reconstruct):
    photos = write_bracket(tmp_path, radiance, curve="gamma:1.6")
    request = HdrRequest(photos, tmp_path / "out.exr")
    assert reconstruct(request).response.startswith("gamma:1.")
    np.testing.assert_allclose(read_exr(request.output), radiance, rtol=0.15, atol=0.01)
    assert reconstruct(replace(request, response="srgb")).response == "srgb"


def test_a_bracket_held_by_hand_is_aligned_and_says_so(tmp_path, reconstruct):
    coarse = np.random.default_rng(0).uniform(-5, 1, (20, 25, 3)).astype(np.float32)
    radiance = np.exp2(cv2.resize(coarse, (200, 160)))
    photos = write_bracket(tmp_path, radiance)
    pixels = np.asarray(Image.open(photos[0]))
    metadata = PhotoMetadata(EXPOSURES[0] / 100, 8.0, 100.0, None)
    write_photo(photos[0], np.roll(pixels, (2, -3), axis=(0, 1)), metadata)
    request = HdrRequest(photos, tmp_path / "out.exr")
    notes = []
    record = reconstruct(request, on_note=notes.append)
    assert len(notes) == 1
    assert "photo-0.25.png moved by +3 pixels to the right and -2 down" in notes[0]
    assert (record.width, record.height) == (197, 158)
    np.testing.assert_allclose(read_exr(request.output), radiance[:-2, 3:], rtol=0.1, atol=0.005)
    record = reconstruct(replace(request, align=False), on_note=notes.append)
    assert (record.width, record.height, len(notes)) == (200, 160, 1)


def test_the_colours_of_a_phone_become_rec709(tmp_path, radiance, reconstruct):
    photos = write_bracket(tmp_path, radiance)
    plain = HdrRequest(photos, tmp_path / "plain.exr")
    reconstruct(plain)
    for photo in photos:
        with Image.open(photo) as image:
            image.save(photo, exif=image.getexif(), icc_profile=icc_profile("Display P3", DISPLAY_P3))
    converted = replace(plain, output=tmp_path / "converted.exr")
    notes = []
    reconstruct(converted, on_note=notes.append)
    assert notes == ["colours are converted from Display P3 to Rec.709"]
    expected = read_exr(plain.output)
    convert_to_rec709(expected, primaries_of_profile(icc_profile("Display P3", DISPLAY_P3)))
    np.testing.assert_array_equal(read_exr(converted.output), expected)


def test_a_bracket_of_raw_files_is_linear_and_shares_one_white_balance(tmp_path, reconstruct):
    pytest.importorskip("rawpy", reason="rawpy is not installed, so raw files are not read")
    light = np.exp2(np.linspace(-9, 0, 80 * 100).reshape(80, 100))
    photos = []
    for exposure, blue in zip(EXPOSURES, (0.5, 0.6, 0.7), strict=True):
        mosaic = np.minimum(light * exposure, 1.0) * WHITE_LEVEL
        time_s = Fraction(exposure) / 100
        photos.append(tmp_path / f"{exposure}.dng")
        photos[-1].write_bytes(dng(mosaic, time_s=time_s, neutral=(1.0, 1.0, blue)))
    request = HdrRequest(tuple(photos), tmp_path / "out.exr")
    record = reconstruct(request)
    assert record.response == "linear"
    assert record.exposures_ev == (-2.0, 0.0, 2.0)
    # With the first file's white balance, equal codes have the same colour in every photograph.
    found = read_exr(request.output)[8:-8, 8:-8]
    ratio = found / found[..., 1:2]
    assert np.ptp(ratio[..., 2]) < 0.05 * ratio[..., 2].mean()


def test_16_bits_count(tmp_path, radiance, reconstruct):
    """A photograph of 16 bits gives radiance in finer steps than 8 bits."""
    codes = np.rint(np.linspace(20000, 20100, 80 * 100 * 3)).astype(np.uint16).reshape(80, 100, 3)
    paths = []
    for exposure in EXPOSURES:
        paths.append(tmp_path / f"{exposure}.png")
        linear = (codes / 65535) * exposure
        stored = np.rint(np.minimum(linear, 1.0) * 65535).astype(np.uint16)
        paths[-1].write_bytes(cv2.imencode(".png", stored[..., ::-1])[1].tobytes())
    request = HdrRequest(tuple(paths), tmp_path / "out.exr", EXPOSURES, "linear")
    reconstruct(request)
    np.testing.assert_allclose(read_exr(request.output), codes / 65535, rtol=1e-4)


def test_an_hdr_file_is_written_if_requested(request_, reconstruct):
    reconstruct(replace(request_, write_hdr=True))
    assert request_.output.with_suffix(".hdr").stat().st_size > 1000


def test_photographs_of_different_size_are_rejected(request_, tmp_path, reconstruct):
    small = tmp_path / "small.png"
    write_photo(small, np.zeros((10, 10, 3), np.uint8), PhotoMetadata(1.0, 8.0, 100.0, None))
    with pytest.raises(PhotoError, match="small.png is 10x10 pixels.*must have one size"):
        reconstruct(replace(request_, photos=(*request_.photos[:2], small)))


def test_the_same_request_is_done_with_its_model_only(request_, reconstruct, model_file, tmp_path):
    method = network_method("model", model_file)
    assert not request_.is_done(method)
    record = reconstruct(request_)
    assert request_.is_done(method)
    assert record.model == "model"
    other = tmp_path / "other.pt"
    other.write_bytes(model_file.read_bytes() + b"trained longer")
    assert not request_.is_done(network_method("model", other))
    assert not replace(request_, response="linear").is_done(method)


def test_a_picture_by_earlier_code_is_not_done(request_, reconstruct, model_file, monkeypatch):
    reconstruct(request_)
    raise_version(monkeypatch, "reconstruct")
    assert not request_.is_done(network_method("model", model_file))
    reconstruct(request_)
    assert request_.is_done(network_method("model", model_file))
