"""How much a spec file may hold: a few aliases of YAML can stand for more values than fit in memory."""

import yaml

MAX_FILE_BYTES = 16 << 20
MAX_VALUES = 200_000
"""Values and keys with all aliases written out; a job that lists all 406 scenes has under 1,000."""
MAX_DEPTH = 50
SHOWN_LETTERS = 200
"""So much of a wrong value is shown."""


def check_yaml_size(tree: yaml.Node | None) -> None:
    r"""Refuse a file whose aliases stand for too many values, contain themselves, or nest too deep.

    Raises
    ------
    yaml.MarkedYAMLError
        With the place where it begins.

    Examples
    --------
    >>> levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    >>> check_yaml_size(yaml.compose("a0: &a0 [x]\n" + levels))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    yaml.error.MarkedYAMLError: its aliases stand for more than 200000 values; write out what is meant...
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting = [(tree, False)] if tree is not None else []
    while waiting:
        node, are_children_done = waiting.pop()
        if id(node) in sizes:
            continue
        children = _children(node)
        if not are_children_done:
            if id(node) in open_nodes:
                _refuse(node, "an alias contains itself; write the values out")
            open_nodes.add(id(node))
            if len(open_nodes) > MAX_DEPTH:
                _refuse(node, f"nested more than {MAX_DEPTH} levels deep; no spec is")
            waiting.append((node, True))
            waiting += [(child, False) for child in children]
            continue
        open_nodes.discard(id(node))
        sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children)
        if sizes[id(node)] > MAX_VALUES:
            _refuse(node, f"its aliases stand for more than {MAX_VALUES} values; write out what is meant")


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _refuse(node: yaml.Node, problem: str) -> None:
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def shortened(text: str) -> str:
    """Return the beginning of a text that is too long to be shown.

    >>> shortened("x" * 300)[-20:]
    'xxx... (300 letters)'
    """
    return text if len(text) <= SHOWN_LETTERS else f"{text[:SHOWN_LETTERS]}... ({len(text)} letters)"
