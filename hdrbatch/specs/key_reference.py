"""Keys of a sweep file and of a variant: names, defaults, values and meanings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hdrbatch.specs.base import Spec
from hdrbatch.specs.variant import VariantSpec

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class KeyHelp:
    """Description of one key for users; a variant's ``key`` is a path with a dot."""

    key: str
    default: str
    values: str
    description: str

    @property
    def section(self) -> str:
        """Section of a variant that the key belongs to."""
        return self.key.partition(".")[0]


def variant_keys() -> tuple[str, ...]:
    """Return every key that a variant can override, as a path with a dot.

    >>> variant_keys()[:3]
    ('inputs.mode', 'inputs.ev', 'inputs.brackets')
    """
    sections: Mapping[str, Schema] = VariantSpec().model_dump()
    return tuple(f"{section}.{key}" for section, inside in sections.items() for key in inside)


def key_reference() -> tuple[KeyHelp, ...]:
    """Return the descriptions of all keys of a variant."""
    return tuple(_reference())


def spec_reference(spec: type[Spec]) -> tuple[KeyHelp, ...]:
    """Return the descriptions of a spec's top-level keys, such as those of a sweep file."""
    schema = spec.model_json_schema()
    required = schema.get("required", ())
    return tuple(
        KeyHelp(
            key,
            "required" if key in required else as_yaml(field.get("default", {})),
            _values(_resolve(field, schema)),
            field["description"],
        )
        for key, field in schema["properties"].items()
    )


def as_yaml(value: object) -> str:
    """Return a value as written in a sweep file.

    >>> [as_yaml(value) for value in (0.5, (-2.0, 0.0), None, True, "mu", {})]
    ['0.5', '[-2, 0]', 'null', 'true', 'mu', '{}']
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{...}" if value else "{}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(as_yaml(inner) for inner in value)}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _reference() -> Iterator[KeyHelp]:
    schema = VariantSpec.model_json_schema()
    defaults = VariantSpec().model_dump()
    for path in variant_keys():
        section, _, key = path.partition(".")
        field = _resolve(_resolve(schema["properties"][section], schema)["properties"][key], schema)
        yield KeyHelp(path, as_yaml(defaults[section][key]), _values(field), field.get("description", ""))


def _resolve(part: Schema, schema: Schema) -> Schema:
    """Follow a reference of a JSON schema."""
    reference = part.get("$ref") or next((inner["$ref"] for inner in part.get("allOf", ())), None)
    return schema["$defs"][reference.rpartition("/")[2]] if reference else part


def _values(field: Schema) -> str:
    """Describe the values that a JSON schema allows."""
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_values(option) for option in field["anyOf"]))
    if "enum" in field:
        return ", ".join(field["enum"])
    if "const" in field:
        return str(field["const"])
    if "pattern" in field:
        return "a name of a-z, 0-9, - and _"
    if field["type"] == "array":
        minimum, maximum = field.get("minItems", 0), field.get("maxItems")
        return f"list of {minimum if minimum == maximum else f'{minimum} to {maximum}'} numbers"
    names = {
        "integer": "whole number",
        "number": "number",
        "boolean": "true, false",
        "null": "null",
        # The key's description states what belongs into a mapping.
        "object": "",
        # The only free text of a variant.
        "string": "a response curve (linear, srgb, gamma:2.2, sigmoid:0.9,0.6, emor:FILE:c1,c2,...)",
    }
    word = names[field["type"]]
    bounds = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {field[bound]:g}" for bound, sign in bounds.items() if bound in field]
    return f"{word} {', '.join(limits)}" if limits else word
