"""Small variants and scenes, as trainings are tested with."""

from importlib.util import find_spec

if find_spec("torch"):
    from tests.learning.conftest import generator, lamps, one_thread, small_variant, written

    __all__ = ["generator", "lamps", "one_thread", "small_variant", "written"]
