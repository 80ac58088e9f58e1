"""Which tests are slow, and why: marks by folder and fixture, ``--fast`` and ``--slow``.

``conftest.py`` takes the hooks from here. A test is marked by hand only where neither its folder nor its
fixtures tell: ``@pytest.mark.render`` for one that starts Blender elsewhere.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SLOW = {
    "render": "needs Blender (bpy)",
    "training": "trains a network",
    "server": "starts an S3 server",
    "browser": "starts a browser",
    "package": "builds the wheel and installs it",
    "container": "builds container images",
    "cluster": "brings up a real Slurm",
}
MARK_OF_FOLDER = {
    "blender": "render",
    "scenes": "render",
    "learning/loop": "training",
    "learning/test_parallel.py": "training",
    "cluster": "cluster",
    "containers": "container",
}
LONGEST = ("test_readme.py", "test_chain.py", "test_wheel.py", "cli/test_render.py", "containers", "cluster")
"""Slow tests that run first, so that none of two processes is left with one of them at the end."""
MARK_OF_FIXTURE = {"s3_server": "server"}
NEEDS = {"render": ("bpy",), "training": ("torch",)}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice between the two halves of the suite."""
    half = parser.getgroup("hdrbatch").addoption
    half("--fast", action="store_const", dest="half", const="fast", help="only tests that are not slow")
    half("--slow", action="store_const", dest="half", const="slow", help="only " + ", ".join(SLOW))


def register_marks(config: pytest.Config) -> None:
    """Make the marks known."""
    for mark, meaning in SLOW.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}; slow")
    config.addinivalue_line("markers", "golden: compares with a text that make golden rewrites")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out folders whose tests are all slow, which saves importing Blender."""
    if config.option.half != "fast" or TESTS not in collection_path.parents:
        return None
    return collection_path.relative_to(TESTS).as_posix() in MARK_OF_FOLDER or None


@pytest.hookimpl(tryfirst=True)  # before -m selects by the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests, and take the half that is asked for."""
    for item in items:
        for mark in _marks(item):
            item.add_marker(mark)
    if config.option.half is None:
        return
    wants_slow = config.option.half == "slow"
    others = [item for item in items if is_slow(item) != wants_slow]
    items[:] = [item for item in items if is_slow(item) == wants_slow]
    if wants_slow:
        items.sort(key=_rank)
    config.hook.pytest_deselected(items=others)


def _rank(item: pytest.Item) -> int:
    path = item.path.relative_to(TESTS)
    return next((rank for rank, part in enumerate(LONGEST) if path.is_relative_to(part)), len(LONGEST))


def _marks(item: pytest.Item) -> set[str]:
    path = item.path.relative_to(TESTS)
    marks = {mark for folder, mark in MARK_OF_FOLDER.items() if path.is_relative_to(folder)}
    asked = set(getattr(item, "fixturenames", ()))
    # The fixture ``store`` asks for its server only once it runs.
    if getattr(item, "callspec", None) and item.callspec.params.get("store") == "s3":
        asked.add("s3_server")
    return marks | {mark for fixture, mark in MARK_OF_FIXTURE.items() if fixture in asked}


def is_slow(item: pytest.Item) -> bool:
    """Whether a test is left out by ``--fast``."""
    return any(mark.name in SLOW for mark in item.iter_markers())


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here."""
    for mark, modules in NEEDS.items():
        if item.get_closest_marker(mark):
            for module in modules:
                if find_spec(module) is None:
                    pytest.skip(
                        f"{module} is not installed (extra: {'train' if module == 'torch' else mark})"
                    )
