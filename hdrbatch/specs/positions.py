"""Which line of a YAML or TOML file a value stands on."""

import itertools
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

KeyPath = tuple[int | str, ...]
"""Keys and places in lists that lead to a value, from the top of the file."""

MERGE = "tag:yaml.org,2002:merge"
DEEPEST_CLOSERS = 3
"""Lists in lists that a TOML value may spread over lines and still have its items found."""


def yaml_line(tree: yaml.Node | None, path: KeyPath) -> int | None:
    r"""Line, from 1, of the deepest part of a path that a YAML file has.

    Parameters
    ----------
    tree
        The file as composed; constructing values from it changes it, so it must be a tree of its own.
    path
        Where the value is. What a mapping merges from another (``<<``) stands where that one says it.

    Examples
    --------
    >>> tree = yaml.compose("a:\n  x: 1\nb:\n  x: 2\n")
    >>> yaml_line(tree, ("b", "x")), yaml_line(tree, ("b", "missing")), yaml_line(tree, ("c",))
    (4, 3, None)
    """
    line: int | None = None
    node = tree
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = _entry(node, str(part))
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def repeated_key(tree: yaml.Node | None) -> yaml.ScalarNode | None:
    """The first key of a YAML file that stands twice in one mapping; YAML itself would take the last one.

    Raises
    ------
    yaml.MarkedYAMLError
        If a key is no name but a list or a mapping.
    """
    waiting, seen = [tree], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
            continue
        seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            waiting += reversed(node.value)
            continue
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a name", problem_mark=key.start_mark)
            if key.value in names:
                return key
            names.add(key.value)
        waiting += reversed([value for _, value in node.value])
    return None


def _entry(node: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    """A key with its value: the mapping's own, or else of what it merges, the first mapping first."""
    own = next(((k, v) for k, v in node.value if k.value == key and k.tag != MERGE), None)
    if own is not None:
        return own
    for merge, value in node.value:
        if merge.tag == MERGE:
            for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found = _entry(merged, key) if isinstance(merged, yaml.MappingNode) else None
                if found is not None:
                    return found
    return None


def toml_line(text: str, path: KeyPath) -> int | None:
    r"""Line, from 1, of the deepest part of a path that a valid TOML file has.

    Tables, dotted and quoted keys and lists are told apart by the parser itself: the line is the one with
    which the file, read up to there, first has the path.

    Examples
    --------
    >>> text = "[a]\nx = 1\n[b]\nx = 2\n"
    >>> toml_line(text, ("b", "x")), toml_line(text, ("b", "missing")), toml_line(text, ("c",))
    (4, 3, None)
    """
    line, deepest = None, 0
    for number, values in _beginnings(text.split("\n")):
        depth = _depth(values, path)
        if depth > deepest:
            line, deepest = number, depth
    return line


def _beginnings(lines: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """What the file holds after each line, with the line that the last thing in it began on."""
    known = 0
    for end in range(1, len(lines) + 1):
        values = _parsed("\n".join(lines[:end]))
        if values is None:
            # In the middle of a list: what it would be if it ended here, for its items' own lines.
            values = _closed(lines[:end])
        if values is not None:
            yield known + 1, values
            known = end


def _closed(lines: Sequence[str]) -> Any:
    text = "\n".join(lines) + "\n]"
    for depth in range(DEEPEST_CLOSERS):
        for closers in itertools.product(("]", "}]"), repeat=depth):
            values = _parsed(text + "".join(closers))
            if values is not None:
                return values
    return None


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _depth(values: Any, path: KeyPath) -> int:
    """How many parts of a path there are."""
    for depth, part in enumerate(path):
        if isinstance(values, dict) and str(part) in values:
            values = values[str(part)]
        elif isinstance(values, list) and isinstance(part, int) and part < len(values):
            values = values[part]
        else:
            return depth
    return len(path)
