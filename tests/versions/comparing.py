"""Golden outputs of two trees, made side by side and compared; what was made once is kept."""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from tests.versions.products import Product
from tests.versions.record import RecordError

Outputs = Mapping[str, str]
"""SHA-256 of the parts of a product, by name."""


def differences(before: Mapping[str, Outputs], now: Mapping[str, Outputs]) -> list[str]:
    """What is not the same to the bit, a line for each product."""
    lines = []
    for name, parts in now.items():
        earlier = before.get(name)
        if earlier is None:
            lines.append(f"{name}: the recorded sources make no such product")
        elif changed := [part for part in {**earlier, **parts} if earlier.get(part) != parts.get(part)]:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            lines.append(f"{name}: {', '.join(changed[:3])}{more}")
    return lines


class Cache:
    """Golden outputs that were made before, by the sources and the environment that made them.

    Parameters
    ----------
    folder : Path
        Where they are kept; it may be removed at any time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, product: Product, closures: Mapping[str, str], recipes: str) -> str:
        """A name for what these sources and recipes make here."""
        return _sha256([closures.get(kind) for kind in product.kinds], recipes, environment())

    def read(self, name: str, key: str) -> Outputs | None:
        try:
            kept: Outputs = json.loads(self._path(name, key).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return kept

    def write(self, name: str, key: str, outputs: Outputs) -> None:
        path = self._path(name, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(outputs))
        partial.replace(path)

    def _path(self, name: str, key: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}-{key[:16]}.json"


class Making:
    """A process that makes golden outputs of a tree.

    Parameters
    ----------
    tree : Path
        Where ``hdrbatch/`` and ``tests/`` are.
    names : collection of str
        What to make.
    folder : Path
        An empty folder for its log and its answer.
    """

    def __init__(self, tree: Path, names: Collection[str], folder: Path) -> None:
        self._log, self._output = folder / "log", folder / "outputs.json"
        self._what = f"making golden outputs in {tree}"
        arguments = [sys.executable, "-m", "tests.versions.making", str(self._output), *names]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                arguments,
                cwd=tree,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            )

    def outputs(self) -> dict[str, Outputs]:
        """Wait for them; raises RecordError if the process fails."""
        if self._process.wait() != 0:
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise RecordError(f"{self._what} failed:\n{tail}")
        made: dict[str, Outputs] = json.loads(self._output.read_bytes())
        return made

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


Tree = tuple[Path, Mapping[str, str]]
"""A folder with sources, and the digests of its closures by kind."""


def made_side_by_side(
    *trees: Tree, products: Mapping[str, Product], cache: Cache
) -> tuple[dict[str, Outputs], ...]:
    """The golden outputs of some trees, by a process for each; none for what the cache has of all.

    Raises
    ------
    RecordError
        If one of the processes fails.
    """
    made: list[dict[str, Outputs]] = []
    with ExitStack() as stack:
        makings = []
        for tree, closures in trees:
            recipes = recipes_of(tree)
            keys = {name: cache.key(product, closures, recipes) for name, product in products.items()}
            made.append({name: kept for name, key in keys.items() if (kept := cache.read(name, key))})
            missing = [name for name in products if name not in made[-1]]
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            making = Making(tree, missing, folder) if missing else None
            makings.append((making, keys))
            if making:
                stack.callback(making.stop)
        for known, (making, keys) in zip(made, makings, strict=True):
            for name, outputs in making.outputs().items() if making else ():
                cache.write(name, keys[name], outputs)
                known[name] = outputs
    return tuple(made)


def recipes_of(tree: Path) -> str:
    """Digest of how a tree makes golden outputs."""
    return _sha256([[path.name, path.read_text()] for path in sorted((tree / "tests/versions").glob("*.py"))])


@cache
def environment() -> str:
    """What decides the bits beside the sources: Python, packages, processor."""
    packages = sorted(f"{one.name}=={one.version}" for one in distributions())
    cpu = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith(("model name", "flags"))]
    return _sha256(platform.python_version(), packages, sorted(set(cpu)))


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else [platform.processor()]


def _sha256(*values: object) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()
