"""Random faults in the package, and which of them no fast test notices.

``python -m tests.bench.mutations [NUMBER [SEED]]`` changes a copy of the package at one place at a time, runs
the fast tests of the room and of the command line, and prints what survives. It tells of tests that look
without seeing; a survivor may also be a change that means nothing.
"""

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_BY_FAST_TESTS = ("blender", "scenes", "tasks")
"""Rooms that renders and trainings test."""
COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


def places_in(source: str) -> list[int]:
    """The lines of all places that can be changed, in the order of ``mutant``'s numbers."""
    return [node.lineno for node in _places(ast.parse(source))]


def mutant(source: str, number: int) -> tuple[str, str]:
    """What is changed at a place, and the source with the change."""
    tree = ast.parse(source)
    node = _places(tree)[number]
    before = ast.unparse(node).partition("\n")[0]
    _change(node)
    after = ast.unparse(node).partition("\n")[0]
    return f"{before}  ->  {after}", ast.unparse(ast.fix_missing_locations(tree))


def _places(tree: ast.AST) -> list[ast.AST]:
    return [node for node in ast.walk(tree) if _can_change(node)]


def _can_change(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ops=[operator, *_]):
            return type(operator) in COMPARISONS
        case ast.BinOp(op=operator):
            return type(operator) in ARITHMETIC
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return False
        case ast.BoolOp() | ast.If() | ast.IfExp():
            return True
        case ast.Constant(value=value):
            return isinstance(value, int | float)
        case ast.Return(value=value):
            return value is not None and not isinstance(value, ast.Constant)
    return False


def _change(node: ast.AST) -> None:
    match node:
        case ast.Compare():
            node.ops[0] = COMPARISONS[type(node.ops[0])]()
        case ast.BinOp():
            node.op = ARITHMETIC[type(node.op)]()
        case ast.BoolOp():
            node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant():
            node.value = not node.value if isinstance(node.value, bool) else node.value + 1
        case ast.Return():
            node.value = ast.Constant(None)


def covered_lines(copy: Path) -> dict[str, set[int]]:
    """Lines of the package that the fast tests reach, by file."""
    from coverage import Coverage

    command = [*_pytest(), "--numprocesses=2", "--cov", "--cov-report=", "--cov-fail-under=0"]
    done = subprocess.run(command, cwd=copy, check=False, stdout=subprocess.PIPE, env=_environment(copy))
    if done.returncode:
        raise SystemExit(f"the tests fail without a fault:\n{done.stdout.decode()[-2000:]}")
    measured = Coverage(data_file=copy / ".coverage")
    measured.load()
    data = measured.get_data()
    return {
        Path(file).relative_to(copy).as_posix(): set(data.lines(file) or ()) for file in data.measured_files()
    }


def _pytest() -> list[str]:
    return [sys.executable, "-m", "pytest", "--fast", "-q", "-p", "no:cacheprovider"]


def _environment(copy: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(copy)}


def tests_of(file: str) -> list[str]:
    """The tests that touch a module: those of its room, and the command line's."""
    room = Path(file).parts[1].removesuffix(".py")
    return [folder for folder in dict.fromkeys((f"tests/{room}", "tests/cli")) if (ROOT / folder).is_dir()]


def is_noticed(copy: Path, file: str) -> bool:
    """Whether a test fails."""
    command = [*_pytest(), "-x", *tests_of(file)]
    done = subprocess.run(command, cwd=copy, check=False, capture_output=True, env=_environment(copy))
    # 4: conftest.py cannot be imported
    if done.returncode not in (0, 1, 2, 4):
        raise SystemExit(f"the tests cannot be run:\n{done.stdout.decode()[-2000:]}")
    return done.returncode != 0


def main(number: int = 20, seed: int = 0) -> None:
    """Try so many places."""
    chooser = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        skipped = shutil.ignore_patterns(".venv", ".git", "*_cache", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, copy, ignore=skipped)
        lines = covered_lines(copy)
        files = [file for file in sorted(lines) if Path(file).parts[1] not in NOT_BY_FAST_TESTS]
        places = [
            (file, line, place)
            for file in files
            for place, line in enumerate(places_in((copy / file).read_text()))
            if line in lines[file]
        ]
        print(f"{len(places)} places in {len(files)} files", flush=True)
        survivors = 0
        for file, line, place in chooser.sample(places, number):
            original = (copy / file).read_text()
            what, changed = mutant(original, place)
            (copy / file).write_text(changed)
            noticed = is_noticed(copy, file)
            (copy / file).write_text(original)
            survivors += not noticed
            print(f"{'noticed ' if noticed else 'SURVIVED'}  {file}:{line}: {what}", flush=True)
    print(f"{survivors} of {number} survived")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
