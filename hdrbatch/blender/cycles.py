"""All Cycles settings, chosen so that a render is an unbiased estimate of the scene's radiance.

They override the settings that a scene holds. Wrong settings changed the mean of an outdoor scene and of a
sunlit room as follows: indirect clamp 10 (Blender's default) -1.7 % and -3.4 %, direct clamp 10
-24 %, filter glossy 1 -1 %, no caustics -1.8 %, 4 bounces -2.9 %, fast global illumination -41 %.

A scene may choose only settings that do not change the mean: `use_light_tree`, and how its world is sampled.
"""

from typing import Any

from hdrbatch.blender.devices import use_device
from hdrbatch.blender.sampling import RenderSettings, SampleSubset

PIXEL_FILTER = "BLACKMAN_HARRIS"
PIXEL_FILTER_WIDTH = 1.5
"""Width of the pixel filter in pixels: Blender's default, stated because the pixels depend on it."""
MAX_TRANSPARENT_BOUNCES = 64
"""Maximum number of panes and leaves that a ray passes; a ray that ends among them darkens the picture."""


def configure(scene: Any, settings: RenderSettings, subset: SampleSubset) -> None:
    """Set a scene up for one subset of samples, rendered by Cycles.

    Parameters
    ----------
    scene : bpy.types.Scene
        The scene, changed in place.
    settings : RenderSettings
        Size, bounces, seed, threads and device.
    subset : SampleSubset
        The part of the sampling sequence to render.
    """
    use_device(scene, settings.device)
    _set_light_paths(scene.cycles, settings)
    _set_samples(scene.cycles, settings, subset)


def _set_light_paths(cycles: Any, settings: RenderSettings) -> None:
    """Enable all light paths, without the shortcuts that trade energy for less noise."""
    if cycles.feature_set != "SUPPORTED":
        cycles.feature_set = "SUPPORTED"
    cycles.shading_system = False
    cycles.film_exposure = 1.0
    cycles.film_transparent_glass = False
    cycles.pixel_filter_type = PIXEL_FILTER
    cycles.filter_width = PIXEL_FILTER_WIDTH
    cycles.max_bounces = settings.max_bounces
    cycles.diffuse_bounces = settings.max_bounces
    cycles.glossy_bounces = settings.max_bounces
    cycles.transmission_bounces = settings.max_bounces
    cycles.volume_bounces = settings.max_bounces
    cycles.transparent_max_bounces = MAX_TRANSPARENT_BOUNCES
    cycles.sample_clamp_direct = 0.0
    cycles.sample_clamp_indirect = 0.0
    cycles.blur_glossy = 0.0
    cycles.light_sampling_threshold = 0.0
    cycles.direct_light_sampling_type = "MULTIPLE_IMPORTANCE_SAMPLING"
    cycles.min_light_bounces = 0
    cycles.min_transparent_bounces = 0
    cycles.volume_step_rate = 1.0
    cycles.volume_max_steps = 1024
    cycles.caustics_reflective = True
    cycles.caustics_refractive = True
    cycles.use_fast_gi = False
    cycles.use_guiding = False
    cycles.texture_limit_render = "OFF"
    cycles.rolling_shutter_type = "NONE"


def _set_samples(cycles: Any, settings: RenderSettings, subset: SampleSubset) -> None:
    """Select this render's part of the sampling sequence that all subsets share."""
    cycles.seed = settings.seed
    cycles.use_animated_seed = False
    cycles.sampling_pattern = "TABULATED_SOBOL"
    cycles.scrambling_distance = 1.0
    cycles.auto_scrambling_distance = False
    cycles.use_adaptive_sampling = False
    cycles.use_denoising = settings.denoised
    if settings.denoised:
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_use_gpu = False
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        cycles.denoising_prefilter = "FAST"
    cycles.use_layer_samples = "IGNORE"
    cycles.time_limit = 0.0
    cycles.samples = subset.total_samples
    cycles.use_sample_subset = True
    cycles.sample_offset = subset.offset
    cycles.sample_subset_length = subset.samples
