"""Golden texts: what a command printed or submitted when somebody last read it.

``make golden`` writes them anew; read the difference before it is committed.
"""

import os
from pathlib import Path

UPDATE = "HDRBATCH_UPDATE_GOLDEN"


def assert_golden(text: str, path: Path) -> None:
    """Compare a text with the golden one, or write that."""
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    golden = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == golden, f"{path.name} is another text: if that is meant, make golden, and read the diff"
