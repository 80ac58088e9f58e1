"""Progress of work whose parts come one after the other, on stderr; nothing where that is no terminal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def with_bar(items: Iterable[Item], title: str, total: int | None = None) -> Iterator[Item]:
    """Yield items while a bar shows how many have been worked on, of how many if that is known."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from hdrbatch.submit.terminal import terminal

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=terminal(stderr=True), transient=True) as bars:
        bar = bars.add_task(title, total=total)
        for item in items:
            yield item
            bars.advance(bar)


@contextmanager
def with_spinner(title: str) -> Iterator[None]:
    """Show that something is at work whose length is not known."""
    from rich.text import Text

    from hdrbatch.submit.terminal import terminal

    with terminal(stderr=True).status(Text(title)):
        yield
