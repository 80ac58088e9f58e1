# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.engine import configure
from hdrbatch.blender.rendering import render_image
from hdrbatch.blender.sampling import RenderSettings, SampleSubset
from hdrbatch.blender.session import open_empty_scene
from hdrbatch.scenes.build import build_scene

SETTINGS = RenderSettings(32, 24, num_threads=2)


def bias(scene):
    """What people set in their files to have less noise, quicker tests or another look."""
    scene.render.engine = "BLENDER_EEVEE_NEXT"
    scene.render.resolution_percentage = 50
    scene.render.use_border = True
    scene.render.border_max_x = 0.5
    scene.render.use_crop_to_border = True
    scene.render.film_transparent = True
    scene.render.use_simplify = True
    scene.render.use_motion_blur = True
    scene.render.pixel_aspect_x = 2.0
    scene.render.image_settings.file_format = "JPEG"
    scene.use_nodes = True
    scene.view_settings.exposure = 2.0
    cycles = scene.cycles
    cycles.film_exposure = 4.0
    cycles.sample_clamp_direct = 0.5
    cycles.sample_clamp_indirect = 0.5
    cycles.blur_glossy = 2.0
    cycles.light_sampling_threshold = 0.5
    cycles.caustics_reflective = False
    cycles.caustics_refractive = False
    cycles.use_fast_gi = True
    cycles.max_bounces = 1
    cycles.diffuse_bounces = 0
    cycles.glossy_bounces = 0
    cycles.transmission_bounces = 0
    cycles.transparent_max_bounces = 0
    cycles.use_adaptive_sampling = True
    cycles.adaptive_threshold = 0.9
    cycles.use_denoising = True
    cycles.seed = 99
    cycles.use_animated_seed = True
    cycles.pixel_filter_type = "BOX"
    cycles.filter_width = 5.0
    cycles.time_limit = 0.01
    cycles.sampling_pattern = "BLUE_NOISE"
    cycles.scrambling_distance = 0.1
    scene.view_layers[0].samples = 1


SWITCHES = {
    "render": {
        "use_compositing": False,
        "use_sequencer": False,
        "use_simplify": False,
        "use_freestyle": False,
        "use_multiview": False,
        "use_motion_blur": False,
        "use_stamp": False,
        "use_border": False,
        "use_crop_to_border": False,
        "use_placeholder": False,
        "use_overwrite": True,
        "film_transparent": False,
        "pixel_aspect_y": 1.0,
    },
    "render.image_settings": {"color_depth": "32", "exr_codec": "ZIP", "color_mode": "RGB"},
    "cycles": {
        "use_denoising": False,
        "use_adaptive_sampling": False,
        "use_guiding": False,
        "use_fast_gi": False,
        "auto_scrambling_distance": False,
        "caustics_reflective": True,
        "caustics_refractive": True,
        "sampling_pattern": "TABULATED_SOBOL",
        "texture_limit_render": "OFF",
        "volume_bounces": 12,
        "feature_set": "SUPPORTED",
    },
}
OTHERS = {"color_depth": "16", "exr_codec": "DWAA", "color_mode": "BW", "sampling_pattern": "BLUE_NOISE"} | {
    "texture_limit_render": "128",
    "volume_bounces": 0,
    "pixel_aspect_y": 2.0,
    "feature_set": "EXPERIMENTAL",
}


def test_every_switch_is_set_over_whatever_it_was():
    scene = open_empty_scene()
    scene.render.image_settings.file_format = "OPEN_EXR"
    for path, switches in SWITCHES.items():
        for name, value in switches.items():
            owner = scene.path_resolve(path)
            setattr(owner, name, OTHERS.get(name, not value))
    configure(scene, SETTINGS, SampleSubset(3, 10, 16))
    for path, switches in SWITCHES.items():
        owner = scene.path_resolve(path)
        assert {name: getattr(owner, name) for name in switches} == switches
    cycles = scene.cycles
    assert cycles.use_sample_subset
    assert (cycles.samples, cycles.sample_offset, cycles.sample_subset_length) == (160, 48, 16)


def test_what_a_scene_sets_over_the_physics_has_no_effect(tmp_path):
    build_scene("interior", 3)
    clean = render_image(SETTINGS, 8, tmp_path)
    build_scene("interior", 3)
    bias(bpy.context.scene)
    np.testing.assert_array_equal(render_image(SETTINGS, 8, tmp_path), clean)


@pytest.mark.parametrize(
    "change", [{"max_bounces": 1}, {"seed": 1}], ids=["fewer bounces", "another sampling seed"]
)
def test_what_the_settings_say_has_an_effect(change, tmp_path):
    build_scene("interior", 3)
    usual = render_image(SETTINGS, 4, tmp_path)
    other = render_image(RenderSettings(32, 24, num_threads=2, **change), 4, tmp_path)
    assert not np.array_equal(usual, other)
