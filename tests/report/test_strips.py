from hdrbatch.report.strips import STRIPS_PER_VARIANT


def test_a_strip_names_its_columns_and_rows(shop, render_page):
    shop.add_sweep("local", "local", scenes=["interior-9001"])
    ldr, candidates = render_page(shop.store).part("scores").of_class("strip")
    assert [column.text for column in ldr.of_class("column")] == [
        "linearised photograph",
        "network",
        "reference",
    ]
    assert candidates.of_class("column")[0].text == "merge of the inputs"
    assert [row.text for row in ldr.of_class("row")] == ["tone-mapped", "at EV \u22124"]
    alt = ldr.all("img")[0].attributes["alt"]
    assert alt == (
        "interior-9001: linearised photograph, network, reference; above tone-mapped, below at EV \u22124"
    )


def test_of_many_test_scenes_some_are_shown_and_the_page_says_so(shop, render_page):
    scenes = [f"interior-{9000 + number}" for number in range(STRIPS_PER_VARIANT + 1)]
    shop.add_sweep("local", "local", scenes=scenes)
    section = render_page(shop.store).part("scores")
    assert len(section.of_class("strip")) == 2 * STRIPS_PER_VARIANT
    assert section.all("h4")[0].text.endswith(f": showing {STRIPS_PER_VARIANT} of {STRIPS_PER_VARIANT + 1}")
