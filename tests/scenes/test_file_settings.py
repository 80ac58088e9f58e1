# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
"""What is said of a file's settings that do not decide its radiance here."""

import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.scenes.file_settings import notes_of_open_file


@pytest.fixture
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=False)
    bpy.context.scene.render.engine = "CYCLES"
    return bpy.context.scene


def test_of_an_ordinary_file_nothing_is_said(scene):
    assert notes_of_open_file() == []


def test_layers_and_what_serves_compositing_are_named(scene):
    front = scene.view_layers.new("Front")
    scene.view_layers.new("Spare").use = False
    front.material_override = bpy.data.materials.new("white")
    bpy.data.objects["Cube"].is_holdout = True
    front.layer_collection.children[0].indirect_only = True
    assert notes_of_open_file() == [
        "view layers ViewLayer, Front are rendered as one, with the collections of all",
        "view layer(s) Spare are switched off, and their collections left out",
        "material or world override of view layer(s) Front is ignored",
        "holdouts and shadow catchers are rendered as ordinary objects: Cube",
        "collections that are only seen indirectly stay so: Collection",
    ]


def test_a_layer_that_is_switched_off_is_named(scene):
    scene.view_layers[0].use = False
    assert notes_of_open_file() == ["view layer(s) ViewLayer are switched off, but rendered"]


def test_settings_that_are_not_applied_are_named(scene):
    scene.cycles.film_exposure, scene.view_settings.gamma = 2, 2
    scene.render.film_transparent = scene.render.use_border = scene.render.use_simplify = True
    names = "film exposure, exposure and gamma of the view, transparent film, render region, simplify"
    assert notes_of_open_file() == [f"not applied: {names}"]


def test_shading_that_differs_is_named(scene):
    scene.cycles.feature_set = "EXPERIMENTAL"
    material = bpy.data.objects["Cube"].data.materials[0]
    material.node_tree.nodes.new("ShaderNodeScript")
    subdivision, scripts = notes_of_open_file()
    assert subdivision.startswith("adaptive subdivision (experimental feature set) is off")
    assert scripts == "OSL scripts are not run, so these shade differently: Material"
    scene.render.engine = "BLENDER_WORKBENCH"
    assert (
        "made for the engine BLENDER_WORKBENCH; rendered by Cycles, or EEVEE if" in notes_of_open_file()[-1]
    )
