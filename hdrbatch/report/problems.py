"""What a report could not show: named on the page instead of ending it."""

from hdrbatch.errors import HdrbatchError
from hdrbatch.report.markup import Markup, tag

READ_ERRORS = (HdrbatchError, OSError, ValueError)
"""All that reading damaged or missing files and records raises (pydantic's errors are ValueErrors)."""


class Problems:
    """Collects what could not be shown."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def shown(self, what: str, error: Exception) -> Markup:
        """Remember a problem, and give what stands on the page in that place.

        Parameters
        ----------
        what
            Begins the sentence: what is missing on the page.
        error
            Why; the first line of its text is shown.
        """
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        text = f"{what} cannot be shown: {reason}"
        self.texts.append(text)
        return tag("p", text, class_="problem")
