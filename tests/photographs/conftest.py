"""Small variants and scenes, as trainings are tested with."""

from tests.learning.conftest import generator, lamps, one_thread, small_variant, written

__all__ = ["generator", "lamps", "one_thread", "small_variant", "written"]
