"""infra/slurm-dev is a real Slurm: it runs, preempts, kills, accounts for jobs, and leaves nothing behind."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.cluster.conftest import SLURM_DEV, Slurm, processes_with, wait_until

FILL_MEMORY = """python3 -c "
import time
filled = bytes(range(256)) * (400 << 12)
time.sleep(60)
" """


def test_both_nodes_run_a_step(slurm):
    nodes = slurm.run("srun", "--nodes=2", "--mem=50", "printenv", "SLURMD_NODENAME")

    assert sorted(nodes.split()) == ["n0", "n1"]


def test_an_array_runs_and_accounting_says_that_it_completed(slurm, tmp_path):
    job = slurm.submit("echo element $SLURM_ARRAY_TASK_ID", "--array=0-5", folder=tmp_path)

    slurm.wait_for_runs(job, ["COMPLETED"] * 6, seconds=60)
    assert [(tmp_path / f"{job}_{i}.log").read_text() for i in range(6)] == [
        f"element {i}\n" for i in range(6)
    ]


def test_a_job_in_short_preempts_one_in_debug_which_is_queued_again_and_ends(slurm, tmp_path):
    slurm.run("scontrol", "update", "PartitionName=debug", "GraceTime=0")  # no farewell, so that it is quick
    try:
        low = slurm.submit(
            'echo run ${SLURM_RESTART_COUNT:-0}; [[ -n "$SLURM_RESTART_COUNT" ]] || sleep 600',
            "--nodelist=n0",
            folder=tmp_path,
        )
        wait_until((tmp_path / f"{low}.log").exists, 20, lambda: "the first job does not start")
        high = slurm.submit("true", "--partition=short", "--nodelist=n0", folder=tmp_path)

        slurm.wait_for_runs(high, ["COMPLETED"], seconds=40)
        slurm.wait_for_runs(low, ["PREEMPTED", "COMPLETED"], seconds=90)
    finally:
        slurm.run("scontrol", "update", "PartitionName=debug", "GraceTime=10")
    lines = (tmp_path / f"{low}.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("run")] == ["run 0", "run 1"]


def test_a_job_about_to_be_preempted_gets_the_signal_it_asked_for(slurm, tmp_path):
    low = slurm.submit(
        "exec srun bash -c 'trap \"echo told; exit\" USR2; echo ready; while :; do sleep 0.1; done'",
        "--nodelist=n0",
        "--signal=USR2@60",
        folder=tmp_path,
    )
    log = tmp_path / f"{low}.log"
    wait_until(
        lambda: log.exists() and "ready" in log.read_text(), 20, lambda: "the first job does not start"
    )
    high = slurm.submit("true", "--partition=short", "--nodelist=n0", folder=tmp_path)

    slurm.wait_for_runs(high, ["COMPLETED"], seconds=60)
    assert "told" in log.read_text()


def test_a_job_over_its_memory_is_killed_and_its_log_says_why(slurm, tmp_path):
    job = slurm.submit(FILL_MEMORY, "--mem=100", folder=tmp_path)

    # Without control groups Slurm knows that it killed the step, and not that it was for memory.
    slurm.wait_for_runs(job, ["FAILED"], seconds=40)
    steps = slurm.run("sacct", "-n", "-P", "-o", "jobid,state,exitcode", "-j", job).splitlines()
    assert f"{job}.batch|CANCELLED by 0|0:9" in steps
    assert "exceeded memory limit" in (tmp_path / f"{job}.log").read_text()


def test_a_lost_node_fails_its_job_which_runs_again_once_the_node_is_back(slurm, tmp_path):
    job = slurm.submit('[[ -n "$SLURM_RESTART_COUNT" ]] || srun sleep 4321', "--nodelist=n1", folder=tmp_path)
    wait_until(lambda: bool(processes_with("^/?.*sleep 4321$")), 20, lambda: "the job does not start")
    try:
        slurm.lose_node("n1")

        wait_until(  # what was killed takes a moment to be gone
            lambda: processes_with("sleep 4321$|slurmd -N n1$|^slurmstepd") == [],
            5,
            lambda: "the node's processes live on",
        )
        slurm.wait_for_runs(job, ["NODE_FAIL", "PENDING"], seconds=90)
    finally:
        said = slurm.up()
    assert "started slurmd.n1\n" in said
    slurm.wait_for_runs(job, ["NODE_FAIL", "COMPLETED"], seconds=60)


def test_nothing_listens_off_loopback_even_while_srun_does(slurm):
    if os.geteuid() != 0:
        pytest.skip("ss names the processes of others to root alone")
    with subprocess.Popen(["srun", "--mem=50", "sleep", "5"], env=slurm.environment) as step:
        listeners: dict[str, set[str]] = {}

        def srun_listens() -> bool:
            for line in slurm.run(
                "ss", "--no-header", "--listening", "--numeric", "--tcp", "--udp", "--processes"
            ).splitlines():
                if program := re.search(r'\(\("(slurm\w*|srun|munged|mariadbd)"', line):
                    listeners.setdefault(program[1], set()).add(line.split()[4].rpartition(":")[0])
            return "srun" in listeners

        wait_until(srun_listens, 10, lambda: f"srun listens nowhere, others do: {listeners}")
        step.wait()

    assert set(listeners) >= {"slurmctld", "slurmdbd", "slurmd", "srun"}
    assert {address for addresses in listeners.values() for address in addresses} == {"127.0.0.1"}
    assert "mariadbd" not in listeners


def test_a_second_up_says_that_it_is_up(slurm):
    assert f"up: n0 n1 in {slurm.directory}, as before" in slurm.up()


def test_env_prints_what_a_shell_needs(slurm):
    assert slurm.run(SLURM_DEV / "env") == f"export SLURM_CONF={slurm.directory}/slurm.conf\n"


def test_down_leaves_no_process_and_no_directory_of_a_second_cluster(slurm, tmp_path):
    second = Slurm(
        slurm.directory.with_name(f"{slurm.directory.name}-b"), settings={"HDRBATCH_SLURM_MAX_ARRAY": "11"}
    )
    second.up()
    try:
        refused = subprocess.run(
            ["sbatch", "--array=0-11", "--wrap=true"],
            env=second.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        second.submit(
            "trap '' TERM; setsid bash -c 'trap \"\" TERM; sleep 8765' & sleep 8766",
            "--nodes=1",
            folder=tmp_path,
        )
        wait_until(lambda: len(processes_with("sleep 876[56]$")) == 2, 20, lambda: "the job does not start")
    finally:
        second.down()

    assert "Invalid job array specification" in refused.stderr
    assert processes_with(f"{second.directory}/|sleep 876[56]$") == []
    assert not second.directory.exists()
    assert f"there is no {second.directory}" in second.down()
    assert slurm.run("sinfo", "--noheader", "--partition=debug", "--format=%D") == "2\n"


@pytest.fixture
def short_folder():
    # Other folders are too long for sockets.
    with tempfile.TemporaryDirectory(prefix="hdrbatch-", dir="/tmp") as folder:
        yield Path(folder)


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(short_folder):
    (short_folder / "precious").touch()

    assert "holds something else" in refusal("up", short_folder)
    assert "was not made by" in refusal("down", short_folder)
    assert [file.name for file in short_folder.iterdir()] == ["precious"]


def test_a_directory_too_long_for_sockets_is_refused():
    assert "sockets in it allow 70: choose a shorter path" in refusal("up", Path("/tmp/" + "x" * 66))


def test_a_machine_whose_name_is_no_loopback_address_is_refused_with_the_remedy(slurm):
    if os.geteuid() != 0:
        pytest.skip("another host name, in a name space of its own, is for root alone")
    up = ["unshare", "--uts", "sh", "-c", f"hostname nowhere.invalid && {SLURM_DEV / 'up'}"]
    done = subprocess.run(up, env=slurm.environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "127.0.1.1 nowhere.invalid\nto /etc/hosts" in done.stderr


def refusal(command: str, directory: Path) -> str:
    """What up or down says of a directory that it must not use."""
    environment = os.environ | {"HDRBATCH_SLURM_DIR": str(directory)}
    done = subprocess.run([SLURM_DEV / command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr
