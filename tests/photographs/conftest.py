"""The small variants and scenes with which training is tested."""

from importlib.util import find_spec

if find_spec("torch"):
    from tests.learning.conftest import generator, lamps, one_thread, small_variant, written

    __all__ = ["generator", "lamps", "one_thread", "small_variant", "written"]
