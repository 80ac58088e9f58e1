"""What the sources of a package say, and which of them a module depends on.

Comments, docstrings, formatting and the position of a statement do not count: a digest covers the syntax tree
without them, spelt alike by every supported Python.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeGuard

DIGITS = 16
"""Of a digest, in hexadecimal: they tell changes apart, and nobody attacks them."""
NO_PART_OF_THE_MEANING = frozenset({"kind", "type_comment", "type_ignores", "ctx"})
IMPORTERS = frozenset({"import_module", "__import__"})


@dataclass(frozen=True)
class Source:
    """One module: the digest of what it says, and what it imports.

    Attributes
    ----------
    digest : str
        Of its syntax tree.
    imports : frozenset of str
        Absolute names as they stand in the source; of ``from a import b`` both ``a`` and ``a.b``.
    computes_imports : bool
        Whether it imports modules by a computed name.
    """

    digest: str
    imports: frozenset[str]
    computes_imports: bool


class Sources:
    """The modules of a package in a folder.

    Parameters
    ----------
    root : Path
        The package's folder; its name is the package's.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[str, Source] = {}

    @cached_property
    def modules(self) -> Mapping[str, Path]:
        """The file of every module, by the module's name."""
        return {self._name(path): path for path in sorted(self.root.rglob("*.py"))}

    def source(self, module: str) -> Source:
        """What a module says; read once."""
        if module not in self._read:
            self._read[module] = read_source(self.modules[module].read_text(encoding="utf-8"))
        return self._read[module]

    def imported_by(self, module: str) -> frozenset[str]:
        """The modules of this package that a module imports, with the packages around them.

        The root is left out: all that it does is to look names up for users.
        """
        found = {name for name in self.source(module).imports if name in self.modules}
        around = {package for name in found for package in _packages_of(name)}
        return frozenset((found | around) - {self.root.name})

    def closure(
        self, entries: Iterable[str], *, without: Collection[str] = (), reads: Iterable[str] = ()
    ) -> dict[str, str]:
        """Digests of some modules and of all modules that they import, directly or not.

        Parameters
        ----------
        entries
            Where to begin.
        without
            Modules to leave out, with everything below them.
        reads
            Modules to add without what they import.

        Returns
        -------
        dict
            Digest by module, sorted.

        Raises
        ------
        KeyError
            If an entry does not exist.
        """
        closure: set[str] = set()
        waiting = set(entries)
        while waiting:
            module = waiting.pop()
            closure.add(module)
            followed = {name for name in self.imported_by(module) if not _is_within(name, without)}
            waiting |= followed - closure
        return {module: self.source(module).digest for module in sorted({*closure, *reads})}

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self.root.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def read_source(text: str) -> Source:
    """Digest and imports of a module's text; worked out once.

    >>> read_source("x = 1").digest == read_source("x = (1)  # one").digest
    True
    >>> read_source("x = 1").digest == read_source("x = 1.0").digest
    False
    """
    tree = ast.parse(text)
    reading = _Reading()
    reading.read(tree)
    return Source(digest_of(" ".join(reading.words)), frozenset(reading.imports), reading.computes_imports)


def digest_of(text: str) -> str:
    """Digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


class _Reading:
    """One walk through a syntax tree."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.imports: set[str] = set()
        self.computes_imports = False

    def read(self, node: object) -> None:
        """Write out a tree: no positions, no docstrings, nothing empty, nothing for type checkers."""
        words = self.words
        if isinstance(node, list):
            words.append("[")
            for item in node:
                self.read(item)
            words.append("]")
        elif isinstance(node, ast.AST):
            if _is_docstring(node):
                return
            if _is_for_type_checkers(node):
                self.read(node.orelse)
                return
            if type(node) in _NOTED:
                self._note(node)
            words += (type(node).__name__, "(")
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(node, ast.JoinedStr):
                    # Early releases of 3.12 put a text of no length at the end of a format.
                    value = [part for part in node.values if not _is_empty_text(part)]
                if value is not None and value != [] and name not in NO_PART_OF_THE_MEANING:
                    words.append(name)
                    self.read(value)
            words.append(")")
        else:
            words.append(ascii(node))

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self.imports.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, "imports are absolute"  # noqa: PT018 (one condition)
            self.imports.add(node.module)
            self.imports.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", None))
            self.computes_imports |= name in IMPORTERS


_NOTED = frozenset({ast.Import, ast.ImportFrom, ast.Call})


def _is_docstring(node: ast.AST) -> bool:
    """Whether a statement is nothing but a text, wherever it stands: the docstring of what is above it."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_empty_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def _is_for_type_checkers(node: ast.AST) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _packages_of(module: str) -> Iterator[str]:
    """The packages around a module.

    >>> list(_packages_of("a.b.c"))
    ['a', 'a.b']
    """
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def _is_within(module: str, folders: Collection[str]) -> bool:
    return any(module in folders for module in (module, *_packages_of(module)))
