"""The files that users copy are valid."""

import pytest

from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import PROJECT_ROOT, load_toml, load_yaml
from hdrbatch.specs.render_job import RenderJob, ScenesSpec
from hdrbatch.specs.simulated_camera import REAL_CAMERAS
from hdrbatch.specs.sweep_spec import SweepSpec

EXAMPLES = sorted((PROJECT_ROOT / "infra" / "clusters").glob("*.toml"))
JOBS = {path.stem: path for path in sorted((PROJECT_ROOT / "jobs").glob("*.yaml"))}
SWEEPS = [name for name, path in JOBS.items() if path.read_text().count("\nsweep: ")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_a_cluster_file_is_valid(path):
    cluster = load_toml(path, ClusterSpec)
    assert cluster.scheduler == ("local" if path.stem == "local" else "slurm")


def test_there_are_examples_with_apptainer_and_with_pyxis_both_with_gpus():
    clusters = [load_toml(path, ClusterSpec) for path in EXAMPLES]
    assert {one.container.runtime for one in clusters} >= {"apptainer", "pyxis"}
    for cluster in clusters:
        if cluster.container.runtime in ("apptainer", "pyxis"):
            assert cluster.resources_of("train_variant").gpus == 1
            assert not cluster.resources_of("render_exposure").gpus


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_in_jobs_is_valid_and_a_job_in_jobs_makes_its_dataset(name):
    sweep = load_yaml(JOBS[name], SweepSpec)
    jobs = [load_yaml(path, RenderJob) for other, path in JOBS.items() if other not in SWEEPS]
    (job,) = [job for job in jobs if job.dataset == sweep.dataset]
    for spec in sweep.resolved().values():
        assert set(spec.inputs.ev) <= set(job.ev)
        assert spec.inputs.middle_ev == 0


def test_no_two_sweeps_in_jobs_write_over_each_other():
    names = [load_yaml(JOBS[name], SweepSpec).sweep for name in SWEEPS]
    assert len(names) >= 4
    assert len(set(names)) == len(names)


# --- the ablations


def ablations():
    return load_yaml(JOBS["ablations"], SweepSpec).trainings


def specs(group):
    trainings = ablations()
    return [trainings.variants[name] for name in trainings.groups[group]]


def test_the_ablations_compare_inputs_and_losses_and_the_plain_network_with_the_default_one():
    trainings, basic = ablations(), specs("basic")
    assert {spec.inputs.ev for spec in basic} == {(0,), (-2, 0, 2)}
    assert {spec.training.loss for spec in basic} == {"psnr", "linear", "mu", "pu21"}
    plain = trainings.variants["basic-plain"]
    assert (plain.network.fusion, plain.network.masks, plain.network.output) == ("stacked", False, "radiance")
    assert (plain.inputs.mode, plain.training.loss, plain.training.clipped_weight) == ("photographs", "mu", 1)


def test_the_ablations_of_small_data_go_through_fractions_dropout_widths_and_depths():
    small = specs("small-data")
    assert {spec.training.fraction for spec in small} == {1, 0.5, 0.25, 0.1}
    assert {spec.network.width for spec in small} == {64, 32, 16}
    assert {spec.network.depth for spec in small} == {4, 3, 2}
    places = ("bottleneck", "decoder", "everywhere")
    dropouts = {(spec.network.dropout, spec.network.dropout_at) for spec in small}
    assert dropouts == {(0, "bottleneck")} | {(share, place) for share in (0.1, 0.3, 0.5) for place in places}


def test_the_ablations_for_real_photographs_go_through_cameras_and_are_tested_on_real_ones():
    real = specs("real")
    assert {spec.test.photographs for spec in real} == {"real_cameras"}
    assert real[0].camera == REAL_CAMERAS
    assert {spec.camera.response for spec in real} == {"srgb", "varied"}
    assert {spec.camera.noise for spec in real} == {True, False}
    assert {spec.camera.exposure_error_stops for spec in real} == {0, 0.1, 0.3}
    assert {spec.camera.jpeg_quality for spec in real} == {None, (85, 98)}


def test_the_ablations_of_candidates_go_through_inputs_and_responses():
    inputs = {(spec.inputs.mode, spec.inputs.response) for spec in specs("candidates")}
    modes, responses = ("photographs", "candidates", "both"), ("known", "calibrated", "srgb")
    assert inputs == {(mode, response) for mode in modes for response in responses}


def test_a_group_of_the_ablations_begins_with_what_the_others_are_compared_with():
    firsts = [names[0] for names in ablations().groups.values()]
    assert firsts == ["basic-default", "basic-default", "real-realistic", "real-realistic"]


def test_a_job_s_catalogue_is_built_once(monkeypatch):
    built = []
    split = ScenesSpec._split
    monkeypatch.setattr(ScenesSpec, "_split", lambda self, name: built.append(name) or split(self, name))
    job = load_yaml(JOBS["render"], RenderJob)
    assert job.scenes.catalogue() == job.scenes.catalogue()
    assert built == ["train", "test"]
