import io

import numpy as np
import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from hdrbatch.errors import TaskError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import read_photo, write_photo

NO_METADATA = PhotoMetadata(exposure_time_s=None, f_number=None, iso=None, camera=None)


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize("time_s", [2.0**k / 32 for k in range(-15, 16)] + [1 / 30, 1 / 3, 0.1, 15.0, 2**0.5])
def test_any_shutter_time_is_read_back_as_the_same_float(tmp_path, codes, time_s):
    metadata = PhotoMetadata(exposure_time_s=time_s, f_number=8.0, iso=100.0, camera="hdrbatch")
    write_photo(tmp_path / "a.png", codes, metadata)
    photo = read_photo(tmp_path / "a.png")
    assert photo.metadata == metadata
    np.testing.assert_array_equal(np.rint(photo.pixels * 255), codes)


def test_unknown_values_are_omitted(tmp_path, codes):
    write_photo(tmp_path / "a.png", codes, NO_METADATA)
    metadata = read_photo(tmp_path / "a.png").metadata
    assert metadata == PhotoMetadata(exposure_time_s=None, f_number=None, iso=None, camera="hdrbatch")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (PhotoMetadata(1e-15, None, None, None), "EXIF cannot hold the exposure time 1e-15 exactly"),
        (PhotoMetadata(-1.0, None, None, None), "EXIF cannot hold the exposure time"),
        (PhotoMetadata(1.0, float("inf"), None, None), "EXIF cannot hold the f-number inf"),
        (PhotoMetadata(1.0, 8.0, 0.5, None), "EXIF cannot hold ISO 0.5; give a whole number"),
    ],
)
def test_what_exif_cannot_hold_is_rejected(tmp_path, codes, metadata, words):
    with pytest.raises(TaskError, match=words):
        write_photo(tmp_path / "a.png", codes, metadata)


def test_a_missing_or_invalid_exposure_is_none(tmp_path, codes):
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = 0.0
    for name, options in (("none.jpg", {}), ("zero.jpg", {"exif": exif})):
        (tmp_path / name).write_bytes(_jpeg(codes, **options))
        assert read_photo(tmp_path / name).metadata == NO_METADATA


def _jpeg(codes: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(codes).save(buffer, format="JPEG", **options)
    return buffer.getvalue()


def _read_details(tmp_path, codes, **details):
    """Read back the EXIF of a JPEG that has these values."""
    exif = Image.Exif()
    for name, value in details.items():
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name]] = value
    (tmp_path / "a.jpg").write_bytes(_jpeg(codes, exif=exif))
    return read_photo(tmp_path / "a.jpg").metadata


@pytest.mark.parametrize(
    ("time_value", "time_s"), [(4.0, 1 / 16), (-0.0, 1.0), (-2.0, 4.0), (6.643856, 0.01)]
)
def test_a_shutter_time_in_apex_alone_is_read(tmp_path, codes, time_value, time_s):
    metadata = _read_details(tmp_path, codes, ShutterSpeedValue=time_value, ApertureValue=6.0)
    assert metadata.exposure_time_s == pytest.approx(time_s, rel=1e-5)
    assert metadata.f_number == pytest.approx(8.0)


def test_exact_values_have_priority_over_those_in_apex(tmp_path, codes):
    metadata = _read_details(
        tmp_path, codes, ExposureTime=0.25, ShutterSpeedValue=5.0, FNumber=2.8, ApertureValue=6.0
    )
    assert (metadata.exposure_time_s, metadata.f_number) == (0.25, 2.8)


@pytest.mark.parametrize("nonsense", [IFDRational(0, 0), 4294967295.0, -100.0])
def test_nonsense_in_apex_counts_as_none(tmp_path, codes, nonsense):
    metadata = _read_details(tmp_path, codes, ShutterSpeedValue=nonsense)
    assert metadata.exposure_time_s is None


def test_an_aperture_value_of_0_is_that_of_a_lens_without_contacts(tmp_path, codes):
    assert _read_details(tmp_path, codes, ApertureValue=IFDRational(0, 1)).f_number is None


@pytest.mark.parametrize(
    ("details", "iso"),
    [
        ({"RecommendedExposureIndex": 320}, 320),
        ({"StandardOutputSensitivity": 250}, 250),
        ({"ISOSpeed": 500}, 500),
        ({"ISOSpeedRatings": 65535, "SensitivityType": 2, "RecommendedExposureIndex": 102400}, 102400),
        ({"ISOSpeedRatings": 65535}, 65535),
        ({"ISOSpeedRatings": 200, "RecommendedExposureIndex": 250}, 200),
    ],
)
def test_any_tag_of_the_sensitivity_is_read(tmp_path, codes, details, iso):
    assert _read_details(tmp_path, codes, **details).iso == iso


def _rational(numerator: int, denominator: int = 1) -> IFDRational:
    return IFDRational(numerator, denominator)


TIME, SPEED, F_NUMBER, APERTURE, BIAS = 33434, 37377, 33437, 37378, 37380
ISO, TYPE, OUTPUT, INDEX, SPEED_ISO, EXPOSURE_INDEX = 34855, 34864, 34865, 34866, 34867, 41493


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({TIME: _rational(1, 60)}, {"exposure_time_s": 1 / 60}),
        ({TIME: _rational(30)}, {"exposure_time_s": 30}),
        ({TIME: _rational(0, 1), SPEED: _rational(5)}, {"exposure_time_s": 1 / 32}),
        ({TIME: _rational(0, 0), SPEED: _rational(-2)}, {"exposure_time_s": 4}),
        ({TIME: _rational(1, 60), SPEED: _rational(6)}, {"exposure_time_s": 1 / 60}),
        ({SPEED: _rational(0)}, {"exposure_time_s": 1}),
        ({SPEED: _rational(1, 0)}, {"exposure_time_s": None}),
        ({SPEED: _rational(-(2**31), 1)}, {"exposure_time_s": None}),
        ({F_NUMBER: _rational(28, 10)}, {"f_number": 2.8}),
        ({F_NUMBER: _rational(0, 1), APERTURE: _rational(6)}, {"f_number": 8}),
        ({APERTURE: _rational(-1)}, {"f_number": 2**-0.5}),
        ({APERTURE: _rational(0)}, {"f_number": None}),
        ({ISO: 200}, {"iso": 200}),
        ({ISO: (400, 0)}, {"iso": 400}),
        ({ISO: 0, EXPOSURE_INDEX: _rational(160)}, {"iso": 160}),
        ({ISO: 65535, TYPE: 2, INDEX: 102400}, {"iso": 102400}),
        ({ISO: 65535, TYPE: 1, OUTPUT: 80000}, {"iso": 80000}),
        ({ISO: 65535, TYPE: 3, SPEED_ISO: 204800}, {"iso": 204800}),
        ({INDEX: 100, OUTPUT: 125, SPEED_ISO: 160}, {"iso": 100}),
        ({ISO: 65535}, {"iso": 65535}),
        ({BIAS: _rational(-4, 3)}, {"exposure_bias_ev": -4 / 3}),
        ({BIAS: _rational(0)}, {"exposure_bias_ev": 0}),
        ({BIAS: _rational(0, 0)}, {"exposure_bias_ev": None}),
    ],
)
def test_all_tags_of_one_quantity_are_read(tmp_path, tags, expected):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a maker"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    for tag, value in tags.items():
        details[tag] = value
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    metadata = read_photo(tmp_path / "a.jpg").metadata
    for name, value in expected.items():
        found = getattr(metadata, name)
        assert found == (None if value is None else pytest.approx(value)), name


def test_the_main_directory_of_tiff_ep_states_the_exposure_too(tmp_path):
    exif = Image.Exif()
    exif[TIME], exif[F_NUMBER], exif[ISO] = _rational(1, 8), _rational(4), 800
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    metadata = read_photo(tmp_path / "a.jpg").metadata
    assert (metadata.exposure_time_s, metadata.f_number, metadata.iso) == (0.125, 4.0, 800)
