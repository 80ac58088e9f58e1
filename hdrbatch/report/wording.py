"""Numbers and lists in the words of a report."""

from collections.abc import Iterable

UNITS = {"_deg": "\N{DEGREE SIGN}", "_kelvin": " K", "_cd_m2": " cd/m\N{SUPERSCRIPT TWO}", "_m": " m"}
"""Units by the ending of a scene fact's name."""


def listed(words: Iterable[str]) -> str:
    """Join words into a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def counted(number: int, noun: str) -> str:
    """Format a number with its noun.

    >>> counted(1, "scene"), counted(3, "scene")
    ('1 scene', '3 scenes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def ev_text(ev: float) -> str:
    """Format an exposure with its sign.

    >>> ev_text(-5.0)
    'EV \N{MINUS SIGN}5'
    """
    return f"EV {stops_text(ev)}"


def stops_text(stops: float) -> str:
    """Format a difference in stops with its sign; 0 has none.

    >>> stops_text(1.994), stops_text(0.0)
    ('+1.99', '0')
    """
    rounded = round(stops, 2) + 0.0
    return f"{rounded:+g}".replace("-", "\N{MINUS SIGN}") if rounded else "0"


def share_text(share: float) -> str:
    """Format a share in percent; only an exact zero gives 0 %.

    >>> share_text(0.123), share_text(0.0004), share_text(0.0)
    ('12 %', '<1 %', '0 %')
    """
    if 0 < share < 0.01:
        return "<1 %"
    # 100 % means every pixel.
    return f"{round(share * 100) if share == 1 else min(round(share * 100), 99)} %"


def fact_text(name: str, value: float | str) -> str:
    """Format a fact of a scene; the ending of its name gives its unit.

    >>> fact_text("lamp_kelvin", 2200.0), fact_text("lake", "yes")
    ('lamp 2,200 K', 'lake yes')
    """
    ending = next((ending for ending in UNITS if name.endswith(ending)), "")
    words = name.removesuffix(ending).replace("_", " ")
    if isinstance(value, str):
        return f"{words} {value}"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{words} {number}{UNITS.get(ending, '')}".replace("-", "\N{MINUS SIGN}")
