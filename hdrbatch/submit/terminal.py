"""Where commands print: text as it is, since names and paths may have square brackets."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def terminal(*, stderr: bool = False, soft_wrap: bool = False, quiet: bool = False) -> "Console":
    """Return a console that takes no text for markup; styles are given by ``style`` or as ``Text``."""
    from rich.console import Console

    return Console(
        stderr=stderr, soft_wrap=soft_wrap, quiet=quiet, highlight=False, markup=False, emoji=False
    )
