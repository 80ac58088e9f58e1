"""Captured panoramas that ship with Blender, found without loading it."""

from importlib.util import find_spec
from pathlib import Path

from hdrbatch.errors import UserError

RESERVED_PANORAMAS = ("courtyard", "interior", "night", "sunset")
"""Names of the panoramas that light no scene, so that networks can be tested on them."""


def shipped_panoramas() -> dict[str, Path]:
    """Return equirectangular EXR files (1024x512, CC0) by name; empty if bpy is not installed."""
    spec = find_spec("bpy")
    if spec is None or spec.origin is None:
        return {}
    found = Path(spec.origin).parent.glob("*/datafiles/studiolights/world/*.exr")
    return {path.stem: path for path in sorted(found)}


def reserved_panoramas() -> dict[str, Path]:
    """Return the shipped panoramas that light no scene.

    Raises
    ------
    UserError
        If they are not installed.
    """
    shipped = shipped_panoramas()
    if missing := [name for name in RESERVED_PANORAMAS if name not in shipped]:
        raise UserError(
            f"--captured: the captured panorama {missing[0]!r} ships with Blender, which is not installed "
            "here; pip install 'hdrbatch[render]' (Python 3.11), or use your own panoramas with "
            "--panorama FILE"
        )
    return {name: shipped[name] for name in RESERVED_PANORAMAS}
