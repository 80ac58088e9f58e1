"""Images that a render of the open .blend file needs, and the files they come from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

UDIM_TOKENS = ("<UDIM>", "<UVTILE>")
"""Tokens in the path of a tiled image: the tile's number, or its column and row (``u1_v1``)."""
UDIM_FIRST, UDIM_COLUMNS = 1001, 10
_FROM_FILES = ("FILE", "SEQUENCE", "MOVIE", "TILED")
_OUTPUTS = ("OUTPUT_MATERIAL", "OUTPUT_WORLD", "OUTPUT_LIGHT", "GROUP_OUTPUT")
_SHADED = (bpy.types.Material, bpy.types.World, bpy.types.Light)


def needed_images(scene: Any) -> set[Any]:
    """Return the images that a render of a scene needs.

    Not needed are images of unlinked nodes, of the compositor and of brushes, of reference empties and camera
    backgrounds, of hidden objects that nothing else uses, and of other scenes.
    """
    found: set[Any] = set()
    uses = _uses()
    waiting = [thing for thing in bpy.data.objects if _is_rendered(thing, scene)]
    if scene.world is not None:
        waiting.append(scene.world)
    seen = set(waiting)
    while waiting:
        one = waiting.pop()
        if isinstance(one, bpy.types.Image):
            found.add(one)
        for used in _used_by(one, uses):
            if used not in seen and not isinstance(used, bpy.types.Scene):
                seen.add(used)
                waiting.append(used)
    return found


def shader_nodes(tree: Any, seen: set[Any] | None = None) -> Iterator[Any]:
    """Yield the nodes that the outputs of a shader tree depend on, those of its groups included."""
    seen = set() if seen is None else seen
    if tree is None or tree in seen:
        return
    seen.add(tree)
    waiting = [node for node in tree.nodes if node.type in _OUTPUTS]
    reached = set(waiting)
    while waiting:
        node = waiting.pop()
        yield node
        if node.type == "GROUP":
            yield from shader_nodes(node.node_tree, seen)
        for link in (link for socket in node.inputs for link in socket.links):
            if link.from_node not in reached:
                reached.add(link.from_node)
                waiting.append(link.from_node)


def image_files(image: Any) -> dict[str, Path]:
    """Return the files of an image that is not packed: paths as in the .blend file, and where they are."""
    num_packed = len(image.packed_files)
    if image.source not in _FROM_FILES or not image.filepath or image.filepath.startswith("<"):
        return {}
    if image.source == "TILED":
        if num_packed >= len(image.tiles):
            return {}
        names = [_tile_path(image.filepath, tile.number) for tile in image.tiles]
    else:
        names = [] if num_packed else [image.filepath]
    return {name: Path(bpy.path.abspath(name, library=image.library)) for name in names}


def _tile_path(path: str, number: int) -> str:
    row, column = divmod(number - UDIM_FIRST, UDIM_COLUMNS)
    return path.replace("<UDIM>", str(number)).replace("<UVTILE>", f"u{column + 1}_v{row + 1}")


def _uses() -> dict[Any, set[Any]]:
    """Return the data that each datablock uses."""
    uses: dict[Any, set[Any]] = {}
    for used, users in bpy.data.user_map().items():
        for user in users:
            uses.setdefault(user, set()).add(used)
    return uses


def _used_by(one: Any, uses: dict[Any, set[Any]]) -> set[Any]:
    """Return what a datablock uses of which a render can depend."""
    if isinstance(one, _SHADED):
        nodes = list(shader_nodes(one.node_tree)) if one.use_nodes else []
        return {node.image for node in nodes if getattr(node, "image", None) is not None}
    used = uses.get(one, set())
    is_reference = isinstance(one, bpy.types.Camera) or (
        isinstance(one, bpy.types.Object) and one.type == "EMPTY"
    )
    return {other for other in used if not (is_reference and isinstance(other, bpy.types.Image))}


def _is_rendered(thing: Any, scene: Any) -> bool:
    if thing.users_scene and scene not in thing.users_scene:
        return False
    return not thing.hide_render or _is_used_elsewhere(thing)


def _is_used_elsewhere(thing: Any) -> bool:
    users = bpy.data.user_map(subset=[thing])[thing]
    return any(not isinstance(user, (bpy.types.Scene, bpy.types.Collection)) for user in users)
