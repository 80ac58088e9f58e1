"""The tests stand where their modules stand, and a file holds one thing."""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "hdrbatch", ROOT / "tests"
SCENARIO_FOLDERS = {"cluster", "containers"}
"""What only several parts together show, on a real Slurm or in real containers."""
SCENARIOS = {
    "cli/test_cluster_commands.py": "commands on a cluster that a fake Slurm plays",
    "cli/test_console.py": "what a person reads, command by command",
    "cli/test_plan_commands.py": "one plan through status, logs, retry and doctor",
    "cli/test_startup.py": "what a command loads before it works",
    "cli/test_version.py": "what --version says of the installed packages",
    "cli/test_store_commands.py": "one store through all that is done to it",
    "imaging/test_imports.py": "what the room loads",
    "imaging/test_pixel_statements.py": "what other programs write is read as they mean it",
    "photographs/test_shared_brackets.py": "real brackets from end to end",
    "provenance/test_record.py": "sources that differ from the recorded ones are noticed",
    "provenance/test_trees.py": "the recorded sources are found in git",
    "storage/test_faults.py": "a server that fails in every way",
    "storage/test_hostile_store.py": "a store that others write to, or that lies",
    "storage/test_secrets.py": "secrets planted wherever a user may have them",
    "storage/test_silent_store.py": "a store that hangs",
    "storage/test_own_files.py": "stores touch their own files alone",
    "storage/test_store.py": "what every kind of store has to do",
}
MOST_LINES = 400
LONGER: dict[str, str] = {}
"""Files that may be longer, and why; one that is short again must leave the list."""
SHARED_NAMES = {"__init__", "__main__", "base"}


def test_every_test_file_has_its_module_or_is_a_scenario_with_a_reason():
    files = {file.relative_to(TESTS) for file in TESTS.rglob("test_*.py")}
    alone = {path.as_posix() for path in files if not has_module(path)}
    assert sorted(alone - set(SCENARIOS)) == [], "name them after a module, or say here what they show"
    assert sorted(set(SCENARIOS) - alone) == [], "these are no exceptions any more"


def has_module(path: Path) -> bool:
    """``tests/ROOM/test_X.py`` has ``hdrbatch/ROOM/X.py``, and so has a folder of parts ``tests/ROOM/X/``."""
    if path.parts[0] in SCENARIO_FOLDERS or len(path.parts) == 1:
        return True  # what stands at the top is of the whole repository
    module = PACKAGE / path.parent / path.stem.removeprefix("test_")
    part_of = PACKAGE / path.parent
    return module.with_suffix(".py").is_file() or module.is_dir() or part_of.with_suffix(".py").is_file()


def test_no_two_modules_have_one_name():
    counts = Counter(file.stem for file in PACKAGE.rglob("*.py") if file.stem not in SHARED_NAMES)
    assert [name for name, number in counts.items() if number > 1] == []


def test_no_file_is_too_long_but_for_those_with_a_reason():
    lengths = {
        file.relative_to(ROOT).as_posix(): len(file.read_text().splitlines())
        for folder in (PACKAGE, TESTS)
        for file in folder.rglob("*.py")
    }
    long = {name for name, lines in lengths.items() if lines > MOST_LINES}
    assert sorted(long - set(LONGER)) == [], f"split them: more than {MOST_LINES} lines hold two things"
    assert sorted(set(LONGER) - long) == [], "these are short again, and leave the list"
