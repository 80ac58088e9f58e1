from fractions import Fraction

import numpy as np
import pytest
from PIL import ExifTags, Image

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.exr import read_exr
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, normal_noise, photograph
from hdrbatch.photographs.merging import merge_files, merge_method
from hdrbatch.photographs.request import HdrRequest
from hdrbatch.records.hdr_record import ReconstructionRecord
from tests.photographs.negatives import WHITE_LEVEL, dng
from tests.raised import raise_version

TIMES_S = [1 / 64, 1 / 16, 1 / 4]
MARGIN = 20
NOTHING = PhotoMetadata(None, None, None, None)
HEIGHT, WIDTH = 300, 120


def radiance():
    """Smooth waves over ten stops, at the exposure of the middle photograph."""
    down, right = np.mgrid[0 : HEIGHT + 2 * MARGIN, 0 : WIDTH + 2 * MARGIN] / 6.0
    waves = np.sin(down) + np.sin(0.7 * right) + np.sin(0.31 * (down + right)) + np.sin(0.13 * (down - right))
    return np.exp2(1.25 * waves - 4)[..., None].repeat(3, axis=2).astype(np.float32)


def bracket(folder, curve="srgb", offsets=((0, 0), (0, 0), (0, 0)), exif=True):
    rng = np.random.default_rng(0)
    paths = []
    for index, (time_s, (right, down)) in enumerate(zip(TIMES_S, offsets, strict=True)):
        seen = radiance()[MARGIN + down :, MARGIN + right :][:HEIGHT, :WIDTH]
        noise = normal_noise(seen.shape, rng)
        photo = photograph(seen, time_s / TIMES_S[1], Sensor(), parse_response(curve), *noise)
        paths.append(folder / f"{index}.png")
        metadata = PhotoMetadata(exposure_time_s=time_s, f_number=8.0, iso=100, camera="Test")
        write_photo(paths[-1], np.round(photo * 255).astype(np.uint8), metadata if exif else NOTHING)
    return tuple(paths)


def middle_part(margin=0):
    return radiance()[MARGIN + margin : -MARGIN - margin, MARGIN + margin : -MARGIN - margin]


@pytest.mark.parametrize(
    ("curve", "response"), [("srgb", "auto"), ("gamma:1.5", "auto"), ("srgb", "debevec")]
)
def test_a_bracket_of_files_becomes_the_radiance_that_was_photographed(tmp_path, curve, response):
    request = HdrRequest(bracket(tmp_path, curve), tmp_path / "out" / "scene.exr", response=response)
    record = merge_files(request)
    merged, truth = read_exr(request.output), middle_part()
    assert merged.shape == truth.shape
    assert record.exposures_ev == (-2.0, 0.0, 2.0)
    assert record.warnings == ()
    well_exposed = (truth > 0.01) & (truth < 2)
    stops_off = np.log2(merged[well_exposed] / truth[well_exposed])
    assert abs(np.median(stops_off)) < 0.1
    assert np.std(stops_off) < 0.1
    assert all(path.is_file() for path in request.results())
    assert ReconstructionRecord.model_validate_json(request.record.read_bytes()) == record


def test_a_moved_bracket_is_aligned_and_cropped(tmp_path):
    photos = bracket(tmp_path, offsets=((4, -6), (0, 0), (-3, 2)))
    notes = []
    record = merge_files(HdrRequest(photos, tmp_path / "scene.exr"), on_note=notes.append)
    assert (record.width, record.height) == (WIDTH - 7, HEIGHT - 8)
    assert list(record.notes) == notes
    assert notes == [
        "aligned: 0.png moved by +4 pixels to the right and -6 down",
        "aligned: 2.png moved by -3 pixels to the right and +2 down",
    ]
    truth = middle_part()[2:-6, 4 : WIDTH - 3]
    well_exposed = (truth > 0.01) & (truth < 2)
    stops_off = np.log2(read_exr(tmp_path / "scene.exr")[well_exposed] / truth[well_exposed])
    assert np.std(stops_off) < 0.1


def test_a_merge_is_done_and_another_request_is_not(tmp_path):
    photos = bracket(tmp_path)
    request = HdrRequest(photos, tmp_path / "scene.exr", write_hdr=True)
    assert not request.is_done(merge_method())
    merge_files(request)
    assert request.is_done(merge_method())
    assert not HdrRequest(photos, request.output, response="gamma:2", write_hdr=True).is_done(merge_method())


def test_a_merge_by_earlier_code_is_not_done(tmp_path, monkeypatch):
    request = HdrRequest(bracket(tmp_path), tmp_path / "scene.exr")
    merge_files(request)
    raise_version(monkeypatch, "merge")
    assert not request.is_done(merge_method())
    merge_files(request)
    assert request.is_done(merge_method())


def test_identical_photographs_are_named(tmp_path):
    photos = bracket(tmp_path)
    photos[2].write_bytes(photos[1].read_bytes())
    record = merge_files(HdrRequest(photos, tmp_path / "scene.exr", times_s=tuple(TIMES_S)))
    (warning,) = record.warnings
    assert (
        "2.png contradicts the other photographs (it measures 0.0 stops from 1.png instead of 2.0)" in warning
    )


def test_times_are_required_if_exif_has_none_and_one_for_each(tmp_path):
    photos = bracket(tmp_path, exif=False)
    with pytest.raises(PhotoError, match="states no exposure time"):
        merge_files(HdrRequest(photos, tmp_path / "scene.exr"))
    with pytest.raises(PhotoError, match=r"exposure times: 2 value\(s\) for 3 photograph\(s\)"):
        merge_files(HdrRequest(photos, tmp_path / "scene.exr", times_s=(1.0, 2.0)))
    record = merge_files(HdrRequest(photos, tmp_path / "scene.exr", times_s=tuple(TIMES_S)))
    assert record.exposures_ev == (-2.0, 0.0, 2.0)


def test_progress_counts_rows(tmp_path):
    seen = []
    request = HdrRequest(bracket(tmp_path), tmp_path / "scene.exr", align=False)
    merge_files(request, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, HEIGHT), (HEIGHT, HEIGHT)]


def test_an_hdr_file_of_an_earlier_result_is_deleted(tmp_path):
    photos = bracket(tmp_path)
    with_hdr = HdrRequest(photos, tmp_path / "scene.exr", write_hdr=True)
    merge_files(with_hdr)
    assert with_hdr.radiance_hdr.exists()
    merge_files(HdrRequest(photos, tmp_path / "scene.exr", response="gamma:2"))
    assert not with_hdr.radiance_hdr.exists()


def test_highlights_of_a_sensor_that_is_full_below_its_stated_white_have_no_cast(tmp_path):
    pytest.importorskip("rawpy", reason="rawpy is not installed, so raw files are not read")
    neutral, photos = (0.5, 1.0, 0.6), []
    right = 2.0 ** np.linspace(-6, 1, 160)[None] * np.ones((120, 1))
    seen = np.empty((120, 160))
    for time_s in (Fraction(1, 16), Fraction(1, 4), Fraction(1)):
        for down, across, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
            light = right[down::2, across::2] * float(time_s) * 3 * neutral[channel]
            seen[down::2, across::2] = np.minimum(light, 0.9)
        photos.append(tmp_path / f"{time_s.denominator}.dng")
        photos[-1].write_bytes(dng(np.rint(seen * WHITE_LEVEL), neutral=neutral, time_s=time_s))
    record = merge_files(HdrRequest(tuple(photos), tmp_path / "scene.exr", align=False))
    merged = read_exr(tmp_path / "scene.exr")
    colour = np.median(merged[:, 120:150] / merged[:, 120:150, 1:2], axis=(0, 1))
    dim = np.median(merged[:, 10:100] / merged[:, 10:100, 1:2], axis=(0, 1))
    np.testing.assert_allclose(colour, dim, rtol=0.03)
    assert record.white_codes[0] == record.last_code == 65535
    assert record.white_codes[1] == pytest.approx(0.9 * 65535, rel=0.01)
    assert any("white is taken at code 65535" in note for note in record.notes)


def test_absolute_radiance_of_two_brackets_of_one_scene_is_equal(tmp_path):
    seen, found = radiance()[MARGIN:-MARGIN, MARGIN:-MARGIN], {}
    for name, times_s in (("left", (1 / 64, 1 / 16, 1 / 4)), ("right", (1 / 16, 1 / 4, 1))):
        paths = [tmp_path / f"{name}{time_s}.png" for time_s in times_s]
        for path, time_s in zip(paths, times_s, strict=True):
            value = parse_response("srgb").apply(seen * time_s * 4)
            write_photo(path, np.round(value * 255).astype(np.uint8), PhotoMetadata(time_s, 8.0, 200, "Test"))
        for absolute in (False, True):
            output = tmp_path / f"{name}-{absolute}.exr"
            record = merge_files(HdrRequest(tuple(paths), output, absolute=absolute))
            found[name, absolute] = float(np.median(read_exr(output)))
            assert (record.reference, record.reference_time_s) == (1, times_s[1])
            assert (record.reference_f_number, record.reference_iso) == (8.0, 200.0)
            assert record.exposure_of_one == (1.0 if absolute else pytest.approx(times_s[1] * 2 / 64))
    assert found["left", True] == pytest.approx(found["right", True], rel=0.02)
    assert found["right", False] == pytest.approx(4 * found["left", False], rel=0.02)
    assert found["left", True] == pytest.approx(found["left", False] / (1 / 16 * 2 / 64), rel=1e-5)


def test_absolute_radiance_requires_an_exposure_time(tmp_path):
    path = tmp_path / "a.png"
    write_photo(path, np.arange(243, dtype=np.uint8).reshape(9, 9, 3), NOTHING)
    with pytest.raises(
        PhotoError, match=r"--absolute: .*a\.png states no exposure time; give it \(--times\)"
    ):
        merge_files(HdrRequest((path,), tmp_path / "scene.exr", absolute=True))
    assert not (tmp_path / "scene.exr").exists()


def test_a_bracket_told_by_bias_is_merged_with_a_warning(tmp_path):
    paths = []
    for bias in (-2, 0, 2):
        exif = Image.Exif()
        exif[ExifTags.Base.Make] = "a maker"
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureBiasValue] = float(bias)
        value = parse_response("srgb").apply(middle_part() * 2.0**bias)
        paths.append(tmp_path / f"{bias}.png")
        Image.fromarray(np.round(value * 255).astype(np.uint8)).save(paths[-1], exif=exif)
    record = merge_files(HdrRequest(tuple(paths), tmp_path / "scene.exr"))
    assert record.exposures_ev == (-2.0, 0.0, 2.0)
    (warning,) = record.warnings
    assert "their exposures are taken from the exposure bias; give the times" in warning
