"""Golden outputs of the render task and of the families: tiny pictures, and what scenes are made of."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hdrbatch.catalogue.scene import Scene, UserFile
from hdrbatch.imaging.exr import write_exr
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.user_files import upload_user_files
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.folder import FolderStore
from tests.versions.tasks import Parts, computed, parts_of

SEEDS_TO_BUILD = (2,)
"""Beside the one that is rendered: a small picture shows little of a scene."""


def rendered(folder: Path, scene: Scene, **render: object) -> Parts:
    """The files of a scene's first render task."""
    job = RenderJob.model_validate(
        {
            "dataset": "golden",
            "scenes": {"train": ("outdoor:1",), "test": ()},
            "ev": (0.0, 1.0),
            "render": {"width": 32, "height": 24, "samples": 2, **render},
        }
    )
    store = FolderStore(folder / "store")
    upload_user_files(store, [scene])
    task = next(plan_render(job, [scene]).tasks())
    return parts_of(computed(store, task, folder / "scratch"))


def family(name: str, folder: Path) -> Parts:
    """A picture of one scene of a family, and the content of others."""
    yield from rendered(folder, Scene(name, 1, "train"))
    from hdrbatch.scenes.build import build_scene

    for seed in SEEDS_TO_BUILD:
        description = build_scene(name, seed)
        yield f"description of {seed}", repr(description.to_json()).encode()
        yield f"content of {seed}", "\n".join(content_of_blender()).encode()


def own_panorama(folder: Path) -> Parts:
    """A user's panorama as the light of a scene."""
    path = folder / "town.exr"
    sky = np.random.default_rng(0).lognormal(-1, 1, (16, 32, 3)).astype(np.float32)
    write_exr(path, sky)
    return rendered(folder, Scene("tabletop", 1, "train", own=UserFile(str(path), "town")))


def own_blend(folder: Path) -> Parts:
    """A user's .blend file as a scene."""
    import bpy

    from hdrbatch.blender.session import open_empty_scene

    open_empty_scene()
    bpy.ops.mesh.primitive_monkey_add(location=(0, 0, 1))
    bpy.ops.object.light_add(type="SUN", rotation=(0.4, 0.2, 0))
    bpy.ops.object.camera_add(location=(0, -6, 1), rotation=(1.57, 0, 0))
    bpy.context.object.name = "Eye"
    path = folder / "monkey.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
    # Blender writes addresses into its files, and the task's copy is named by its SHA-256.
    for name, content in rendered(folder, Scene("blend", 1, "train", own=UserFile(str(path), "m", "Eye"))):
        if not name.endswith(".json"):
            yield name, content


def content_of_blender() -> Iterator[str]:
    """All that the open scene is made of, a line for each thing: values, vertices, nodes and links."""
    import bpy

    for collection in (
        bpy.data.objects,
        bpy.data.lights,
        bpy.data.cameras,
        bpy.data.materials,
        bpy.data.worlds,
    ):
        for thing in sorted(collection, key=lambda one: one.name):
            yield from _told(thing)
            tree = getattr(thing, "node_tree", None)
            for node in sorted(tree.nodes, key=lambda one: one.name) if tree else ():
                yield from _told(node)
                yield repr(
                    [(socket.name, _plain(getattr(socket, "default_value", None))) for socket in node.inputs]
                )
            for link in tree.links if tree else ():
                ends = (link.from_node, link.from_socket, link.to_node, link.to_socket)
                yield repr([end.name for end in ends])
    for mesh in sorted(bpy.data.meshes, key=lambda one: one.name):
        places = np.empty(len(mesh.vertices) * 3, np.float32)
        mesh.vertices.foreach_get("co", places)
        corners = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", corners)
        yield f"{mesh.name} {places.tobytes().hex()} {corners.tobytes().hex()}"
        yield repr([(face.material_index, face.use_smooth, face.loop_total) for face in mesh.polygons])


def _told(thing: object) -> Iterator[str]:
    """The plain values of a thing of Blender's."""
    values = {
        one.identifier: _plain(getattr(thing, one.identifier))
        for one in thing.bl_rna.properties
        if one.type in {"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"} and one.identifier != "session_uid"
    }
    yield repr(sorted(values.items()))


def _plain(value: object) -> object:
    """Vectors as tuples, sets as lists."""
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "__len__") and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | str | bool) else None
