"""Assembly, on a real scene rendered small."""

import json

import numpy as np
import pytest
from rich.console import Console

from hdrbatch.errors import TaskError
from hdrbatch.imaging.candidates import clipped
from hdrbatch.imaging.exr import read_exr, write_exr
from hdrbatch.imaging.photo import read_photo
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.imaging.statistics import luminance
from hdrbatch.imaging.variance_merge import merge
from hdrbatch.plan.render_plan import plan_render
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.records.dataset_index import SceneRecord
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.folder import FolderStore
from hdrbatch.submit.progress import Progress
from hdrbatch.submit.workers.local_run import run_locally
from hdrbatch.tasks.assemble_scene import mean_radiance, photo_seed
from tests.imaging.predicted_variance import predicted_variance

pytestmark = pytest.mark.render

LADDER = tuple(float(ev) for ev in range(-5, 5))
SCENE = "scenes/outdoor-0001"


def render(root, dataset, ev, samples, scene="outdoor:1", folder="outdoor-0001", **settings):
    job = RenderJob.model_validate(
        {
            "dataset": dataset,
            "scenes": {"train": (scene,), "test": ()},
            "ev": ev,
            "render": {"width": 40, "height": 30, "samples": samples, **settings},
        }
    )
    store = FolderStore(root)
    plan = plan_render(job, job.scenes.catalogue())
    save_plan(store, plan)
    summary = run_locally(plan, store, ClusterSpec(), Progress(Console(quiet=True)))
    assert (summary.failed, summary.blocked) == ([], [])
    return root / "datasets" / dataset / "scenes" / folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """The folder of a scene at ten exposures of four samples."""
    return render(tmp_path_factory.mktemp("store"), "ten", LADDER, samples=4)


@pytest.fixture(scope="module")
def record(scene):
    return SceneRecord.model_validate_json((scene / "scene.json").read_bytes())


@pytest.fixture(scope="module")
def photos(scene):
    return np.stack([read_photo(scene / "photos" / f"ev{ev:+g}.png").pixels for ev in LADDER])


def test_the_reference_is_one_render_of_ten_times_the_samples(scene, tmp_path):
    at_once = render(tmp_path, "one", (0.0,), samples=40)
    expected = read_exr(at_once / "exposures" / "ev+0.exr")
    np.testing.assert_allclose(
        read_exr(scene / "reference.exr"), expected, rtol=2e-5, atol=1e-6 * expected.max()
    )


def test_the_exposures_are_different_samples(scene):
    first, second = (read_exr(scene / "exposures" / f"{name}.exr") for name in ("ev-5", "ev-4"))
    assert not np.array_equal(first, second)


def test_the_anchor_meters_the_median_to_middle_grey(scene, record):
    assert np.median(luminance(read_exr(scene / "reference.exr") * record.anchor)) == pytest.approx(
        0.18, rel=1e-4
    )


def test_merging_the_photographs_gives_the_reference_back(scene, record, photos):
    reference = read_exr(scene / "reference.exr") * np.float32(record.anchor)
    exposures = [2.0**ev for ev in LADDER]
    curve, sensor = parse_response(record.camera["response"]), Sensor()
    merged = merge(photos, exposures, curve, sensor)
    known = ~clipped(photos[0])
    assert known.mean() > 0.95
    sigma = np.sqrt(predicted_variance(reference, exposures, curve, sensor))
    error = (merged - reference)[known] / sigma[known]
    assert np.sqrt(np.mean(error**2)) < 1.3
    assert abs(np.mean(error)) < 0.3
    assert np.abs(error).max() < 6


def test_what_is_clipped_and_black_follows_the_exposure(record):
    clipped_by_ev = [exposure.clipped_fraction for exposure in record.exposures]
    black_by_ev = [exposure.black_fraction for exposure in record.exposures]
    assert [exposure.ev for exposure in record.exposures] == list(LADDER)
    assert clipped_by_ev == sorted(clipped_by_ev)
    assert black_by_ev == sorted(black_by_ev, reverse=True)
    assert clipped_by_ev[-1] > 0.2


def test_photographs_carry_their_exposure_in_exif(scene):
    for ev in LADDER:
        metadata = read_photo(scene / "photos" / f"ev{ev:+g}.png").metadata
        assert metadata.exposure_time_s == pytest.approx(2.0**ev / 32)
        assert (metadata.f_number, metadata.iso) == (8.0, 100.0)


def test_the_scene_tells_what_it_is(record):
    assert (record.id, record.family, record.split) == ("outdoor-0001", "outdoor", "train")
    assert record.dynamic_range_stops > 8
    assert record.description["focal_length_mm"] > 0
    json.dumps(record.description)


def test_every_photograph_has_noise_of_its_own():
    seeds = [photo_seed(scene, ev) for scene in ("outdoor-0001", "outdoor-0002") for ev in LADDER]
    assert len(set(seeds)) == len(seeds)


def test_the_mean_is_taken_in_double_precision(tmp_path):
    paths = []
    for number, value in enumerate([1.0] + [2.0**-24] * 8):
        paths.append(tmp_path / f"{number}.exr")
        write_exr(paths[-1], np.full((2, 2, 3), value, np.float32))
    expected = np.float32((1.0 + 8 * 2.0**-24) / 9)
    assert (mean_radiance(paths) == expected).all()


def test_exposures_of_different_size_are_refused(tmp_path):
    write_exr(tmp_path / "a.exr", np.ones((2, 2, 3), np.float32))
    write_exr(tmp_path / "b.exr", np.ones((2, 3, 3), np.float32))
    with pytest.raises(TaskError, match="exposures differ in size"):
        mean_radiance([tmp_path / "a.exr", tmp_path / "b.exr"])


def test_a_moving_scene_s_photographs_show_their_own_moments_and_its_reference_the_middle_one(tmp_path):
    folder = render(tmp_path, "moving", (-1.0, 0.0, 1.0), 4, "street:1:shake", "street-0001")
    record = SceneRecord.model_validate_json((folder / "scene.json").read_bytes())
    assert record.motion == "shake"
    assert [exposure.shutter_s for exposure in record.exposures] == [1 / 64, 1 / 32, 1 / 16]
    begins = [exposure.begin_s for exposure in record.exposures]
    assert begins == pytest.approx([0, 1 / 64 + 0.02, 3 / 64 + 0.04])
    shares = [read_exr(path) for path in sorted((folder / "sharp").iterdir())]
    reference = read_exr(folder / "reference.exr")
    np.testing.assert_allclose(reference, np.mean(shares, axis=0), rtol=1e-5, atol=1e-7)
    exposure = read_exr(folder / "exposures" / "ev+1.exr")
    photo = read_photo(folder / "photos" / "ev+1.png").pixels
    expected = np.clip(exposure * record.anchor * 2, 0, 1)
    error = np.abs(parse_response("srgb").invert(photo) - expected)
    assert np.median(error) < 0.02
    assert not np.allclose(np.clip(reference * record.anchor * 2, 0, 1), expected, atol=0.1)


def test_a_denoised_reference_is_smoother_than_the_mean_of_its_exposures_and_as_bright(tmp_path):
    scene = ("interior:2", "interior-0002")
    folder = render(tmp_path, "clean", (0.0, 1.0), 8, *scene, denoise="always")
    record = SceneRecord.model_validate_json((folder / "scene.json").read_bytes())
    assert record.denoised
    noisy = mean_radiance(sorted((folder / "exposures").iterdir()))
    clean = read_exr(folder / "reference.exr")
    rough = [np.abs(np.diff(np.log2(luminance(one) + 1e-3), axis=1)).mean() for one in (noisy, clean)]
    assert rough[1] < 0.6 * rough[0]
    assert clean.mean() == pytest.approx(noisy.mean(), rel=0.05)
    assert {path.name for path in (folder / "guides").iterdir()} == {"albedo.exr", "normal.exr"}
