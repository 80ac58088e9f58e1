"""Reading specs from files, with errors that name file, line, key, value and remedy."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hdrbatch.errors import SpecError
from hdrbatch.specs.base import Spec
from hdrbatch.specs.examples import examples_folder

AnySpec = TypeVar("AnySpec", bound=Spec)


class _UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key that stands twice, where YAML takes the last one silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a name", problem_mark=key_node.start_mark)
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key_node.value!r} stands twice: keep one of them",
                    problem_mark=key_node.start_mark,
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def find_spec(name: str, folder: str, suffix: str) -> Path:
    """Find a file by path, or by bare name in ``folder`` of the working directory or among the examples.

    Raises
    ------
    SpecError
        Listing the names that there are.
    """
    path = Path(name)
    if path.suffix or len(path.parts) > 1:
        if path.is_file():
            return path
        if len(path.parts) > 1:
            is_example = path.parent == Path(folder) and (examples_folder(folder) / path.name).is_file()
            remedy = f": hdrbatch init writes it, and {path.stem} names the original" if is_example else ""
            raise SpecError(f"{name}: there is no such file{remedy}")
    folders = [Path(folder), examples_folder(folder)]
    for parent in folders:
        found = parent / (name if path.suffix else name + suffix)
        if found.is_file():
            return found
    known = sorted({entry.stem for parent in folders for entry in parent.glob(f"*{suffix}")})
    raise SpecError(
        f"{name}: no such file, and none of that name in {folder}/: "
        f"give a path or one of {', '.join(known) or '(none found)'}"
    )


def load_yaml(path: Path, spec: type[AnySpec]) -> AnySpec:
    """Read and validate a YAML spec.

    Raises
    ------
    SpecError
        With the file, line, key, value and remedy of everything that is wrong.
    """
    text = _read_text(path)
    try:
        values = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path}:{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{path}: not valid YAML: {error}") from None
    try:
        return _validated(path, values, spec, lambda location: _yaml_line(tree, location))
    except RecursionError:
        raise SpecError(f"{path}: not valid YAML for a spec: an alias contains itself") from None


def load_toml(path: Path, spec: type[AnySpec]) -> AnySpec:
    """Read and validate a TOML spec; raises SpecError as :func:`load_yaml` does."""
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path}: not valid TOML: {error}") from None

    def line_of(location: tuple[int | str, ...]) -> int | None:
        names = [part for part in location if isinstance(part, str)]
        for number, line in enumerate(text.splitlines(), 1):
            if names and re.match(rf"\s*\[?{re.escape(names[-1])}\b", line):
                return number
        return None

    return _validated(path, values, spec, line_of)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read: {error}") from None


def _validated(path: Path, values: Any, spec: type[AnySpec], line_of: Any) -> AnySpec:
    if not isinstance(values, dict):
        raise SpecError(
            f"{path}: a mapping of keys is wanted here, such as: {next(iter(spec.model_fields))}: ..."
        )
    try:
        return spec.model_validate(_frozen(values))
    except ValidationError as error:
        lines = [_explain(path, detail, spec, line_of) for detail in error.errors(include_url=False)]
        raise SpecError("\n".join(lines)) from None


def _frozen(value: Any) -> Any:
    """Lists as tuples: specs are strict about types, and YAML and TOML have no tuples."""
    if isinstance(value, dict):
        return {key: _frozen(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return value


def _explain(path: Path, detail: ErrorDetails, spec: type[Spec], line_of: Any) -> str:
    location = tuple(part for part in detail["loc"] if not _is_union_tag(part))
    line = line_of(location)
    where = f"{path}:{line}" if line else str(path)
    key = ".".join(str(part) for part in location)
    value = detail["input"]
    shown = "" if isinstance(value, dict | BaseModel) or detail["type"] == "missing" else f" {value!r}"
    if detail["type"] == "extra_forbidden":
        return f"{where}: {key}:{shown} unknown key: {_similar(location, spec)}"
    if detail["type"] == "missing":
        return f"{where}: {key}: missing: add this key"
    message = detail["msg"].removeprefix("Value error, ")
    if "valid number" in message and isinstance(value, str) and _is_number(value):
        message = f"is text to YAML: write {float(value):g} with a point, such as {_with_point(value)}"
    if message.startswith("Input should"):
        message = "not valid: it" + message.removeprefix("Input")
    return f"{where}: {key + ':' if key else ''}{shown} {message}".replace(":  ", ": ")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _with_point(text: str) -> str:
    """``1e-4`` as YAML 1.1 reads a number: ``1.0e-4``."""
    mantissa, _, exponent = text.lower().partition("e")
    return f"{mantissa}.0e{exponent}" if exponent and "." not in mantissa else mantissa


def _is_union_tag(part: int | str) -> bool:
    """Pydantic puts the name of a union's branch into the path; a user never wrote it."""
    return isinstance(part, str) and (
        part in ("SceneCount", "constrained-int") or re.match(r"^\w+\[", part) is not None
    )


def _similar(location: tuple[int | str, ...], spec: type[Spec]) -> str:
    fields = _fields_at(location[:-1], spec)
    close = difflib.get_close_matches(str(location[-1]), fields, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of {', '.join(fields)}" if fields else "remove it"


def _fields_at(location: tuple[int | str, ...], spec: type[BaseModel]) -> list[str]:
    found: Any = spec
    for part in location:
        if get_origin(found) in (dict, tuple):
            # A name of the user's own, or a place in a list: every value is of one kind.
            found = get_args(found)[1 if get_origin(found) is dict else 0]
        else:
            field = getattr(_model_in(found), "model_fields", {}).get(str(part))
            found = field.annotation if field else None
    return list(getattr(_model_in(found), "model_fields", {}))


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or the first of its options."""
    options = (annotation, *get_args(annotation))
    return next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)


def _yaml_line(tree: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """Line (from 1) of the deepest part of the path that stands in the file."""
    line: int | None = None
    node = tree
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
