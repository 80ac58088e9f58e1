"""A user's .blend file as a scene: opened without its scripts, seen through one of its cameras."""

from pathlib import Path
from typing import Any

import bpy

from hdrbatch.catalogue.family import BLEND
from hdrbatch.errors import UserError
from hdrbatch.scenes.kit.description import SceneDescription


def open_blend(path: Path, camera: str, seed: int) -> SceneDescription:
    """Open a file and select a camera of its active scene.

    Its scripts and drivers are not run, whatever the user's preferences are. Its render settings are
    overridden before each render.

    Parameters
    ----------
    path : Path
        Path of the .blend file.
    camera : str
        Name of the camera object.
    seed : int
        Number of the camera in the file, from 1.

    Raises
    ------
    UserError
        If it cannot be opened, has no such camera, or lacks files that it references.
    """
    load_blend(path)
    if problems := problems_of_open_file():
        raise UserError(f"{path.name}: {'; '.join(problems)}")
    scene = bpy.context.scene
    thing = scene.objects.get(camera)
    if thing is None or thing.type != "CAMERA":
        raise UserError(
            f"{path.name} has no camera {camera!r}; there are {', '.join(cameras_of_open_file()) or 'none'}"
        )
    scene.camera = thing
    # A marker bound to a camera would replace this one when the frame is set.
    scene.timeline_markers.clear()
    world = thing.matrix_world
    return SceneDescription(
        family=BLEND,
        seed=seed,
        focal_length_mm=float(thing.data.lens),
        camera_location=_plain(world.translation),
        camera_rotation=_plain(world.to_euler()),
        facts={"file": path.name, "camera": camera, "frame": scene.frame_current},
    )


def load_blend(path: Path) -> None:
    """Open a .blend file without running its scripts; raise UserError if it cannot be opened."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise UserError(f"{path.name} cannot be opened by Blender: {str(error).strip()}") from None


def cameras_of_open_file() -> list[str]:
    """Return the names of the cameras of the active scene, in alphabetical order."""
    return sorted(thing.name for thing in bpy.context.scene.objects if thing.type == "CAMERA")


def problems_of_open_file() -> list[str]:
    """Describe the problems that prevent the open file from being rendered here."""
    problems = []
    if missing := [
        path for path in external_files_of_open_file() if not Path(bpy.path.abspath(path)).exists()
    ]:
        problems.append(f"missing texture(s) or other file(s): {', '.join(missing)}")
    if not cameras_of_open_file():
        problems.append("its active scene has no camera")
    return problems


def external_files_of_open_file() -> list[str]:
    """Return external files that the open file references and another machine would lack.

    These are textures, libraries, volumes, caches, fonts and IES profiles, with the paths in the file.
    """
    shipped = Path(bpy.utils.system_resource("DATAFILES")).resolve()
    paths = {
        path
        for path in bpy.utils.blend_paths(absolute=False, packed=False)
        if not path.startswith("<") and not Path(bpy.path.abspath(path)).resolve().is_relative_to(shipped)
    }
    trees = [
        owner.node_tree
        for owners in (bpy.data.materials, bpy.data.lights, bpy.data.worlds)
        for owner in owners
        if owner.node_tree
    ]
    for tree in (*trees, *bpy.data.node_groups):
        paths |= {
            node.filepath
            for node in tree.nodes
            if node.bl_idname == "ShaderNodeTexIES" and node.mode == "EXTERNAL" and node.filepath
        }
    return sorted(paths)


def _plain(vector: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in vector)
    return x, y, z
