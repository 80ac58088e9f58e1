import base64
import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.photographs.merging import MERGED


def captions(section):
    return [caption.text for caption in section.all("figcaption")]


def pixels(section, caption):
    figure = next(f for f in section.all("figure") if f.all("figcaption")[0].text == caption)
    source = figure.all("img")[0].attributes["src"]
    with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as image:
        return np.asarray(image.convert("RGB")).astype(float)


def test_a_bracket_shows_before_after_highlights_and_the_photographs_used(
    shop, photos, reconstruct, render_page
):
    reconstruct(photos / "deep" / "er", "garden", (-2.0, 0.0, 1.994))
    section = render_page(shop.store, photos).part("photographs")
    assert captions(section) == [
        "before: the middle photograph",
        "after: the result, tone-mapped",
        "highlights at EV \u22123: the photograph",
        "highlights at EV \u22123: the result",
        "highlights at EV \u22126: the photograph",
        "highlights at EV \u22126: the result",
        "\u22122 stops garden-0.jpg",
        "0 stops garden-1.jpg",
        "+1.99 stops garden-2.jpg",
    ]
    assert "Made by local/candidates from 3 photographs of 3; 48 \u00d7 36 pixels" in section.text


def test_highlights_of_photograph_and_result_are_on_one_scale(shop, photos, reconstruct, render_page):
    """Both agree where the photograph is not clipped; where it is, only the result has detail."""
    record = reconstruct(photos, "garden")
    section = render_page(shop.store, photos).part("photographs")
    before = pixels(section, "highlights at EV \u22123: the photograph")
    after = pixels(section, "highlights at EV \u22123: the result")
    brightest = read_exr(photos / "garden.exr").max(axis=-1)
    assert record.response == "srgb"
    assert np.abs(before - after)[brightest < 0.5].mean() < 6
    clipped = brightest > 8
    assert clipped.any()
    # Full well at EV -3 is 1/8, encoded by a gamma of 2.2: the photograph's own ceiling (and JPEG's ringing).
    ceiling = 255 * 0.125 ** (1 / 2.2)
    assert ceiling - 5 < np.median(before[clipped]) < ceiling + 5
    assert before.max() < ceiling + 15
    assert after[clipped].max(axis=-1).min() > 225


def test_a_measured_response_is_taken_from_the_record(shop, photos, reconstruct, render_page):
    record = reconstruct(photos, "garden")
    linear = np.linspace(0, 1, 256) ** 2.2
    measured = {"response": "calibrated:debevec", "response_samples": tuple(linear.tolist())}
    (photos / "garden.json").write_bytes(record.model_copy(update=measured).to_bytes())
    section = render_page(shop.store, photos).part("photographs")
    before = pixels(section, "highlights at EV \u22123: the photograph")
    ceiling = 255 * 0.125 ** (1 / 2.2)
    assert ceiling - 5 < np.quantile(before, 0.99) < ceiling + 15


def test_without_highlights_beyond_three_stops_there_is_no_darker_row(shop, photos, reconstruct, render_page):
    reconstruct(photos, "garden")
    write_exr(photos / "garden.exr", np.minimum(read_exr(photos / "garden.exr"), np.float32(4)))
    section = render_page(shop.store, photos).part("photographs")
    assert "highlights at EV \u22123: the result" in captions(section)
    assert not any("\u22126" in caption for caption in captions(section))


def test_originals_that_are_gone_are_said_to_be_gone(shop, photos, reconstruct, render_page):
    record = reconstruct(photos, "garden", (-2.0, 0.0, 2.0))
    for name in record.photos:
        (photos / name).unlink()
    section = render_page(shop.store, photos).part("photographs")
    problems = [problem.text for problem in section.of_class("problem")]
    assert any(
        "garden-1.jpg cannot be shown: the original no longer exists; it was" in text for text in problems
    )
    assert "after: the result, tone-mapped" in captions(section)
    assert "highlights at EV \u22123: the result" in captions(section)


def test_a_folder_that_was_moved_whole_is_still_shown(shop, photos, reconstruct, tmp_path, render_page):
    reconstruct(photos, "garden")
    shutil.move(photos, tmp_path / "moved")
    page = render_page(shop.store, tmp_path / "moved")
    assert not page.of_class("problem")
    assert len(page.part("photographs").all("img")) == 4 + 2 + 1


@pytest.mark.parametrize("damage", [b"", b"not an EXR", None])
def test_a_result_that_cannot_be_read_is_named_and_the_photograph_still_shown(
    shop, photos, reconstruct, render_page, damage
):
    reconstruct(photos, "garden")
    if damage is None:
        (photos / "garden.exr").unlink()
    else:
        (photos / "garden.exr").write_bytes(damage)
    section = render_page(shop.store, photos).part("photographs")
    assert "the result garden.exr cannot be shown: " in section.of_class("problem")[0].text
    assert "before: the middle photograph" in captions(section)


def test_a_damaged_photograph_is_named(shop, photos, reconstruct, render_page):
    reconstruct(photos, "garden")
    (photos / "garden-0.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    section = render_page(shop.store, photos).part("photographs")
    assert "the photograph garden-0.jpg cannot be shown: " in section.of_class("problem")[0].text


def test_nan_in_a_result_is_shown_black(shop, photos, reconstruct, render_page):
    reconstruct(photos, "garden")
    radiance = read_exr(photos / "garden.exr")
    radiance[:8, :8] = np.nan
    write_exr(photos / "garden.exr", radiance)
    section = render_page(shop.store, photos).part("photographs")
    assert pixels(section, "highlights at EV \u22123: the result")[:6, :6].max() < 10


def test_other_json_files_are_passed_over(shop, photos, reconstruct, render_page):
    reconstruct(photos, "garden")
    (photos / "package.json").write_text("{}")
    (photos / "list.json").write_text("[1]")
    (photos / "broken.json").write_text("{")
    page = render_page(shop.store, photos, photos)
    assert [title.text for title in page.part("photographs").all("h3")] == ["garden"]
    assert not page.of_class("problem")


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"new_in_a_later_version": 1}, "another version of hdrbatch wrote it"),
        ({"used": [7]}, "are inconsistent"),
        ({"exposures_ev": []}, "are inconsistent"),
        ({"photos": [], "exposures_ev": [], "used": []}, "are inconsistent"),
    ],
)
def test_a_record_that_cannot_be_used_is_named(shop, photos, reconstruct, render_page, update, reason):
    record = reconstruct(photos, "garden")
    (photos / "garden.json").write_text(json.dumps(record.model_dump(mode="json") | update))
    (problem,) = render_page(shop.store, photos).of_class("problem")
    assert problem.text.startswith(f"{photos / 'garden.json'} cannot be shown: ")
    assert reason in problem.text


def test_results_of_one_folder_stand_in_the_order_of_their_names(shop, photos, reconstruct, render_page):
    for name in ("garden-single", "garden", "a"):
        reconstruct(photos, name)
    titles = [title.text for title in render_page(shop.store, photos).part("photographs").all("h3")]
    assert titles == ["a", "garden", "garden-single"]


def test_warnings_of_the_reconstruction_are_on_the_page(shop, photos, reconstruct, render_page):
    record = reconstruct(photos, "garden")
    warned = record.model_copy(update={"warnings": ("the exposures <disagree>",)})
    (photos / "garden.json").write_bytes(warned.to_bytes())
    section = render_page(shop.store, photos).part("photographs")
    assert [problem.text for problem in section.of_class("problem")] == ["Warning: the exposures <disagree>"]


def test_a_merge_is_not_said_to_be_a_networks(shop, photos, reconstruct, render_page):
    record = reconstruct(photos, "garden", (-2.0, 0.0, 2.0))
    merged = record.model_copy(update={"model": MERGED})
    (photos / "garden.json").write_bytes(merged.to_bytes())
    section = render_page(shop.store, photos).part("photographs")
    assert "Merged without a network from 3 photographs of 3" in section.text
    assert "Photographs used" in section.text
    assert "iven to the network" not in section.text
