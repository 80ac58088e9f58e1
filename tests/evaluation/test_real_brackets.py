"""Photographs of a bracket serve as each other's ground truth; true radiance scores best in every test."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hdrbatch.errors import PhotoError
from hdrbatch.evaluation import real_brackets
from hdrbatch.evaluation.methods import LINEARISED, MERGE
from hdrbatch.evaluation.real_brackets import brackets_in, evaluate_brackets
from hdrbatch.imaging.exif import PhotoMetadata
from hdrbatch.imaging.photo import write_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor, photograph
from hdrbatch.learning.model import Model, build_network
from hdrbatch.records.scores import NETWORK, RealEvaluationRecord
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

TIMES_S = (1 / 64, 1 / 16, 1 / 4, 1.0)


@pytest.fixture
def write_bracket():
    """Photographs of light over 13 stops, with a pattern to align them by, EV -3 to +3."""

    def write(folder: Path, times_s=TIMES_S, radiance=None):
        folder.mkdir(parents=True)
        if radiance is None:
            rows, columns = np.mgrid[:64, :80] / 64
            stops = np.stack([-6 + 8 * columns, -6 + 9 * rows, -5 + 7 * rows * columns], axis=-1)
            pattern = np.random.default_rng(0).choice([-1.0, 1.0], (16, 20)).repeat(4, 0).repeat(4, 1)
            radiance = np.exp2(stops + pattern[..., None]).astype(np.float32)
        still = np.zeros_like(radiance)
        for number, time_s in enumerate(times_s):
            photo = photograph(radiance, time_s * 8, Sensor(), parse_response("srgb"), still, still)
            codes = np.rint(photo * 255).astype(np.uint8)
            write_photo(folder / f"{number}.png", codes, PhotoMetadata(time_s, 8.0, 100.0, "test"))
        return folder

    return write


def untrained(**inputs):
    """A residual network whose last layer is zero: it returns the radiance of the photographs."""
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


def test_a_subset_is_compared_with_the_merge_of_all(write_bracket, tmp_path):
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


def test_clipped_areas_of_a_subset_are_compared_in_stops(write_bracket, tmp_path):
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


def test_a_model_that_needs_all_photographs_is_scored_by_their_reproduction(write_bracket, tmp_path):
    folder = write_bracket(tmp_path / "three", TIMES_S[:3])
    record = evaluate_brackets(untrained(ev=(-2, 0, 2)), brackets_in(folder), model_name="m")
    assert {row.test for row in record.scores} == {"given back"}
    merged, linearised = (score(record, method, test="given back") for method in (MERGE, LINEARISED))
    assert merged.given == ("0.png", "1.png", "2.png")
    assert merged.against == "themselves"
    assert score(record, NETWORK, test="given back").psnr_codes == pytest.approx(merged.psnr_codes, abs=2)
    assert merged.psnr_codes > linearised.psnr_codes + 3
    assert merged.compared_fraction < 1
    (note,) = [note for note in record.notes if "held out" in note]
    assert note.startswith("three: the model needs all 3 photographs, so none can be held out")


def test_a_model_for_any_bracket_is_scored_on_three_photographs_in_every_way(write_bracket, tmp_path):
    folder = write_bracket(tmp_path / "three", TIMES_S[:3])
    model = untrained(ev=(-2, 0, 2), brackets="any")
    record = evaluate_brackets(model, brackets_in(folder), model_name="m")
    assert score(record, NETWORK, test="subset").given == ("1.png", "2.png")
    held_out = [row for row in record.scores if (row.test, row.method) == ("held out", NETWORK)]
    assert [row.against for row in held_out] == ["0.png", "1.png", "2.png"]


def test_a_bracket_with_too_few_photographs_is_named_and_the_others_are_scored(write_bracket, tmp_path):
    write_bracket(tmp_path / "all" / "four")
    write_bracket(tmp_path / "all" / "two", TIMES_S[:2])
    record = evaluate_brackets(untrained(ev=(-2, 0, 2)), brackets_in(tmp_path / "all"), model_name="m")
    assert {row.bracket for row in record.scores} == {"four"}
    assert any(note.startswith("two: not scored: the model requires 3 photographs") for note in record.notes)


def test_photographs_of_a_moving_hand_are_aligned_before_they_are_scored(write_bracket, tmp_path):
    rows, columns = np.mgrid[:160, :200]
    stops = (
        np.sin(rows / 5) + np.sin(columns / 7) + np.sin((rows + columns) / 11) + np.sin(rows * columns / 900)
    )
    texture = np.exp2(stops - 3)[..., None].repeat(3, axis=2).astype(np.float32)
    folder = write_bracket(tmp_path / "field", radiance=texture)
    model = untrained(ev=(-2, 0, 2), brackets="any")
    still = evaluate_brackets(model, brackets_in(folder), model_name="m")
    picture = np.asarray(Image.open(folder / "2.png"))
    moved = np.roll(picture, (3, -4), axis=(0, 1))
    write_photo(folder / "2.png", moved, PhotoMetadata(TIMES_S[2], 8.0, 100.0, "test"))
    (bracket,) = brackets_in(folder)
    assert bracket.photos[0].shape == (157, 196, 3)
    record = evaluate_brackets(model, [bracket], model_name="m")
    assert "field: aligned: 2.png moved by +4 pixels to the right and -3 down" in record.notes
    for against in bracket.files:
        found, wanted = (score(one, MERGE, against=against).psnr_codes for one in (record, still))
        assert found == pytest.approx(wanted, abs=1)


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


def test_large_photographs_are_sampled_for_scoring(write_bracket, tmp_path, monkeypatch):
    folder = write_bracket(tmp_path / "field")
    (whole,) = brackets_in(folder)
    monkeypatch.setattr(real_brackets, "MAX_PIXELS", 64 * 80 // 4)
    (part,) = brackets_in(folder)
    np.testing.assert_array_equal(part.photos[1], whole.photos[1][::2, ::2])


def test_wrong_exposure_times_are_named(write_bracket, tmp_path):
    folder = write_bracket(tmp_path / "field")
    picture = next(iter(brackets_in(folder))).photos[2]
    codes = np.rint(picture * 255).astype(np.uint8)
    write_photo(folder / "2.png", codes, PhotoMetadata(TIMES_S[2] * 1.8, 8.0, 100.0, "test"))
    record = evaluate_brackets(untrained(ev=(0,)), brackets_in(folder), model_name="m")
    assert any("2.png contradicts the other" in note and "field: " in note for note in record.notes)


def test_a_folder_without_brackets_is_rejected(tmp_path):
    with pytest.raises(PhotoError, match="--real .*none: the folder does not exist"):
        list(brackets_in(tmp_path / "none"))
    with pytest.raises(PhotoError, match="neither the folder nor a folder in it has two or more photographs"):
        list(brackets_in(tmp_path))


def test_the_record_is_read_back_as_it_was(write_bracket, tmp_path):
    brackets = brackets_in(write_bracket(tmp_path / "field", TIMES_S[:2]))
    record = evaluate_brackets(untrained(ev=(0,)), brackets, model_name="m")
    assert "Held out:" in record.metric_settings
    assert RealEvaluationRecord.model_validate_json(record.to_bytes()) == record
