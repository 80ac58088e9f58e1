"""The files that users copy are valid, are found by name, and are copied without loss."""

import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.examples import CLUSTERS, copy_examples, examples_folder
from hdrbatch.specs.examples import JOBS as JOBS_FOLDER
from hdrbatch.specs.load import find_spec, load_toml, load_yaml
from hdrbatch.specs.render_job import RenderJob, ScenesSpec
from hdrbatch.specs.simulated_camera import REAL_CAMERAS
from hdrbatch.specs.sweep_spec import SweepSpec

EXAMPLES = sorted(examples_folder(CLUSTERS).glob("*.toml"))
JOBS = {path.stem: path for path in sorted(examples_folder(JOBS_FOLDER).glob("*.yaml"))}
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


# --- found and copied


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_means_the_example_anywhere(elsewhere):
    assert find_spec("local", JOBS_FOLDER, ".yaml") == JOBS["local"]
    assert find_spec("podman", CLUSTERS, ".toml") == examples_folder(CLUSTERS) / "podman.toml"


@pytest.mark.parametrize("name", ["local", "local.yaml"])
def test_a_copy_in_the_working_directory_wins_over_the_example(elsewhere, name):
    copy_examples(elsewhere)
    assert find_spec(name, JOBS_FOLDER, ".yaml").resolve() == elsewhere / "jobs" / "local.yaml"


def test_a_path_wins_over_both(elsewhere):
    copy_examples(elsewhere)
    (elsewhere / "local.yaml").touch()
    assert find_spec("local.yaml", JOBS_FOLDER, ".yaml").resolve() == elsewhere / "local.yaml"


def test_an_unknown_name_lists_the_users_own_files_and_the_examples(elsewhere):
    (elsewhere / "jobs").mkdir()
    (elsewhere / "jobs" / "mine.yaml").touch()
    with pytest.raises(
        SpecError, match="one of ablations, laptop, .*local, local-sweep, mine, render, sweep"
    ):
        find_spec("nosuch", JOBS_FOLDER, ".yaml")


def test_the_path_of_an_example_that_was_not_copied_is_told_how_to_get_it(elsewhere):
    with pytest.raises(
        SpecError, match="no such file: hdrbatch init writes it, and local names the original"
    ):
        find_spec("jobs/local.yaml", JOBS_FOLDER, ".yaml")


def test_copies_are_the_examples_and_never_overwrite(elsewhere):
    (elsewhere / "jobs").mkdir()
    (elsewhere / "jobs" / "local.yaml").write_text("mine")
    copied = copy_examples(elsewhere)
    assert copied.skipped == (elsewhere / "jobs" / "local.yaml",)
    assert copied.skipped[0].read_text() == "mine"
    examples = [*EXAMPLES, *(path for name, path in JOBS.items() if name != "local")]
    assert {path.name: path.read_bytes() for path in copied.written} == {
        path.name: path.read_bytes() for path in examples
    }


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
