"""HTML that is escaped by construction: all text is escaped, except elements that were built here."""

import re
from collections.abc import Iterable, Mapping

from markupsafe import Markup, escape

__all__ = ["Markup", "facts_list", "joined", "table", "tag"]

VOID_ELEMENTS = frozenset({"br", "img", "meta"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:-]*")


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
    >>> str(tag("p", "a < b ", tag("b", "!"), class_="note"))
    '<p class="note">a &lt; b <b>!</b></p>'
    """
    start = joined(
        Markup(' {}="{}"').format(_name(key.rstrip("_").replace("_", "-")), str(value))
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID_ELEMENTS:
        return Markup("<{}{}>").format(_name(name), start)
    return Markup("<{0}{1}>{2}</{0}>").format(_name(name), start, joined(children))


def joined(parts: Iterable[str]) -> Markup:
    """Concatenate parts; text among them is escaped."""
    return Markup("").join(escape(part) for part in parts)


def _name(name: str) -> str:
    """Return the name of an element or attribute; escaping cannot make any other text one."""
    assert _NAME.fullmatch(name), name
    return name


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
