"""Problems that the page lists instead of failing."""

from hdrbatch.errors import HdrbatchError
from hdrbatch.report.markup import Markup, tag

READ_ERRORS = (HdrbatchError, OSError, ValueError)
"""Errors that damaged or missing files and records raise when read (pydantic's are ValueErrors)."""


class Problems:
    """Collection of everything that could not be shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def shown(self, what: str, error: Exception) -> Markup:
        """Record a problem, and return the note that the page shows in its place.

        Parameters
        ----------
        what
            Subject of the sentence: what is missing on the page.
        error
            The cause; the first line of its text is shown.
        """
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        text = f"{what} cannot be shown: {reason}"
        self.texts.append(text)
        return tag("p", text, class_="problem")
