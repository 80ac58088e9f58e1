"""The captured panoramas that ship with Blender, found without loading it."""

from importlib.util import find_spec
from pathlib import Path


def shipped_panoramas() -> dict[str, Path]:
    """Equirectangular EXR files (1024x512, CC0) by name; empty where bpy is not installed."""
    spec = find_spec("bpy")
    if spec is None or spec.origin is None:
        return {}
    found = Path(spec.origin).parent.glob("*/datafiles/studiolights/world/*.exr")
    return {path.stem: path for path in sorted(found)}
