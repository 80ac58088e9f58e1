"""Reading specs from files, with errors that name file, line, key, value and remedy."""

import difflib
import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hdrbatch.errors import SpecError
from hdrbatch.specs.base import Spec
from hdrbatch.specs.bounds import MAX_DEPTH, MAX_FILE_BYTES, check_yaml_size, shortened
from hdrbatch.specs.examples import examples_folder
from hdrbatch.specs.positions import KeyPath, repeated_key, toml_line, yaml_line

AnySpec = TypeVar("AnySpec", bound=Spec)
LineOf = Callable[[KeyPath], int | None]


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
        return _validated(path, _yaml_values(text), spec, lambda location: yaml_line(_tree(text), location))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SpecError(f"{path}:{line}: not valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{path}: not valid YAML: {error}") from None
    except RecursionError:
        raise SpecError(f"{path}: nested more than {MAX_DEPTH} levels deep; no spec is") from None


def _yaml_values(text: str) -> Any:
    """Parse once for the check of the keys and for the values: parsing takes most of the time."""
    loader = yaml.SafeLoader(text)
    try:
        tree = loader.get_single_node()
        check_yaml_size(tree)
        if (repeated := repeated_key(tree)) is not None:
            raise yaml.MarkedYAMLError(
                problem=f"the key {repeated.value!r} stands twice: keep one of them",
                problem_mark=repeated.start_mark,
            )
        try:
            return None if tree is None else loader.construct_document(tree)
        except ValueError as error:  # a date such as 2020-13-45
            raise yaml.YAMLError(str(error)) from error
    finally:
        loader.dispose()


@lru_cache(maxsize=1)
def _tree(text: str) -> yaml.Node | None:
    """A tree for looking up lines; constructing values changes a tree, so they have another."""
    return yaml.compose(text, Loader=yaml.SafeLoader)


def load_toml(path: Path, spec: type[AnySpec]) -> AnySpec:
    """Read and validate a TOML spec; raises SpecError as :func:`load_yaml` does."""
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at line ")
        line = f":{place.partition(',')[0]}" if place else ""
        raise SpecError(f"{path}{line}: not valid TOML: {reason}") from None
    except RecursionError:
        raise SpecError(f"{path}: nested more than {MAX_DEPTH} levels deep; no spec is") from None
    return _validated(path, values, spec, lambda location: toml_line(text, location))


def _read_text(path: Path) -> str:
    try:
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            raise SpecError(f"{path}: has {size:,} bytes; a spec has at most {MAX_FILE_BYTES:,}")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: cannot be read: {error}") from None


def _validated(path: Path, values: Any, spec: type[AnySpec], line_of: LineOf) -> AnySpec:
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


def _explain(path: Path, detail: ErrorDetails, spec: type[Spec], line_of: LineOf) -> str:
    location = tuple(part for part in detail["loc"] if not _is_union_tag(part))
    line = line_of(location)
    where = f"{path}:{line}" if line else str(path)
    key = ".".join(str(part) for part in location)
    value = detail["input"]
    shown = (
        ""
        if isinstance(value, dict | BaseModel) or detail["type"] == "missing"
        else f" {shortened(repr(value))}"
    )
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
