from hypothesis import given
from hypothesis import strategies as st

from hdrbatch.report.markup import Markup, facts_list, joined, table, tag

# What HTML itself allows: control characters and lone surrogates have no place in a page.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]))


@given(TEXT, TEXT)
def test_any_text_comes_back_as_text_and_as_an_attribute(parse, text, value):
    document = parse(tag("p", text, title=value))
    (element,) = document.everything()[1:]
    assert element.attributes == {"title": value}
    assert "".join(element.texts) == text


def test_markup_inside_is_not_escaped_again():
    assert tag("p", tag("b", "<"), " & ") == "<p><b>&lt;</b> &amp; </p>"


def test_attributes_that_are_none_are_left_out_and_underscores_are_hyphens():
    assert tag("div", class_=None, aria_label="x", id="y") == '<div aria-label="x" id="y"></div>'


def test_elements_without_content_have_no_end():
    assert tag("img", alt="") == '<img alt="">'


def test_joined_text_is_escaped_and_is_markup():
    assert joined(["<", Markup("<br>")]) == "&lt;<br>"
    assert isinstance(joined([]), Markup)


def test_a_table_scrolls_in_a_container_that_the_keyboard_reaches():
    made = table({"a <": None, "b": "words"}, [tag("tr", tag("td", "1"))])
    assert made.startswith('<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">a &lt;</th>')
    assert '<th scope="col" class="words">b</th>' in made


def test_facts_are_names_with_values():
    assert facts_list({"size": "<1"}) == '<dl class="facts"><div><dt>size</dt><dd>&lt;1</dd></div></dl>'
