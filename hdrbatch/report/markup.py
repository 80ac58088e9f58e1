"""HTML that is escaped by construction: all text is escaped, except elements that were built here."""

from collections.abc import Iterable, Mapping
from html import escape

VOID_ELEMENTS = frozenset({"br", "img", "meta"})


class Markup(str):
    """HTML; any other string that is put into an element is text."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | None) -> Markup:
    """Build an element.

    Parameters
    ----------
    name
        Name of the element.
    children
        Content; Markup is kept as it is, other text is escaped.
    attributes
        Attributes; an underscore at the end is dropped (``class_``), others become hyphens (``aria_label``).
        An attribute that is None is omitted.

    Examples
    --------
    >>> tag("p", "a < b ", tag("b", "!"), class_="note")
    '<p class="note">a &lt; b <b>!</b></p>'
    """
    start = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID_ELEMENTS:
        return Markup(f"<{name}{start}>")
    return Markup(f"<{name}{start}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Concatenate parts; text among them is escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part) for part in parts))


def facts_list(facts: Mapping[str, str]) -> Markup:
    """Build a list of names and values."""
    items = (tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items())
    return tag("dl", joined(items), class_="facts")


def table(head: Mapping[str, str | None], body: Iterable[str]) -> Markup:
    """Build a table that scrolls inside its own container.

    Parameters
    ----------
    head
        Titles of the columns, each with the class of its cell or None.
    body
        The rows.
    """
    cells = (tag("th", title, scope="col", class_=kind) for title, kind in head.items())
    header = tag("thead", tag("tr", *cells))
    # Focusable, so that the keyboard can scroll it too.
    return tag("div", tag("table", header, tag("tbody", joined(body))), class_="scroll", tabindex="0")
