# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
"""A file's own settings do not decide the radiance: layers, overrides, output, shortcuts."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.blender.view_layers import use_one_layer
from hdrbatch.scenes.kit.camera import add_camera
from hdrbatch.scenes.kit.materials import plain
from hdrbatch.scenes.kit.shapes import Place, rectangles
from hdrbatch.scenes.kit.sky import add_sun

SETTINGS = RenderSettings(24, 16, num_threads=1)


@pytest.fixture
def scene():
    """A floor in the sun, and two walls in collections of their own."""
    scene = open_empty_scene()
    floor = plain("Floor", (0.5, 0.5, 0.5), 0.8)
    rectangles(Place(0, 0), [[(-9, -9, 0), (9, -9, 0), (9, 9, 0), (-9, 9, 0)]], floor)
    for name, left, color in (("A", -3, (0.8, 0.1, 0.1)), ("B", 1, (0.1, 0.8, 0.1))):
        collection = bpy.data.collections.new(name)
        scene.collection.children.link(collection)
        before = set(scene.objects)
        wall = [(left, 3, 0), (left + 2, 3, 0), (left + 2, 3, 2), (left, 3, 2)]
        rectangles(Place(0, 0), [wall], plain(name, color, 0.8))
        for thing in set(scene.objects) - before:
            for owner in list(thing.users_collection):
                owner.objects.unlink(thing)
            collection.objects.link(thing)
    add_sun(50.0, 200.0, seen_from=None)
    add_camera((0, -4, 2), (0, 3, 1), 25.0)
    return scene


def rendered(tmp_path):
    return render_image(SETTINGS, 4, tmp_path)


def split(scene):
    front = scene.view_layers.new("Front")
    front.layer_collection.children["A"].exclude = True
    scene.view_layers[0].layer_collection.children["B"].exclude = True


def split_with_indirect(scene):
    front = scene.view_layers.new("Front")
    front.layer_collection.children["A"].indirect_only = True
    scene.view_layers[0].layer_collection.children["B"].holdout = True


def all_off(scene):
    split(scene)
    for layer in scene.view_layers:
        layer.use = False


def first_off(scene):
    scene.view_layers.new("Front")
    scene.view_layers[0].use = False
    scene.view_layers[0].layer_collection.children["B"].exclude = True


def compositor(scene):
    scene.use_nodes = scene.render.use_compositing = True
    tree = scene.node_tree
    out = next(node for node in tree.nodes if node.type == "COMPOSITE")
    tree.links.new(tree.nodes.new("CompositorNodeRGB").outputs[0], out.inputs[0])


def overrides(scene):
    scene.view_layers[0].material_override = bpy.data.materials.new("white")
    scene.view_layers[0].world_override = bpy.data.worlds.new("other")


def aids(scene):
    for thing in scene.objects:
        if thing.type == "MESH":
            thing.is_holdout = thing.is_shadow_catcher = True


def picture(scene):
    render = scene.render
    render.use_border = render.use_crop_to_border = render.film_transparent = True
    render.border_max_x, render.resolution_percentage, render.pixel_aspect_x = 0.5, 50, 2.0
    render.use_simplify = render.use_motion_blur = render.use_multiview = render.use_stamp = True
    render.use_freestyle = render.dither_intensity = 1


def view(scene):
    scene.display_settings.display_device = "Display P3"
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.exposure, scene.view_settings.gamma = 3, 2
    scene.view_settings.use_curve_mapping = scene.view_settings.use_white_balance = True
    scene.render.image_settings.color_management = "FOLLOW_SCENE"


def cycles(scene):
    cycles = scene.cycles
    cycles.feature_set, cycles.shading_system = "EXPERIMENTAL", True
    cycles.film_exposure, cycles.filter_width, cycles.pixel_filter_type = 3, 4, "BOX"
    cycles.max_bounces, cycles.sample_clamp_direct, cycles.sample_clamp_indirect = 1, 0.1, 0.1
    cycles.direct_light_sampling_type = "FORWARD_PATH_TRACING"
    cycles.min_light_bounces, cycles.light_sampling_threshold, cycles.blur_glossy = 8, 1, 10
    cycles.use_fast_gi = cycles.use_adaptive_sampling = cycles.use_denoising = cycles.use_guiding = True
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.samples, cycles.time_limit, cycles.seed, cycles.sample_offset = 1, 0.1, 99, 7
    cycles.sampling_pattern, cycles.scrambling_distance = "BLUE_NOISE", 0.5
    scene.view_layers[0].samples, cycles.use_layer_samples = 1, "USE"
    scene.view_layers[0].use_sky = scene.view_layers[0].use_solid = False


@pytest.mark.parametrize(
    "spoil",
    [split, split_with_indirect, all_off, first_off, compositor, overrides, aids, picture, view, cycles],
)
def test_the_radiance_is_that_of_the_scene_whatever_the_file_sets(scene, tmp_path, spoil):
    expected = rendered(tmp_path)
    assert (expected[..., 0] > 2 * expected[..., 1]).sum() > 3
    assert (expected[..., 1] > 2 * expected[..., 0]).sum() > 3
    spoil(scene)
    np.testing.assert_allclose(rendered(tmp_path), expected, rtol=1e-4, atol=1e-6)


def test_what_no_layer_in_use_shows_stays_away_at_any_depth(scene):
    inner = bpy.data.collections.new("Inner")
    bpy.data.collections["A"].children.link(inner)
    front = scene.view_layers.new("Front")
    back, front = scene.view_layers[0].layer_collection, front.layer_collection
    back.children["A"].exclude = True
    front.children["A"].children["Inner"].exclude = True
    back.children["B"].exclude = front.children["B"].exclude = True
    for _ in range(2):
        use_one_layer(scene)
        assert [layer.use for layer in scene.view_layers] == [True, False]
        assert not back.children["A"].exclude
        assert back.children["A"].children["Inner"].exclude
        assert back.children["B"].exclude


def test_collections_that_all_layers_show_indirectly_stay_so(scene):
    scene.view_layers[0].layer_collection.children["A"].indirect_only = True
    use_one_layer(scene)
    assert scene.view_layers[0].layer_collection.children["A"].indirect_only
