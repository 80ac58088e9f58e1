"""What ``versions.json`` holds, how the sources differ from it, and how it is made anew."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hdrbatch.provenance.result_kinds import UNDECIDING, ResultKind, result_kinds
from hdrbatch.provenance.sources import Sources, digest_of

Closures = Mapping[str, Mapping[str, str]]
"""Digests of the modules that decide a kind of result, by the kind's name."""


class RecordError(Exception):
    """What was asked for cannot be recorded; the message says why, and what to do."""


@dataclass(frozen=True)
class Record:
    """The content of ``versions.json``.

    Attributes
    ----------
    versions
        By kind.
    closures
        Digest of all modules that decide a kind, by kind.
    modules
        Digests of the modules of all closures.
    """

    versions: Mapping[str, int]
    closures: Mapping[str, str]
    modules: Mapping[str, str]

    @classmethod
    def from_text(cls, text: str) -> "Record":
        values = json.loads(text)
        kinds = values["kinds"]
        return cls(
            {kind: entry["version"] for kind, entry in kinds.items()},
            {kind: entry["closure"] for kind, entry in kinds.items()},
            values["modules"],
        )

    @classmethod
    def of(cls, versions: Mapping[str, int], closures: Closures) -> "Record":
        return cls(
            dict(versions),
            {kind: closure_digest(modules) for kind, modules in closures.items()},
            {module: digest for modules in closures.values() for module, digest in modules.items()},
        )

    def to_text(self) -> str:
        """As JSON with a line for each kind and module, so that the changes of two branches merge."""
        kinds = {
            kind: {"version": version, "closure": self.closures[kind]}
            for kind, version in self.versions.items()
        }
        parts = {"kinds": kinds, "modules": self.modules}
        blocks = [f"{json.dumps(name)}: {_lines(values)}" for name, values in parts.items()]
        return "{\n" + ",\n".join(blocks) + "\n}\n"


def _lines(values: Mapping[str, object]) -> str:
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(values.items())]
    return "{\n" + ",\n".join(lines) + "\n}"


def closures_of(root: Path, kinds: Collection[ResultKind] | None = None) -> dict[str, dict[str, str]]:
    """The modules that decide each kind, with their digests, as the package in a folder has them."""
    sources = Sources(root)
    chosen = result_kinds().values() if kinds is None else kinds
    return {
        kind.name: sources.closure(kind.entries, without=(*UNDECIDING, *kind.without), reads=kind.reads)
        for kind in chosen
    }


def closure_digest(modules: Mapping[str, str]) -> str:
    return digest_of(json.dumps(modules, sort_keys=True))


def changed_kinds(record: Record, closures: Closures) -> list[str]:
    """Kinds whose sources are not the recorded ones."""
    return [
        kind for kind, modules in closures.items() if record.closures.get(kind) != closure_digest(modules)
    ]


def changed_modules(record: Record, modules: Mapping[str, str]) -> list[str]:
    """Those of a kind's modules that are new or not as recorded."""
    return [module for module, digest in modules.items() if record.modules.get(module) != digest]


def told(record: Record, closures: Closures) -> str:
    """Which kinds have changed, by which modules, and what to do; empty if none has."""
    lines = []
    for kind in changed_kinds(record, closures):
        changed = [
            module if module in record.modules else f"{module} (new)"
            for module in changed_modules(record, closures[kind])
        ]
        since = f"since version {record.versions[kind]}" if kind in record.versions else "never recorded"
        lines.append(f"{kind} ({since}): {', '.join(changed) or 'other modules decide it'}")
    if gone := sorted(set(record.versions) - set(closures)):
        lines.append(f"no longer there: {', '.join(gone)}")
    if not lines:
        return ""
    return "\n  ".join(
        [
            "The code behind these results is not the recorded one:",
            *lines,
            "If the results are still the same to the bit:  make versions SAME=KIND,...  (or SAME=all)",
            "If they are others, and have to be redone:     make versions OTHER=KIND,...",
        ]
    )


@dataclass(frozen=True)
class Decision:
    """For each changed kind, whether its results are the same or others.

    Attributes
    ----------
    same
        Changed kinds whose golden outputs have to be those of before.
    other
        Kinds whose version rises.
    """

    same: frozenset[str]
    other: frozenset[str]


def decide(record: Record, closures: Closures, same: Collection[str], other: Collection[str]) -> Decision:
    """What becomes of each kind, from the patterns that a developer gave.

    Parameters
    ----------
    record, closures
        As recorded, and as the sources are.
    same, other
        Names or shell patterns of kinds; ``all`` are those that changed and are not named by the other one.

    Raises
    ------
    RecordError
        If a pattern fits no kind, if a kind is said to be both, or if a changed kind is said to be neither.
    """
    changed = {kind for kind in changed_kinds(record, closures) if kind in record.versions}
    named_same, named_other = (_named(patterns, closures) for patterns in (same, other))
    if both := sorted(named_same & named_other):
        raise RecordError(f"{both[0]} is named as the same and as other: decide for one")
    raised = set(named_other)
    if "all" in other:
        raised |= changed - named_same
    for kind in list(raised):
        raised |= set(result_kinds()[kind].raises) & set(record.versions)
    kept = (changed if "all" in same else changed & named_same) - raised
    if undecided := sorted(changed - raised - kept):
        raise RecordError(
            f"{', '.join(undecided)}: changed too: name each in SAME or in OTHER (SAME=all takes the rest)"
        )
    return Decision(frozenset(kept), frozenset(raised))


def _named(patterns: Collection[str], closures: Closures) -> set[str]:
    named = set()
    for pattern in set(patterns) - {"all"}:
        found = {kind for kind in closures if fnmatchcase(kind, pattern)}
        if not found:
            raise RecordError(f"there is no kind {pattern!r}: there are {', '.join(closures)}")
        named |= found
    return named


def renewed(record: Record, closures: Closures, decision: Decision) -> Record:
    """The record of these sources: versions of other results rise, new kinds begin at 1."""
    versions = {
        kind: record.versions[kind] + (kind in decision.other) if kind in record.versions else 1
        for kind in closures
    }
    return Record.of(versions, closures)
