"""Recorded versions, raised for a test."""

import pytest

from hdrbatch.provenance import versions
from hdrbatch.provenance.versions import recorded_versions


def raise_version(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Let the recorded version of a kind be the next one, as after ``make versions OTHER=kind``."""
    before = recorded_versions()
    monkeypatch.setattr(versions, "recorded_versions", lambda: {**before, kind: before[kind] + 1})
