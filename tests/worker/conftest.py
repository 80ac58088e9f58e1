"""Retries without their delays, as storage is tested with."""

from tests.storage.conftest import no_delay

__all__ = ["no_delay"]
