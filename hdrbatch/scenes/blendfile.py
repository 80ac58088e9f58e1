"""A user's .blend file as a scene: opened without its scripts, seen through one of its cameras."""

from pathlib import Path
from typing import Any

import bpy

from hdrbatch.catalogue.family import BLEND
from hdrbatch.errors import UserError
from hdrbatch.scenes.file_images import image_files, needed_images, shader_nodes
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
    if missing := [name for name, path in _external_files().items() if not path.exists()]:
        problems.append(f"missing texture(s) or other file(s): {', '.join(sorted(missing))}")
    if not cameras_of_open_file():
        problems.append("its active scene has no camera")
    return problems


def external_files_of_open_file() -> list[str]:
    """Return external files that a render of the open file needs and another machine would lack.

    These are textures, libraries, volumes, caches, fonts and IES profiles, with the paths in the file.
    """
    return sorted(_external_files())


def remove_missing_images() -> None:
    """Remove images whose files are missing and that no render needs, so that the others can be packed."""
    needed = needed_images(bpy.context.scene)
    for image in [image for image in bpy.data.images if image not in needed]:
        if not all(path.exists() for path in image_files(image).values()):
            bpy.data.images.remove(image)


def _external_files() -> dict[str, Path]:
    """Return the external files that a render needs: paths as in the file, and where they are."""
    shipped = Path(bpy.utils.system_resource("DATAFILES")).resolve()
    of_images = {image.filepath for image in bpy.data.images}
    files = {
        name: Path(bpy.path.abspath(name))
        for name in bpy.utils.blend_paths(absolute=False, packed=False)
        if not name.startswith("<") and name not in of_images
    }
    for image in needed_images(bpy.context.scene):
        files |= image_files(image)
    for owner in (*bpy.data.materials, *bpy.data.lights, *bpy.data.worlds):
        files |= {
            node.filepath: Path(bpy.path.abspath(node.filepath))
            for node in shader_nodes(owner.node_tree)
            if node.bl_idname == "ShaderNodeTexIES" and node.mode == "EXTERNAL" and node.filepath
        }
    return {name: path for name, path in files.items() if not path.resolve().is_relative_to(shipped)}


def _plain(vector: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in vector)
    return x, y, z
