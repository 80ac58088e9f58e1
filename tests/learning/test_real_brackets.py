"""Photographs judge each other: a method that knows the radiance scores best at every test."""

from pathlib import Path

import numpy as np
import pytest

from hdrbatch.errors import PhotoError
from hdrbatch.imaging.files import PhotoMetadata, write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.learning import real_brackets
from hdrbatch.learning.methods import LINEARISED, MERGE
from hdrbatch.learning.model import Model, build_network
from hdrbatch.learning.real_brackets import brackets_in, evaluate_brackets
from hdrbatch.records import NETWORK, RealEvaluationRecord
from hdrbatch.specs.training import InputSpec, NetworkSpec, VariantSpec

TIMES_S = (1 / 64, 1 / 16, 1 / 4, 1.0)


@pytest.fixture
def write_bracket():
    """Photographs of smooth light over 13 stops, EV -3 to +3 around the middle two."""

    def write(folder: Path, times_s=TIMES_S, size=(64, 80)):
        folder.mkdir(parents=True)
        rows, columns = np.mgrid[: size[0], : size[1]] / size[0]
        stops = np.stack([-6 + 8 * columns, -6 + 9 * rows, -5 + 7 * rows * columns], axis=-1)
        radiance = np.exp2(stops).astype(np.float32)
        still = np.zeros_like(radiance)
        for number, time_s in enumerate(times_s):
            photo = photograph(radiance, time_s * 8, Sensor(), parse_response("srgb"), still, still)
            codes = np.rint(photo * 255).astype(np.uint8)
            write_photo(folder / f"{number}.png", codes, PhotoMetadata(time_s, 8.0, 100.0, "test"))
        return folder

    return write


def untrained(**inputs):
    """A residual network whose last layer is zero: it answers what the photographs say."""
    variant = VariantSpec(
        inputs=InputSpec.model_validate(inputs), network=NetworkSpec(width=4, depth=1, output="residual")
    )
    return Model(build_network(variant).eval(), variant)


def score(record, method, **wanted):
    (found,) = [
        row
        for row in record.scores
        if row.method == method and all(getattr(row, name) == value for name, value in wanted.items())
    ]
    return found


def test_a_subset_is_judged_by_the_merge_of_all(write_bracket, tmp_path):
    brackets = brackets_in(write_bracket(tmp_path / "field"))
    record = evaluate_brackets(untrained(ev=(-2, 0, 2), brackets="any"), brackets, model_name="m")
    merged, linearised = (score(record, method, test="subset") for method in (MERGE, LINEARISED))
    assert merged.against == "merge of all 4"
    assert merged.given == ("1.png", "2.png", "3.png")
    assert merged.stops_clipped is not None
    assert merged.pu21_psnr > linearised.pu21_psnr + 1
    assert score(record, NETWORK, test="subset").pu21_psnr == pytest.approx(merged.pu21_psnr, abs=0.5)
    assert 0.5 < merged.compared_fraction <= 1
    assert merged.psnr_codes is None


def test_what_a_subset_clips_is_judged_in_stops(write_bracket, tmp_path):
    brackets = brackets_in(write_bracket(tmp_path / "field"))
    record = evaluate_brackets(untrained(ev=(0,)), brackets, model_name="m")
    row = score(record, LINEARISED, test="subset")
    assert row.given == ("1.png",)
    assert row.stops_clipped > 0.3


def test_every_exposure_is_held_out_once_and_compared_by_its_codes(write_bracket, tmp_path):
    brackets = brackets_in(write_bracket(tmp_path / "field"))
    record = evaluate_brackets(untrained(ev=(-2, 0, 2), brackets="any"), brackets, model_name="m")
    held_out = [row for row in record.scores if row.test == "held out" and row.method == MERGE]
    assert [row.against for row in held_out] == ["0.png", "1.png", "2.png", "3.png"]
    assert all(row.against not in row.given for row in held_out)
    # Between its neighbours the radiance is known; below the shortest it is clipped.
    inner = score(record, MERGE, against="1.png")
    assert inner.psnr_codes > 40
    assert score(record, MERGE, against="0.png").psnr_codes < inner.psnr_codes - 10
    assert score(record, LINEARISED, against="3.png").psnr_codes < inner.psnr_codes


def test_a_model_that_takes_all_photographs_is_not_tested_on_them_and_says_so(write_bracket, tmp_path):
    folder = write_bracket(tmp_path / "three", TIMES_S[:3])
    record = evaluate_brackets(untrained(ev=(-2, 0, 2)), brackets_in(folder), model_name="m")
    assert record.scores == ()
    assert "three: no test on a subset, since the model takes all of its photographs" in record.notes
    assert any("0.png cannot be held out: the model takes 3 photographs" in note for note in record.notes)


def test_brackets_are_sub_folders_or_the_folder_itself(write_bracket, tmp_path):
    write_bracket(tmp_path / "all" / "b")
    write_bracket(tmp_path / "all" / "a", TIMES_S[1:3])
    write_bracket(tmp_path / "all" / "single", TIMES_S[:1])
    assert [(found.name, len(found.photos)) for found in brackets_in(tmp_path / "all")] == [
        ("a", 2),
        ("b", 4),
    ]
    (itself,) = brackets_in(tmp_path / "all" / "b")
    assert itself.exposures == pytest.approx((0.25, 1.0, 4.0, 16.0))
    assert itself.files == ("0.png", "1.png", "2.png", "3.png")


def test_of_large_photographs_every_so_many_pixels_are_scored(write_bracket, tmp_path, monkeypatch):
    folder = write_bracket(tmp_path / "field")
    (whole,) = brackets_in(folder)
    monkeypatch.setattr(real_brackets, "MOST_PIXELS", 64 * 80 // 4)
    (part,) = brackets_in(folder)
    np.testing.assert_array_equal(part.photos[1], whole.photos[1][::2, ::2])


def test_wrong_exposure_times_are_named(write_bracket, tmp_path):
    folder = write_bracket(tmp_path / "field")
    picture = next(iter(brackets_in(folder))).photos[2]
    codes = np.rint(picture * 255).astype(np.uint8)
    write_photo(folder / "2.png", codes, PhotoMetadata(TIMES_S[2] * 1.8, 8.0, 100.0, "test"))
    record = evaluate_brackets(untrained(ev=(0,)), brackets_in(folder), model_name="m")
    assert any("claim to be" in note and "field: " in note for note in record.notes)


def test_a_folder_without_brackets_is_refused(tmp_path):
    with pytest.raises(PhotoError, match="--real .*none: there is no such folder"):
        list(brackets_in(tmp_path / "none"))
    with pytest.raises(PhotoError, match="neither it nor a folder in it has two photographs or more"):
        list(brackets_in(tmp_path))


def test_the_record_is_read_back_as_it_was(write_bracket, tmp_path):
    brackets = brackets_in(write_bracket(tmp_path / "field", TIMES_S[:2]))
    record = evaluate_brackets(untrained(ev=(0,)), brackets, model_name="m")
    assert "Held out:" in record.metric_settings
    assert RealEvaluationRecord.model_validate_json(record.to_bytes()) == record
