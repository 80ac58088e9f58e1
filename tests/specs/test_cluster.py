"""Cluster files: what they mean, and what is refused with the file and the remedy."""

import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs.cluster import CREDENTIALS, ClusterSpec, Resources
from hdrbatch.specs.load import load_toml

SLURM = """\
scheduler = "slurm"
parallelism = 10

[container]
runtime = "apptainer"
render = "/images/render.sif"
train = "/images/train.sif"

[resources]
partition = "cpu"
memory_gb = 4
sbatch = {nice = 10, exclude = "n7"}

[stages.train_variant]
partition = "gpu"
gpus = 1
sbatch = {nice = 0}
"""


def load(tmp_path, text):
    path = tmp_path / "cluster.toml"
    path.write_text(text)
    return load_toml(path, ClusterSpec)


def refusal(tmp_path, text):
    with pytest.raises(SpecError) as refused:
        load(tmp_path, text)
    assert refused.value.exit_code == 2
    assert str(refused.value).startswith(str(tmp_path / "cluster.toml"))
    return str(refused.value).removeprefix(str(tmp_path) + "/")


def test_a_stage_has_its_own_resources_over_those_of_all(tmp_path):
    cluster = load(tmp_path, SLURM)
    assert cluster.resources_of("render_exposure") == cluster.resources
    assert cluster.resources_of("train_variant") == Resources(
        partition="gpu", memory_gb=4.0, gpus=1, sbatch={"nice": 0, "exclude": "n7"}
    )


def test_a_stage_can_say_zero():
    over = Resources(gpus=0).merged_over(Resources(gpus=2, cpus=3))
    assert (over.gpus, over.cpus) == (0, 3)


def test_an_empty_file_is_this_machine(tmp_path):
    cluster = load(tmp_path, "threads_per_task = 3\n")
    assert cluster.scheduler == "local"
    assert cluster.environment == CREDENTIALS
    assert cluster.container.runtime == "none"
    assert cluster.resources_of("train_variant") == Resources(cpus=3)


@pytest.mark.parametrize("key", ["workers", "threads_per_task"])
def test_keys_of_the_local_scheduler_are_rejected_on_slurm(key, tmp_path):
    message = refusal(tmp_path, f'{key} = 2\nscheduler = "slurm"\n')
    assert (
        f'{key} is a key of scheduler = "local", but the scheduler is "slurm"; remove the key, or' in message
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('folder = "/f"', "folder"),
        ("parallelism = 2", "parallelism"),
        ("max_array_size = 2", "max_array_size"),
        ("signal_delay_s = 2", "signal_delay_s"),
        ("max_timeouts = 2", "max_timeouts"),
        ("max_memory_gb = 2", "max_memory_gb"),
        ("accounting = false", "accounting"),
        ('[resources]\npartition = "x"', "resources"),
        ("[stages.render_exposure]\ncpus = 2", "stages"),
    ],
)
def test_keys_of_slurm_are_rejected_on_this_machine(line, key, tmp_path):
    assert f'{key} is a key of scheduler = "slurm", but the scheduler is "local"' in refusal(tmp_path, line)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("parallelism", "paralellism", "cluster.toml:2: paralellism: 10 unknown key: did you mean 'paral"),
        ("gpus = 1", "gpu = 1", "stages.train_variant.gpu: 1 unknown key"),
        ('partition = "cpu"', 'partitions = "cpu"', "resources.partitions: 'cpu' unknown key: did you mean"),
        ('"slurm"', '"pbs"', "cluster.toml:1: scheduler: 'pbs' not valid: it should be 'local' or 'slurm'"),
        ('"apptainer"', '"singularity"', "container.runtime: 'singularity' not valid"),
        ("/images/render.sif", "images/render.sif", "images/render.sif is not an absolute path; give the"),
        ("/images/train.sif", "train.sqsh", "train.sqsh is not an absolute path; give the"),
        ("train_variant", "train", "there is no stage 'train'; use some of render_exposure, assemble_scene"),
        ("parallelism = 10", "parallelism = 0", "cluster.toml:2: parallelism: 0 not valid: it should be gre"),
        ("memory_gb = 4", "memory_gb = 0", "resources.memory_gb: 0 not valid"),
        ("memory_gb = 4", 'memory_gb = "4G"', "resources.memory_gb: '4G' not valid"),
        ("nice = 10", "nice = [1]", "resources.sbatch.nice"),
        ("nice = 10", "job-name = 'x'", "job-name is set by hdrbatch; use its own key, or remove it"),
        ("nice = 10", "job_name = 'x'", "job_name is set by hdrbatch"),
        ("nice = 10", "array = '0-1'", "array is set by hdrbatch"),
        ("nice = 10", "hold = false", "hold = false has no meaning for sbatch; remove it"),
        ("memory_gb = 4", "time_min = 2", "the warning 120 s before the time limit of 2 min leaves no time"),
        ("parallelism = 10", "signal_delay_s = 3600", "raise time_min, or lower signal_delay_s"),
        (
            "parallelism = 10",
            'environment = ["A=secret"]',
            "'A=secret' is not a variable name; give the name",
        ),
        ("parallelism = 10", 'environment = ["1A"]', "'1A' is not a variable name"),
        ("parallelism = 10", "parallelism = ", "cluster.toml:2: not valid TOML"),
    ],
)
def test_an_invalid_value_is_rejected_with_the_remedy(old, new, expected, tmp_path):
    assert old in SLURM
    assert expected in refusal(tmp_path, SLURM.replace(old, new))


@pytest.mark.parametrize(
    "asked", ['gres = "gpu:1"', 'gres = "gpu:a100:2,license:1"', "gpus = 1", "gpus-per-task = 1"]
)
def test_gpus_that_the_task_would_not_use_are_rejected(asked, tmp_path):
    without = SLURM.replace("nice = 10", asked)
    message = refusal(tmp_path, without)
    name = asked.partition(" ")[0]
    assert f"render_exposure: sbatch requests GPUs with {name}, but the task would not use them" in message
    assert "give gpus = N as well" in message
    cluster = load(tmp_path, without.replace("memory_gb = 4", "memory_gb = 4\ngpus = 1"))
    assert name in cluster.resources_of("render_exposure").sbatch


@pytest.mark.parametrize("asked", ['gres = "license:1"', 'gres-flags = "enforce-binding"'])
def test_other_resources_need_no_gpu(asked, tmp_path):
    load(tmp_path, SLURM.replace("nice = 10", asked))


EVIL = ["x\\ntouch /tmp/here", "x\\r", "x\\u0000", "x\\u2028y", " ", ""]
SHELL = ["$(id)", "`id`", "a\\\\b", "a'b", 'a\\"b', "a<b", "a>b", "gr\u00f6\u00dfe"]
SBATCH_VALUES = [
    "[resources]\npartition",
    "[resources]\naccount",
    "[resources]\nqos",
    "[resources]\nconstraint",
    "[resources.sbatch]\ncomment",
    "[stages.render_exposure]\npartition",
    "[stages.train_variant.sbatch]\nreservation",
]
OTHER_TEXTS = ["folder", "scratch", "[container]\nrender", "[container]\ntrain"]
LISTS = ["[container]\noptions", "[container]\nrun_options", "[container]\nmounts"]


@pytest.mark.parametrize("value", [*EVIL, *SHELL])
@pytest.mark.parametrize("key", SBATCH_VALUES)
def test_a_value_for_sbatch_is_one_line_of_harmless_letters(key, value, tmp_path):
    message = refusal(tmp_path, f'scheduler = "slurm"\n{key} = "{value}"\n')
    assert key.split()[-1] in message
    assert "cannot be passed to sbatch; use one line of letters" in message or "it is empty" in message


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize("key", [*OTHER_TEXTS, *LISTS])
def test_every_other_text_is_one_printable_line(key, value, tmp_path):
    written = f'["{value}"]' if key in LISTS else f'"{value}"'
    message = refusal(tmp_path, f'scheduler = "slurm"\n{key} = {written}\n')
    assert "in one line of printable characters" in message or "it is empty" in message


@pytest.mark.parametrize("name", ["x\\ny", "-x", "Comment", "a b", "", "a=b"])
def test_an_option_of_sbatch_has_the_name_of_one(name, tmp_path):
    message = refusal(tmp_path, f'scheduler = "slurm"\n[resources.sbatch]\n"{name}" = 1\n')
    assert "is not an option of sbatch; write its long name" in message


@pytest.mark.parametrize("value", ["a100|h100", "[rack1*2&rack2*4]", "n[1-3],n7", "a b@c", "12:00", "x/y%5"])
def test_what_slurm_s_own_syntax_needs_is_accepted(value, tmp_path):
    text = f'scheduler = "slurm"\n[resources]\nconstraint = "{value}"\nsbatch = {{comment = "{value}"}}\n'
    cluster = load(tmp_path, text)
    assert cluster.resources.constraint == cluster.resources.sbatch["comment"] == value


@pytest.mark.parametrize("folder", ["/logs/%u", "/logs/a\\\\b"])
def test_a_folder_whose_name_sbatch_would_replace_is_rejected(folder, tmp_path):
    assert "in the names of logs" in refusal(tmp_path, f'scheduler = "slurm"\nfolder = "{folder}"\n')


def test_a_warning_that_leaves_a_second_is_taken(tmp_path):
    load(tmp_path, SLURM.replace("parallelism = 10", "signal_delay_s = 3599"))


@pytest.mark.parametrize("runtime", ["podman", "docker", "apptainer", "pyxis"])
def test_a_runtime_without_an_image_is_rejected(runtime, tmp_path):
    message = refusal(tmp_path, f'[container]\nruntime = "{runtime}"\n')
    assert f"runtime {runtime} needs an image; give render, train, or both" in message
    load(tmp_path, f'[container]\nruntime = "{runtime}"\ntrain = "/t.sif"\n')


def test_an_image_of_a_registry_is_a_name_not_a_file(tmp_path):
    cluster = load(tmp_path, '[container]\nruntime = "pyxis"\nrender = "registry#hdrbatch/render:1"\n')
    assert cluster.container.image("render") == "registry#hdrbatch/render:1"
    assert cluster.container.image("train") is None


def test_a_cluster_survives_the_way_to_the_nodes_unchanged(tmp_path):
    """The cluster file travels as JSON: keys that were not said must not count as said there."""
    for text in (SLURM, "threads_per_task = 2\n"):
        cluster = load(tmp_path, text)
        assert ClusterSpec.model_validate_json(cluster.model_dump_json(exclude_unset=True)) == cluster
