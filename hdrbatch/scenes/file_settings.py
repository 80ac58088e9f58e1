"""Settings of the open .blend file that a render here changes or keeps, for ``hdrbatch scenes inspect``."""

from collections.abc import Iterator
from typing import Any

import bpy

from hdrbatch.blender.view_layers import compositing_aids, layers_in_use


def notes_of_open_file() -> list[str]:
    """Describe the settings of the active scene that decide its picture in Blender but not here."""
    scene = bpy.context.scene
    return [*_layer_notes(scene), *_output_notes(scene), *_shading_notes(scene)]


def _layer_notes(scene: Any) -> Iterator[str]:
    used = layers_in_use(scene)
    if len(used) > 1:
        names = ", ".join(layer.name for layer in used)
        yield f"view layers {names} are rendered as one, with the collections of all"
    if unused := [layer.name for layer in scene.view_layers if not layer.use and layer not in used]:
        yield f"view layer(s) {', '.join(unused)} are switched off, and their collections left out"
    if not any(layer.use for layer in scene.view_layers):
        yield f"view layer(s) {', '.join(layer.name for layer in used)} are switched off, but rendered"
    if overrides := [layer.name for layer in used if layer.material_override or layer.world_override]:
        yield f"material or world override of view layer(s) {', '.join(overrides)} is ignored"
    if held := [thing.name for thing in compositing_aids(scene)]:
        yield f"holdouts and shadow catchers are rendered as ordinary objects: {', '.join(sorted(held))}"
    if indirect := sorted({name for layer in used for name in _indirect_only(layer.layer_collection)}):
        yield f"collections that are only seen indirectly stay so: {', '.join(indirect)}"


def _indirect_only(collection: Any) -> Iterator[str]:
    for child in collection.children:
        if child.indirect_only and not child.exclude:
            yield child.name
        yield from _indirect_only(child)


def _output_notes(scene: Any) -> Iterator[str]:
    render, view, cycles = scene.render, scene.view_settings, scene.cycles
    tree = scene.node_tree if scene.use_nodes else None
    ignored = {
        "compositor nodes": render.use_compositing and tree is not None and len(tree.nodes) > 2,
        "sequencer strips": render.use_sequencer
        and bool(scene.sequence_editor and scene.sequence_editor.strips),
        "film exposure": cycles.film_exposure != 1.0,
        "exposure and gamma of the view": (view.exposure, view.gamma) != (0.0, 1.0),
        "transparent film": render.film_transparent,
        "render region": render.use_border,
        "simplify": render.use_simplify,
        "motion blur": render.use_motion_blur,
        "Freestyle": render.use_freestyle,
        "stereoscopy": render.use_multiview,
        "clamping": max(cycles.sample_clamp_direct, cycles.sample_clamp_indirect) not in (0.0, 10.0),
    }
    if names := [name for name, is_set in ignored.items() if is_set]:
        yield f"not applied: {', '.join(names)}"


def _shading_notes(scene: Any) -> Iterator[str]:
    if scene.render.engine == "CYCLES" and scene.cycles.feature_set == "EXPERIMENTAL":
        yield "adaptive subdivision (experimental feature set) is off: such surfaces have their plain shape"
    scripts = [
        owner.name
        for owner in (*bpy.data.materials, *bpy.data.lights, *bpy.data.worlds)
        if owner.node_tree and any(node.type == "SCRIPT" for node in owner.node_tree.nodes)
    ]
    if scripts:
        yield f"OSL scripts are not run, so these shade differently: {', '.join(scripts)}"
    if scene.render.engine not in ("CYCLES", "BLENDER_EEVEE_NEXT"):
        yield f"made for the engine {scene.render.engine}; rendered by Cycles, or EEVEE if the job says so"
