"""Command lines that start a worker in a container, as golden lists."""

from dataclasses import replace

import pytest

from hdrbatch.specs.cluster import ContainerSpec
from hdrbatch.submit.workers.containers import (
    ContainerSetup,
    container_command,
    inspect_command,
    kill_command,
    starter_environment,
)

COMMAND = ["python", "-m", "hdrbatch.worker", "--store", "/store"]
INSIDE = ContainerSetup(
    image="image:1",
    name="hdrbatch-7-1-abc",
    mounts=("/scratch/w:/scratch/w", "/store:/store", "/cache:/cache", "/data:/data:ro"),
    secret_names=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    variables={"OMP_NUM_THREADS": "4", "TMPDIR": "/scratch/w/tmp"},
    workdir="/scratch/w",
    gpus=("1", "3"),
    user="1000:100",
    memory_mb=4096,
    is_rootless=True,
)
SECRET = "wJalrXUtnFEMI"


def spec(runtime, **more):
    return ContainerSpec(runtime=runtime, render="image:1", **more)


def words(text):
    return text.split()


OCI_START = "--rm --name hdrbatch-7-1-abc --label hdrbatch.worker --pull=never --network=host"
OCI_MIDDLE = (
    "--memory=4096m --volume /scratch/w:/scratch/w --volume /store:/store --volume /cache:/cache "
    "--volume /data:/data:ro --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY --env OMP_NUM_THREADS=4 "
    "--env TMPDIR=/scratch/w/tmp"
)
OCI_END = "--workdir /scratch/w"
EXPECTED = {
    "none": COMMAND,
    "podman": [
        *words(f"podman run {OCI_START} --log-driver=none --user 1000:100 --http-proxy=false"),
        *words(f"--userns=keep-id {OCI_MIDDLE} --device nvidia.com/gpu=1 --device nvidia.com/gpu=3"),
        *words(f"{OCI_END} image:1"),
        *COMMAND,
    ],
    "docker": [
        *words(f"docker run {OCI_START} --log-driver=none --user 1000:100 {OCI_MIDDLE}"),
        "--gpus",
        '"device=1,3"',
        *words(f"{OCI_END} image:1"),
        *COMMAND,
    ],
    "apptainer": [
        *words("apptainer exec --cleanenv --contain --pwd /scratch/w --nv --bind /scratch/w:/scratch/w"),
        *words("--bind /store:/store --bind /cache:/cache --bind /data:/data:ro image:1"),
        *COMMAND,
    ],
    "pyxis": [
        *words("srun --overlap --ntasks=1 --cpus-per-task=1"),
        "--export=AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY,OMP_NUM_THREADS,TMPDIR",
        "--container-image=image:1",
        "--container-mounts=/scratch/w:/scratch/w,/store:/store,/cache:/cache,/data:/data:ro",
        *words("--container-workdir=/scratch/w --no-container-mount-home --no-container-remap-root"),
        *COMMAND,
    ],
}


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("UNNAMED", "other")


@pytest.mark.parametrize("runtime", EXPECTED)
def test_the_command_line_is_the_golden_one(runtime):
    assert container_command(spec(runtime), INSIDE, COMMAND) == EXPECTED[runtime]


@pytest.mark.parametrize("runtime", EXPECTED)
def test_values_of_named_variables_are_on_no_command_line(runtime):
    command = " ".join(container_command(spec(runtime), INSIDE, COMMAND))
    assert SECRET not in command
    assert "AKIA" not in command


@pytest.mark.parametrize("runtime", [name for name in EXPECTED if name != "none"])
def test_options_of_the_runtime_come_before_its_command_and_those_of_run_before_the_image(runtime):
    command = container_command(
        spec(runtime, options=("--runtime=runc",), run_options=("--cgroups=no-conmon",)), INSIDE, COMMAND
    )
    assert command[1] == "--runtime=runc"
    before = "python" if runtime == "pyxis" else "image:1"
    assert command[command.index(before) - 1] == "--cgroups=no-conmon"


@pytest.mark.parametrize(
    ("runtime", "gpus", "expected", "absent"),
    [
        ("podman", None, ["--device", "nvidia.com/gpu=all"], "none"),
        ("docker", None, ["--gpus", "all"], "none"),
        ("apptainer", None, ["--nv"], "none"),
        ("podman", (), [], "--device"),
        ("docker", (), [], "--gpus"),
        ("apptainer", (), [], "--nv"),
    ],
)
def test_gpus_are_all_or_none_where_slurm_does_not_name_them(runtime, gpus, expected, absent):
    command = container_command(spec(runtime), replace(INSIDE, gpus=gpus), COMMAND)
    assert " ".join(expected) in " ".join(command)
    assert absent not in command


def test_memory_and_users_are_left_out_where_they_are_not_needed():
    command = container_command(spec("podman"), replace(INSIDE, memory_mb=None, is_rootless=False), COMMAND)
    assert not [part for part in command if part.startswith(("--memory", "--userns"))]


@pytest.mark.parametrize(("runtime", "prefix"), [("none", ""), ("pyxis", ""), ("apptainer", "APPTAINERENV_")])
def test_the_starter_has_the_variables_that_the_runtime_hands_on(runtime, prefix):
    started = starter_environment(spec(runtime), INSIDE)
    assert started[f"{prefix}OMP_NUM_THREADS"] == "4"
    assert started[f"{prefix}AWS_SECRET_ACCESS_KEY"] == SECRET
    assert "APPTAINERENV_UNNAMED" not in started


@pytest.mark.parametrize("runtime", ["podman", "docker"])
def test_the_starter_keeps_its_own_environment_where_variables_are_on_the_command_line(runtime):
    started = starter_environment(spec(runtime), INSIDE)
    assert started["AWS_SECRET_ACCESS_KEY"] == SECRET
    assert started.get("TMPDIR") != "/scratch/w/tmp"


def test_a_named_variable_that_is_not_set_is_not_handed_on(monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "APPTAINERENV_AWS_ACCESS_KEY_ID" not in starter_environment(spec("apptainer"), INSIDE)


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        ("podman", "podman --root=/r rm --force --time=0 name"),
        ("docker", "docker --root=/r rm --force name"),
        ("apptainer", None),
        ("pyxis", None),
        ("none", None),
    ],
)
def test_containers_that_outlive_their_starter_are_removed_by_name(runtime, expected):
    command = kill_command(spec(runtime, options=("--root=/r",)), "name")
    assert command == (expected and words(expected))


def test_the_digest_of_an_image_is_asked_where_the_runtime_tells_it():
    asked = inspect_command(spec("podman", options=("--root=/r",)), "image:1")
    assert asked == words("podman --root=/r image inspect --format {{.Id}} image:1")
    assert inspect_command(spec("docker"), "i") == words("docker image inspect --format {{.Id}} i")
    for runtime in ("none", "apptainer", "pyxis"):
        assert inspect_command(spec(runtime), "image:1") is None
