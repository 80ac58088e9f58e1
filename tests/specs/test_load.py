from pathlib import Path

import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import find_spec, load_toml, load_yaml
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.specs.sweep_spec import SweepSpec

GOOD = """\
dataset: tiny
scenes:
  train: {count: 2, first_seed: 1}
  test: {count: 1, first_seed: 50}
ev: -1..1
render:
  width: 32
  height: 24
  samples: 2
"""


def refusal(tmp_path: Path, text: str, spec=RenderJob) -> str:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as refused:
        load_yaml(path, spec)
    return str(refused.value)


def test_a_good_job_is_read(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(GOOD)
    job = load_yaml(path, RenderJob)
    assert job.ev == (-1.0, 0.0, 1.0)
    assert [scene.id for scene in job.scenes.catalogue()] == [
        "interior-0001",
        "outdoor-0001",
        "interior-0050",
    ]


@pytest.mark.parametrize("name", ["local", "render"])
def test_every_render_job_that_ships_is_valid(name):
    load_yaml(find_spec(name, "jobs", ".yaml"), RenderJob)


def test_the_full_job_has_331_training_and_75_test_scenes_at_ten_exposures_of_640x480():
    job = load_yaml(find_spec("render", "jobs", ".yaml"), RenderJob)
    splits = [scene.split for scene in job.scenes.catalogue()]
    assert (splits.count("train"), splits.count("test")) == (331, 75)
    assert job.ev == tuple(range(-5, 5))
    assert (job.render.width, job.render.height) == (640, 480)


def test_the_sweep_and_the_cluster_that_ship_are_valid():
    load_yaml(find_spec("local-sweep", "jobs", ".yaml"), SweepSpec)
    load_toml(find_spec("local", "infra/clusters", ".toml"), ClusterSpec)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("samples: 2", "sampels: 2", "job.yaml:9: render.sampels: 2 unknown key: did you mean 'samples'?"),
        ("width: 32", "width: -32", "job.yaml:7: render.width: -32 not valid: it should be greater than"),
        ("width: 32", "width: wide", "job.yaml:7: render.width: 'wide' not valid: it should be a valid int"),
        ("width: 32", 'width: "32"', "render.width: '32' not valid: it should be a valid integer"),
        ("width: 32", "width: true", "render.width: True not valid: it should be a valid integer"),
        ("ev: -1..1", "ev: []", "job.yaml:5: ev: () the EV ladder is empty; write a range"),
        ("ev: -1..1", "ev: 1..-1", "job.yaml:5: ev: '1..-1' the EV ladder is empty"),
        ("ev: -1..1", "ev: [0, 0]", "an EV appears twice in the ladder"),
        ("ev: -1..1", "ev: bright", "write a range such as -5..4"),
        ("ev: -1..1", "ev: -99999999999..99999999999", "EVs are out of range; use values from -20 to 20"),
        ("ev: -1..1", "ev: [1, 1.0000001]", "an EV appears twice in the ladder"),
        ("width: 32", "width: 10", "should be greater than or equal to 11"),
        ("samples: 2", "samples: 99999999", "should be less than or equal to"),
        ("first_seed: 50", "first_seed: 99999999999999999999999", "should be less than or equal to"),
        ("dataset: tiny", "dataset: comparison.json", "dataset: 'comparison.json'"),
        (
            "dataset: tiny",
            "dataset: tiny\ncamera: {response: bogus}",
            "'bogus' no such response",
        ),
        (
            "dataset: tiny",
            "dataset: tiny\ncamera: {response: 'gamma:0'}",
            "no such response curve",
        ),
        ("dataset: tiny", "dataset: tiny\ncamera: {iso: 100.5}", "camera.iso: 100.5 not valid"),
        ("ev: -1..1", "? [a, b]\n: 1", "not valid YAML"),
        ("ev: -1..1", "ev: &a [*a]", "not valid YAML"),
        ("ev: -1..1", "ev: [99]", "EV 99 is out of range; use values from -20 to 20"),
        (
            "first_seed: 50",
            "first_seed: 1",
            "1 scene(s) are in both train and test, the first is interior-0001",
        ),
        ("dataset: tiny\n", "", "dataset: missing: add this key"),
        ("dataset: tiny", "dataset: My Set", "dataset: 'My Set'"),
        ("ev: -1..1", "ev: -1..1\nev: 0", "job.yaml:6: not valid YAML: the key 'ev' stands twice"),
        ("ev: -1..1", "ev: [", "not valid YAML"),
        ("train: {count: 2, first_seed: 1}", 'train: ["castle:1"]', "there is no scene family 'castle'"),
    ],
)
def test_a_bad_job_is_refused_with_file_key_value_and_remedy(tmp_path, old, new, expected):
    assert old in GOOD
    assert expected in refusal(tmp_path, GOOD.replace(old, new))


def test_all_mistakes_of_a_file_are_named_at_once(tmp_path):
    text = refusal(tmp_path, GOOD.replace("width: 32", "width: 0").replace("samples: 2", "samples: 0"))
    assert "render.width" in text
    assert "render.samples" in text


def test_an_empty_file_is_refused(tmp_path):
    assert "a mapping of keys is wanted here, such as: dataset: ..." in refusal(tmp_path, "")


def test_an_unknown_name_lists_the_jobs_that_there_are():
    with pytest.raises(SpecError, match="none of that name in jobs/: give a path or one of .*local"):
        find_spec("nosuch", "jobs", ".yaml")


def test_a_bad_cluster_is_refused_with_its_line(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('scheduler = "local"\nthreads_per_task = 0\n')
    with pytest.raises(
        SpecError, match=r"mine.toml:2: threads_per_task: 0 not valid: it should be greater than 0"
    ):
        load_toml(path, ClusterSpec)


def test_a_job_survives_its_json_form(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text(GOOD)
    job = load_yaml(path, RenderJob)
    assert RenderJob.model_validate_json(job.model_dump_json()) == job


def test_a_number_that_yaml_reads_as_text_is_told_how_to_be_written(tmp_path):
    path = tmp_path / "sweep.yaml"
    path.write_text("sweep: a\ndataset: b\nbase: {training: {learning_rate: 1e-4}}\nvariants: {x: {}}\n")
    with pytest.raises(
        SpecError, match=r"'1e-4' is text to YAML: write 0.0001 with a point, such as 1\.0e-4"
    ):
        load_yaml(path, SweepSpec)


def test_a_mistyped_key_below_names_of_the_users_own_and_in_lists_is_told_what_it_may_mean(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('scheduler = "slurm"\n[stages.train_variant]\nmemry_gb = 8\n')
    with pytest.raises(
        SpecError, match=r"train_variant\.memry_gb: 8 unknown key: did you mean 'memory_gb'\?"
    ):
        load_toml(path, ClusterSpec)
    own = GOOD.replace("scenes:\n", "scenes:\n  own: [{splt: test}]\n")
    assert "scenes.own.0.splt: 'test' unknown key: did you mean 'split'?" in refusal(tmp_path, own)
