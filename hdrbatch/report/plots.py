"""Plots by matplotlib, as part of a page in the page's colours, or as a PNG."""

import hashlib
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from hdrbatch.errors import UserError
from hdrbatch.local_files import replacing, why_not_writable
from hdrbatch.report.marks import SOFTWARE, check_replaceable
from hdrbatch.report.markup import Markup, tag

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SERIES_1, SERIES_2 = "#010203", "#010204", "#010205"
"""Placeholders for the page's colours in matplotlib's SVG, since those differ in light and dark mode."""
PAGE_COLOURS = {INK: "currentColor", SERIES_1: "var(--series-1)", SERIES_2: "var(--series-2)"}
PAPER = "#ffffff"
PNG_COLOURS = {INK: "#1a1e23", SERIES_1: "#2a6fb5", SERIES_2: "#c2550a"}
"""The page's colours in light mode."""
PNG_DOTS_PER_INCH = 200
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters of labels that no XML document may contain."""

Draw = Callable[["Figure", dict[str, str]], None]
"""Function that draws on an empty figure; it is passed the colours for INK, SERIES_1 and SERIES_2."""


@dataclass(frozen=True)
class Plot:
    """A plot: its file name without ending, its description, its size and the function that draws it."""

    name: str
    label: str
    size_inches: tuple[float, float]
    draw: Draw


def page_plot(draw: Draw, size_inches: tuple[float, float], prefix: str, label: str) -> Markup:
    """Plot as an SVG that takes its colours and its font from the page.

    Parameters
    ----------
    draw
        Function that draws the plot.
    size_inches
        Width and height; the page scales the plot.
    prefix
        Prefix that makes the ids inside unique on the page.
    label
        Description of the plot, for screen readers.
    """
    written = io.StringIO()
    stand_ins = {colour: colour for colour in PAGE_COLOURS}
    _plot(
        draw,
        size_inches,
        stand_ins,
        lambda figure: figure.savefig(written, format="svg", transparent=True, metadata={"Date": None}),
    )
    return _for_page(written.getvalue(), prefix, label)


def write_pngs(plots: Iterable[Plot], folder: Path, option: str) -> tuple[Path, ...]:
    """Write plots into a folder, as PNG files named after them.

    Parameters
    ----------
    plots
        Plots to write.
    folder
        Output folder; created if missing.
    option
        Command line option that named the folder, for messages.

    Raises
    ------
    UserError
        If the folder cannot be written, or holds other files of these names; nothing is written then.
    """
    written: list[Path] = []
    plots = list(plots)
    if reason := why_not_writable(folder):
        raise UserError(f"{option} {folder}: cannot be written: {reason}")
    for plot in plots:
        check_replaceable(folder / f"{plot.name}.png", option)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for plot in plots:
            written.append(folder / f"{_file_name(plot.name)}.png")
            write_png(written[-1], plot.draw, plot.size_inches)
    except OSError as error:
        raise UserError(f"{option} {folder}: cannot be written: {error.strerror or error}") from error
    return tuple(written)


def _file_name(name: str) -> str:
    """Return a plot's name as that of a file; one that is a path or has unusual letters is replaced."""
    return name if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", name) else id_prefix(name)


def write_png(path: Path, draw: Draw, size_inches: tuple[float, float]) -> None:
    """Plot into a PNG file, on white; an existing one is replaced. The same plot gives the same bytes."""
    settings: dict[str, Any] = {
        "format": "png",
        "dpi": PNG_DOTS_PER_INCH,
        "facecolor": PAPER,
        "metadata": {"Software": SOFTWARE},
    }
    with replacing(path) as temporary:
        _plot(draw, size_inches, PNG_COLOURS, lambda figure: figure.savefig(temporary, **settings))


def _plot(
    draw: Draw, size_inches: tuple[float, float], colours: dict[str, str], save: Callable[["Figure"], None]
) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "hdrbatch",
        "text.parse_math": False,  # a name with dollar signs is no formula
        "font.size": 8,
        "text.color": colours[INK],
        "axes.edgecolor": colours[INK],
        "axes.labelcolor": colours[INK],
        "xtick.color": colours[INK],
        "ytick.color": colours[INK],
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=size_inches, layout="constrained")
        draw(figure, colours)
        save(figure)


def _for_page(svg: str, prefix: str, label: str) -> Markup:
    """Rebuild matplotlib's document as a part of a page, element by element.

    Its style sheet would apply to the whole page, and its ids would collide with those of other plots;
    metadata and sizes in points are useless there.
    """
    root = ET.fromstring(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", svg))  # noqa: S314 (made here)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": label}
    return _element(root, id_prefix(prefix)) + "\n"


def id_prefix(text: str) -> str:
    """Return letters, digits and hyphens by which the ids of one plot differ from those of all others.

    >>> id_prefix("answer-local <b>")
    'answer-local-b-abc4c025'
    """
    words = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
    return f"{words}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:8]}"


def _element(node: ET.Element, prefix: str) -> Markup:
    attributes = {
        _local_name(name): _attribute(_local_name(name), value, prefix) for name, value in node.attrib.items()
    }
    children = [node.text or ""]
    for child in node:
        if _local_name(child.tag) not in ("metadata", "style"):
            children.append(_element(child, prefix))
        children.append(child.tail or "")
    return tag(_local_name(node.tag), *children, **attributes)


def _attribute(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return f"{prefix}-{value}"
    if name == "aria-label":
        return value
    value = re.sub(r"^#(?=[A-Za-z])" if name == "href" else r"(?<=url\()#", f"#{prefix}-", value)
    value = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font: \1px system-ui, sans-serif", value)
    for stand_in, colour in PAGE_COLOURS.items():
        value = value.replace(stand_in, colour)
    return value


def _local_name(name: str) -> str:
    """Return a name without its namespace, which HTML knows by the element."""
    return name.rpartition("}")[2]
