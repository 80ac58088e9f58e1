from pathlib import Path

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import Photo
from hdrbatch.photographs.bracket import (
    bracket_exposures,
    check_times,
    is_told_by_bias,
    listed_photographs,
    photographs_in,
    read_times,
    reference_exposure,
    relative_exposures,
)


def _photo(time_s=1.0, f_number=8.0, iso=100.0) -> PhotoMetadata:
    return PhotoMetadata(exposure_time_s=time_s, f_number=f_number, iso=iso, camera=None)


def _names(count: int) -> list[str]:
    return [f"img{index}.jpg" for index in range(count)]


def test_the_middle_of_an_odd_bracket_is_one_in_any_order():
    exposures = relative_exposures([_photo(8), _photo(1 / 8), _photo(1)], _names(3))
    np.testing.assert_array_equal(exposures, [8, 1 / 8, 1])
    assert exposures.dtype == np.float64


def test_an_even_bracket_takes_the_lower_middle():
    times = [1 / 30, 1 / 4, 2.5, 15]
    np.testing.assert_allclose(
        relative_exposures([_photo(t) for t in times], _names(4)), np.asarray(times) * 4
    )


def test_time_iso_and_aperture_all_count():
    photos = [
        _photo(1, 8, 100),
        _photo(0.5, 8, 100),
        _photo(1, 16, 100),
        _photo(1, 8, 400),
        _photo(1, 8, 800),
    ]
    np.testing.assert_allclose(relative_exposures(photos, _names(5)), [1, 0.5, 0.25, 4, 8])


def test_what_no_photograph_states_is_constant():
    photos = [_photo(1, None, None), _photo(2, None, None), _photo(4, None, None)]
    np.testing.assert_allclose(relative_exposures(photos, _names(3)), [0.5, 1, 2])


def test_one_photograph_is_its_own_middle():
    np.testing.assert_array_equal(relative_exposures([_photo(1 / 7)], _names(1)), [1])


@pytest.mark.parametrize(
    ("photos", "words"),
    [
        ([_photo(), _photo(None)], r"EXIF of img1\.jpg states no exposure time, .*--times 1/30"),
        ([_photo(None), _photo(None)], r"EXIF of img0\.jpg, img1\.jpg states no exposure time"),
        ([_photo(iso=None), _photo()], r"EXIF of img0\.jpg states no ISO"),
        ([_photo(), _photo(f_number=None)], r"EXIF of img1\.jpg states no f-number"),
        ([], "there is no photograph"),
    ],
)  # fmt: skip
def test_a_photograph_with_incomplete_exif_is_named(photos, words):
    with pytest.raises(PhotoError, match=words):
        relative_exposures(photos, _names(len(photos)))


def test_a_folder_gives_its_photographs_by_name_and_nothing_else(tmp_path):
    for name in (
        "b.JPG",
        "a.png",
        "c.tiff",
        "._a.png",
        "notes.txt",
        "out.exr",
        "out.png",
        "out.gamma.png",
        "d.nef",
        "d.jpg",
    ):
        (tmp_path / name).touch()
    (tmp_path / "e.jpg").mkdir()
    assert [path.name for path in photographs_in(tmp_path)] == ["a.png", "b.JPG", "c.tiff", "d.nef"]


def test_a_folder_without_photographs_is_rejected(tmp_path):
    with pytest.raises(PhotoError, match=r"has no photographs \(JPEG, PNG, TIFF or raw files\)"):
        photographs_in(tmp_path)


def test_times_are_read_from_a_file_in_the_order_of_the_photographs(tmp_path):
    file = tmp_path / "times.csv"
    file.write_text('\ufeffname,seconds\n# mine\na.jpg, 1/4\n\n"my b.jpg",2.5\nmy c.jpg 8\nother.jpg,1\n')
    photos = [Path("x/my c.jpg"), Path("x/a.jpg"), Path("x/my b.jpg")]
    assert read_times(file, photos) == (8.0, 0.25, 2.5)


@pytest.mark.parametrize(
    "line",
    [
        "a, b.jpg\t1/4",
        "a, b.jpg\t0,25",
        "a, b.jpg;0,25",
        "a, b.jpg;0.25",
        '"a, b.jpg",1/4',
        "a, b.jpg ; 1/4 ",
    ],
)
def test_columns_are_separated_as_spreadsheets_do(tmp_path, line):
    (tmp_path / "times.txt").write_text(f"name\tseconds\n{line}\n")
    assert read_times(tmp_path / "times.txt", [Path("a, b.jpg")]) == (0.25,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a.jpg,1\nb.jpg,0\n", r"times\.csv, line 2: 'b\.jpg,0' is not understood; write a name and seconds"),
        ("a.jpg,1\n2.5\n", r"line 2: '2\.5' is not understood; write a name"),
        ("a.jpg,1\n", r"has no exposure time of b\.jpg; add a line"),
    ],
)
def test_an_incomplete_file_of_times_is_rejected(tmp_path, content, words):
    (tmp_path / "times.csv").write_text(content)
    with pytest.raises(PhotoError, match=words):
        read_times(tmp_path / "times.csv", [Path("a.jpg"), Path("b.jpg")])


def test_a_missing_file_of_times_is_named(tmp_path):
    with pytest.raises(PhotoError, match=r"exposure times in .*nowhere\.csv cannot be read"):
        read_times(tmp_path / "nowhere.csv", [Path("a.jpg")])


def test_a_photograph_next_to_a_result_of_its_name_stays_a_photograph(tmp_path) -> None:
    for name in ("a.jpg", "a.exr", "a.png", "b.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in photographs_in(tmp_path)] == ["a.jpg", "b.jpg"]


def test_an_empty_list_of_photographs_is_rejected():
    with pytest.raises(PhotoError, match="no photographs are given; name at least one"):
        listed_photographs([])


@pytest.mark.parametrize(
    ("times_s", "words"),
    [
        ([0, 1], "0 s is not a time; give positive, finite seconds"),
        ([1, -1], "-1 s is not a time"),
        ([1, np.inf], "inf s is not a time"),
        ([np.nan, 1], "nan s is not a time"),
        ([1], r"1 value\(s\) for 2 photograph\(s\); give one for each"),
    ],
)
def test_exposure_times_must_be_positive_finite_and_one_for_each_photograph(times_s, words):
    with pytest.raises(PhotoError, match=f"exposure times: {words}"):
        check_times(times_s, 2)
    check_times([1 / 30, 2], 2)


@pytest.mark.parametrize(
    "make", [Path.symlink_to, Path.hardlink_to, lambda copy, of: copy.write_bytes(of.read_bytes())]
)
def test_one_photograph_by_two_paths_is_rejected(tmp_path, make):
    photo, other = tmp_path / "a.jpg", tmp_path / "b.jpg"
    photo.write_bytes(b"a photograph")
    make(other, photo)
    for named in ([photo, other], [tmp_path]):
        with pytest.raises(
            PhotoError, match=r"b\.jpg is the same photograph as .*a\.jpg; name each photograph once"
        ):
            listed_photographs(named)


def test_a_bracket_with_no_time_is_told_from_the_exposure_bias():
    def photo(bias, time_s=None):
        metadata = PhotoMetadata(time_s, 8.0, 100.0, None, exposure_bias_ev=bias)
        return Photo(np.zeros((4, 4, 3), np.uint8), metadata)

    paths = [Path(name) for name in "abc"]
    photos = [photo(bias) for bias in (-2.0, 0.0, 5 / 3)]
    assert is_told_by_bias(photos, None)
    np.testing.assert_allclose(bracket_exposures(photos, paths, None), np.exp2([-2, 0, 5 / 3]))
    timed = [photo(bias, time_s) for bias, time_s in ((-2.0, 1.0), (0.0, 2.0), (2.0, 4.0))]
    for others in (timed, [photo(0.0)] * 3, [*photos[:2], photo(None)], [*photos[:2], timed[2]]):
        assert not is_told_by_bias(others, None)
    assert not is_told_by_bias(photos, [1.0, 2.0, 4.0])


def test_the_reference_exposure_is_that_of_the_middle_photograph():
    photos = [
        Photo(np.zeros((4, 4, 3), np.uint8), PhotoMetadata(time_s, 4.0, 200.0, None))
        for time_s in (1.0, 0.25, 4.0)
    ]
    reference = reference_exposure(photos, [1.0, 0.25, 4.0], None)
    assert (reference.photo, reference.time_s) == (0, 1.0)
    assert reference.exposure == pytest.approx(1.0 * 2 / 16)
    assert reference_exposure(photos, [1.0, 0.25, 4.0], [8.0, 2.0, 32.0]).exposure == pytest.approx(1.0)
    unknown = [Photo(np.zeros((4, 4, 3), np.uint8), PhotoMetadata(None, None, None, None))]
    assert reference_exposure(unknown, [1.0], None).exposure is None
    assert reference_exposure(unknown, [1.0], [0.5]).exposure == 0.5


@pytest.mark.parametrize(
    "wrong", [PhotoMetadata(1.0, 1e-200, 100, None), PhotoMetadata(1e300, 8, 1e30, None)], ids=["f", "time"]
)
def test_an_exposure_that_no_camera_has_is_refused_by_name(wrong):
    with pytest.raises(PhotoError, match=r"b\.jpg: its EXIF states an exposure of .*which no camera has"):
        relative_exposures([PhotoMetadata(1.0, 8, 100, None), wrong], ["a.jpg", "b.jpg"])


def test_a_name_with_an_unusual_space_is_a_name(tmp_path):
    path = tmp_path / "Screenshot 3.00\u202fPM.png"
    path.write_bytes(b"x")
    assert photographs_in(tmp_path) == [path]
