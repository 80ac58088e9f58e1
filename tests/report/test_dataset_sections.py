from collections import Counter

from hdrbatch.records.dataset_index import DatasetRecord
from hdrbatch.report.dataset_sections import _scene_text, spread_over_families
from hdrbatch.storage import keys


def test_the_summary_counts_scenes_by_split_and_family(shop, render_page):
    shop.add_dataset("local", num_train=4, num_test=2)
    section = render_page(shop.store).part("datasets")
    rows = [[cell.text for cell in row.children] for row in section.all("table")[0].all("tr")]
    assert rows == [
        ["", "interior", "outdoor", "street", "all"],
        ["train", "2", "1", "1", "4"],
        ["test", "1", "1", "0", "2"],
    ]
    facts = section.of_class("facts")[0].text
    assert "6 (4 train, 2 test)" in facts
    assert "48 \u00d7 36" in facts
    assert "10, EV \u22125 to +4" in facts


def test_the_dynamic_range_is_the_median_minimum_and_maximum_of_the_scenes(shop, render_page):
    shop.add_dataset("local", num_train=3, num_test=0)
    index = DatasetRecord.model_validate_json(shop.store.get_bytes(keys.dataset_index("local")))
    stops = (9.0, 20.0, 12.5)
    scenes = tuple(
        entry.model_copy(update={"scene": entry.scene.model_copy(update={"dynamic_range_stops": value})})
        for entry, value in zip(index.scenes, stops, strict=True)
    )
    changed = index.model_copy(update={"scenes": scenes})
    shop.put_again("index_dataset", "local", keys.dataset_index("local"), changed.to_bytes())
    facts = render_page(shop.store).part("datasets").of_class("facts")[0].text
    assert "12.5 median, 9.0 minimum, 20.0 maximum" in facts


def test_a_scene_shows_its_reference_and_the_whole_ladder_in_order(shop, render_page):
    shop.add_dataset("local", num_train=1, num_test=1)
    section = render_page(shop.store).part("datasets")
    assert [e.text for e in section.all("h4")] == ["Training scenes", "Test scenes"]
    train, test = section.all("article")
    assert [train.all("h5")[0].text, test.all("h5")[0].text] == ["interior-0001", "interior-9001"]
    reference, *ladder = train.all("figcaption")
    assert reference.text == "reference, tone-mapped"
    assert [caption.all("b")[0].text for caption in ladder] == [
        f"EV {ev:+d}".replace("-", "\u2212").replace("+0", "0") for ev in range(-5, 5)
    ]
    scene = (
        DatasetRecord.model_validate_json(shop.store.get_bytes(keys.dataset_index("local"))).scenes[0].scene
    )
    brightest = scene.exposures[-1].clipped_fraction
    assert brightest > 0.3
    assert ladder[-1].text.endswith(f"{round(brightest * 100)} % clipped")
    assert "sun elevation 23.5\u00b0" in train.text


def test_of_many_scenes_some_are_shown_evenly_over_the_families_and_the_page_says_so(
    shop, render_page, monkeypatch
):
    monkeypatch.setattr("hdrbatch.report.dataset_sections.SCENES_PER_SPLIT", 3)
    shop.add_dataset("local", num_train=8, num_test=1)
    section = render_page(shop.store).part("datasets")
    shown = [article.all("h5")[0].text for article in section.all("article")]
    families = Counter(name.partition("-")[0] for name in shown[:-1])
    assert set(families.values()) == {1}
    assert section.all("h4")[0].text.startswith("Training scenes: showing 3 of 8")


def test_a_rare_family_is_shown_although_the_others_come_first(shop):
    shop.add_dataset("local", num_train=9, num_test=0)
    index = DatasetRecord.model_validate_json(shop.store.get_bytes(keys.dataset_index("local")))
    by_family = sorted(index.scenes, key=lambda entry: entry.scene.family)
    uneven = by_family[:6] + by_family[-1:]
    chosen = spread_over_families(uneven, 3)
    assert [entry.scene.family for entry in chosen] == ["interior", "outdoor", "street"]
    assert spread_over_families(uneven, 100) == uneven


def test_a_scene_says_what_moves_and_that_its_reference_was_denoised(shop):
    shop.add_dataset("local", num_train=1, num_test=0)
    index = DatasetRecord.model_validate_json(shop.store.get_bytes(keys.dataset_index("local")))
    still = index.scenes[0].scene
    moving = still.model_copy(update={"motion": "both", "denoised": True})
    assert "moving" not in _scene_text(still)
    assert "denoised" not in _scene_text(still)
    assert "moving things and camera · denoised reference" in _scene_text(moving)
