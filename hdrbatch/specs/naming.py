"""Names of variants from lists and grids: short, deterministic, and valid as folder names."""

import re
from collections.abc import Mapping

from hdrbatch.specs.key_reference import variant_keys


def key_label(key: str) -> str:
    """Return a key's label in names and headings: its last part, with its section if that is ambiguous.

    >>> key_label("network.dropout_at"), key_label("inputs.response"), key_label("camera.response")
    ('dropout-at', 'response', 'camera-response')
    """
    last = key.rpartition(".")[2]
    namesakes = [other for other in variant_keys() if other.rpartition(".")[2] == last]
    # The first of several namesakes gets the bare word in every sweep: a name must not depend on other keys.
    text = last if key in namesakes[:1] else key
    return re.sub(r"[^a-z0-9]+", "-", text.lower())


def value_text(value: object) -> str:
    """Return a value as it is written in a name.

    >>> [value_text(value) for value in (0.3, (-2, 0, 2), False, None, "gamma:2.2")]
    ['0_3', 'm2-0-2', 'off', 'none', 'gamma_2_2']
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return "-".join(value_text(inner) for inner in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = str(value).lower()
    if isinstance(value, int | float):
        # 1e-05 keeps its minus, since 1em05 would look like another number.
        text = re.sub(r"^-", "m", text).replace("+", "")
    return re.sub(r"[^a-z0-9-]+", "_", text).strip("_")


def variant_name(group: str, settings: Mapping[str, object]) -> str:
    """Return the name of a group's variant with these settings.

    >>> variant_name("small", {"network.dropout": 0.3, "network.dropout_at": "decoder"})
    'small-dropout-0_3-at-decoder'
    """
    labels = [key_label(key) for key in settings]
    parts = [group]
    for label, value in zip(labels, settings.values(), strict=True):
        # dropout-0_3-at-decoder rather than dropout-0_3-dropout-at-decoder.
        shared = next((f"{other}-" for other in labels if label.startswith(f"{other}-")), "")
        parts += [label.removeprefix(shared), value_text(value)]
    return "-".join(parts)
