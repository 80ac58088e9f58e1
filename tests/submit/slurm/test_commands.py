"""What Slurm's commands obey, and what a machine that submits must have."""

import os

import pytest

from hdrbatch.errors import SetUpError, SubmissionError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.arrays import SubmissionRequest, slurm_parameters, submit_plan
from hdrbatch.submit.slurm.commands import ignored_variables
from tests.submit.fake_slurm.plans import indices, slurm_cluster

OF_A_SITE = {
    "SBATCH_EXPORT": "NONE",
    "SBATCH_PARTITION": "debug2",
    "SBATCH_ACCOUNT": "lab",
    "SBATCH_ARRAY_INX": "0-3",
    "SBATCH_TIMELIMIT": "1",
    "SBATCH_REQUEUE": "0",
}


def submit(store, cluster, number=2, **wanted):
    return submit_plan(indices(number), store, cluster, set(), SubmissionRequest(range(number), **wanted))


@pytest.fixture
def site(monkeypatch):
    """A centre that sets sbatch's variables for all its users."""
    for name, value in OF_A_SITE.items():
        monkeypatch.setenv(name, value)


# --- variables


def test_no_variable_of_sbatch_reaches_a_submission(site, fake_slurm, folder_store, tmp_path):
    (submitted,) = submit(folder_store, slurm_cluster(tmp_path / "logs"))
    job = fake_slurm.jobs[submitted.job]
    tested = fake_slurm.tested_environment
    assert not [name for name in (*job["environment"], *tested) if name.startswith("SBATCH_")]
    assert job["parameters"]["export"] == "ALL"
    assert "#SBATCH --export=ALL" in fake_slurm.tested_script
    assert {name: os.environ[name] for name in OF_A_SITE} == OF_A_SITE


def test_the_variables_that_the_cluster_file_names_are_obeyed(site, fake_slurm, folder_store, tmp_path):
    cluster = slurm_cluster(tmp_path / "logs", sbatch_variables=("SBATCH_ACCOUNT",))
    (submitted,) = submit(folder_store, cluster)
    tested = fake_slurm.tested_environment
    for given in (fake_slurm.jobs[submitted.job]["environment"], tested):
        assert [name for name in given if name.startswith("SBATCH_")] == ["SBATCH_ACCOUNT"]
    assert ignored_variables(cluster.sbatch_variables) == sorted(OF_A_SITE.keys() - {"SBATCH_ACCOUNT"})


@pytest.mark.parametrize("name", ["SBATCH_EXPORT", "SBATCH_ARRAY_INX", "SBATCH_TIMELIMIT", "SBATCH_OUTPUT"])
def test_a_variable_of_what_hdrbatch_sets_cannot_be_let_through(name):
    with pytest.raises(ValueError, match=f"{name} would override what hdrbatch sets"):
        slurm_cluster("/f", sbatch_variables=(name,))


@pytest.mark.parametrize("name", ["PATH", "SLURM_JOB_ID", "sbatch_account"])
def test_another_variable_is_none_of_sbatch(name):
    with pytest.raises(ValueError, match=f"{name} is not a variable of sbatch"):
        slurm_cluster("/f", sbatch_variables=(name,))


# --- GPUs


@pytest.mark.parametrize(
    "asked",
    [
        {"gres": "gpu:1"},
        {"gres": "gpu"},
        {"gres": "gpu:a100:1"},
        {"gres": "license:1,gpu:1"},
        {"gpus": "a100:1"},
        {"gpus": 1},
        {"gpus-per-task": 1},
        {"gpus_per_task": "h100:1"},
        {"tres-per-task": "gres/gpu:1"},
    ],
)
def test_gpus_are_requested_once_as_the_cluster_file_says(asked):
    resources = ClusterSpec.model_validate(
        {"scheduler": "slurm", "stages": {"train_variant": {"gpus": 1, "sbatch": asked}}}
    ).resources_of("train_variant")
    given = slurm_parameters(resources)
    assert "gpus-per-node" not in given
    assert given.items() >= asked.items()


@pytest.mark.parametrize("asked", [{}, {"gres": "license:gpu"}, {"gres": "shard:2"}, {"gpu-bind": "none"}])
def test_other_options_leave_gpus_per_node(asked):
    resources = slurm_cluster("/f", resources={"gpus": 2, "sbatch": asked}).resources
    assert slurm_parameters(resources)["gpus-per-node"] == 2


# --- commands


@pytest.mark.parametrize("name", ["srun", "sbatch", "squeue", "scontrol", "scancel"])
def test_a_machine_that_lacks_a_command_is_told_which(name, fake_slurm, folder_store, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(fake_slurm.folder / "bin"))
    (fake_slurm.folder / "bin" / name).unlink()
    with pytest.raises(SetUpError, match=f"{name} is not installed on .*submit from a login node"):
        submit(folder_store, slurm_cluster(tmp_path / "logs"))
    assert list(folder_store.list("")) == []


# --- how many jobs a user may have


@pytest.mark.parametrize(
    ("control", "expected"),
    [
        ({}, None),
        ({"submit_limit": 10}, 10),
        ({"submit_limit": 10, "limit_of_qos": {"normal": 5}}, 5),
        ({"limit_of_qos": {"normal": 5}}, 5),
        ({"submit_limit": 10, "default_qos": "long", "limit_of_qos": {"long": 7}}, 7),
        ({"sacctmgr": "fail: no such command"}, None),
        ({"sacctmgr": "text: what?"}, None),
    ],
)
def test_the_limit_of_jobs_in_the_queue_is_asked_of_slurm(control, expected, fake_slurm):
    fake_slurm.control(**control)
    assert queue.submit_limit() == expected


def test_an_array_is_cut_to_what_may_be_in_the_queue_and_the_rest_follows_later(
    fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(submit_limit=10)
    words = (
        r"1 array\(s\) were submitted before; each element counts as a job, and you may have at most 10 jobs"
    )
    with pytest.raises(SubmissionError, match=words):
        submit(folder_store, slurm_cluster(tmp_path / "logs"), 15)
    assert [len(job["elements"]) for job in fake_slurm.queue.values()] == [7]


def test_a_pack_fits_into_the_limit(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(submit_limit=10)
    submit(folder_store, slurm_cluster(tmp_path / "logs"), 30, pack=3)
    assert [len(job["elements"]) for job in fake_slurm.queue.values()] == [10]


@pytest.mark.parametrize(
    "reason",
    [
        "AssocMaxSubmitJobLimit",
        "QOSMaxSubmitJobPerUserLimit",
        "AssocGrpSubmitJobsLimit",
        "QOSGrpSubmitJobsLimit",
        "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    ],
)
def test_a_limit_that_nobody_tells_of_is_named_with_what_helps(reason, fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=[f"fail: {reason}"], sacctmgr="fail: not here")
    with pytest.raises(SubmissionError) as refused:
        submit(folder_store, slurm_cluster(tmp_path / "logs"), 25)
    assert "use --pack N to run N tasks per element, or set max_array_size = 12" in str(refused.value)


@pytest.mark.parametrize("reason", ["QOSMaxWallDurationPerJobLimit", "Invalid qos specification"])
def test_another_limit_has_another_remedy(reason, fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=[f"fail: {reason}"])
    with pytest.raises(SubmissionError, match="rerun the same command to submit the rest"):
        submit(folder_store, slurm_cluster(tmp_path / "logs"))
