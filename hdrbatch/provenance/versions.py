"""The recorded versions of the code behind each kind of result.

Digests of results contain these numbers, so a result is redone when the code that decides it changes. The
numbers are recorded, not written by hand: ``make versions`` (``tests/versions``) raises them, and a test
fails while the sources differ from the recorded ones.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

RECORD = "versions.json"


@cache
def recorded_versions() -> Mapping[str, int]:
    """Version of each kind of result, by name."""
    record = json.loads((files("hdrbatch.provenance") / RECORD).read_text())
    return {kind: entry["version"] for kind, entry in record["kinds"].items()}


def version_of(kind: str) -> int:
    """Version of the code that decides a kind of result; 0 if none was recorded.

    Parameters
    ----------
    kind : str
        One of :func:`hdrbatch.provenance.result_kinds.result_kinds`.
    """
    return recorded_versions().get(kind, 0)


def version_of_family(family: str) -> int:
    """Version of the code that builds a family's scenes; 0 if none was recorded."""
    return version_of(f"family/{family}")
