"""Building of the catalogue's scenes in Blender."""

import json
from importlib import import_module
from pathlib import Path

import bpy

from hdrbatch.blender.session import open_empty_scene
from hdrbatch.catalogue.family import BLEND, Family, find_family
from hdrbatch.catalogue.scene import Scene
from hdrbatch.errors import UserError
from hdrbatch.imaging.panorama_file import read_panorama
from hdrbatch.scenes.kit.description import SceneDescription
from hdrbatch.scenes.kit.environment_map import load_as_defined
from hdrbatch.scenes.motion import set_in_motion

_BUILT = "hdrbatch_built"
SHA256_DIGITS = 64


def open_scene(scene: Scene, moment_s: float = 0.0, duration_s: float = 0.0) -> SceneDescription:
    """Replace what is open in Blender by a scene, unless this scene is open already.

    Exposures of one scene that a process renders one after the other share the scene and the data that Cycles
    caches between renders.

    Parameters
    ----------
    scene : Scene
        Scene to build; its split does not matter.
    moment_s, duration_s : float
        Moment of the reference and length of the bracket of a moving scene.

    Raises
    ------
    UserError
        If the family does not exist, or a user's file cannot be used.
    """
    own = f"{_identity(Path(scene.own.path))}/{scene.own.camera}" if scene.own else ""
    key = json.dumps([scene.family, scene.seed, scene.motion, own, moment_s, duration_s])
    built = json.loads(bpy.context.scene.get(_BUILT, "[null, null]"))
    if built[0] == key:
        return SceneDescription.from_json(built[1])
    description = _build(scene)
    if scene.moving:
        set_in_motion(scene, moment_s, duration_s)
    bpy.context.scene[_BUILT] = json.dumps([key, description.to_json()])
    return description


def build_scene(family: str, seed: int) -> SceneDescription:
    """Replace what is open in Blender by a still scene; the same family and seed give the same scene.

    Parameters
    ----------
    family : str
        One of `hdrbatch.catalogue.family.FAMILIES`, or `CAPTURED`.
    seed : int
        Seed of the scene in the family.

    Returns
    -------
    SceneDescription

    Raises
    ------
    UserError
        If the family does not exist.
    """
    known = find_family(family)
    _open_empty(known)
    description: SceneDescription = import_module(known.module).build(seed)
    return description


def _build(scene: Scene) -> SceneDescription:
    if scene.own is None:
        return build_scene(scene.family, scene.seed)
    path = Path(scene.own.path)
    if scene.family == BLEND:
        from hdrbatch.scenes.blendfile import open_blend

        return open_blend(path, scene.own.camera, scene.seed)
    from hdrbatch.scenes.families.tabletop import build_lit_by

    _open_empty(find_family(scene.family))
    _check_panorama(path, scene.own.name)
    return build_lit_by(path, scene.seed)


def _open_empty(family: Family) -> None:
    open_empty_scene()
    bpy.context.scene.cycles.use_light_tree = family.light_tree


def _check_panorama(path: Path, name: str = "") -> None:
    """Load a user's panorama into Blender as the file defines it; raise UserError if it is not usable."""
    place = f"panorama {name}" if name else path.name
    try:
        load_as_defined(path, read_panorama(path, place).radiance)
    except RuntimeError as error:
        raise UserError(f"{place}: Blender cannot read it: {error}") from None


def _identity(path: Path) -> str:
    """Return the identity of a user's file: a task's copy is named by its SHA-256, others have their path."""
    return path.name if len(path.stem) == SHA256_DIGITS else str(path.resolve())
