"""Command lines that run a worker in a container, by runtime; pure functions, nothing is started here.

In all runtimes, the image must exist and is never pulled; the network is the host's, so that a store on the
host is reachable; folders are mounted under their own paths; files that a worker writes belong to the user;
and only the named variables are passed on, by name and never by value, since every user of the machine can
see a command line.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hdrbatch.specs.cluster import ContainerSpec

LABEL = "hdrbatch.worker"
"""Label of every hdrbatch container, by which orphaned ones are found."""


@dataclass(frozen=True)
class ContainerSetup:
    """Image, mounts, variables and resources of a container.

    ``secret_names`` are variables of the starter's environment that are passed on; ``variables`` are others
    with public values; ``credentials`` are secret ones that its environment lacks. ``gpus`` are the indices
    of GPUs on the host; None means all.
    """

    image: str
    name: str
    mounts: tuple[str, ...]
    secret_names: tuple[str, ...]
    variables: Mapping[str, str]
    workdir: str
    gpus: tuple[str, ...] | None = ()
    user: str = ""
    num_threads: int = 1
    memory_mb: int | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_rootless: bool = False


def container_command(spec: ContainerSpec, setup: ContainerSetup, command: Sequence[str]) -> list[str]:
    """Return the argument list that runs a command in a container; for runtime ``none``, the command."""
    match spec.runtime:
        case "none":
            return list(command)
        case "podman" | "docker":
            return _oci(spec, setup, command)
        case "apptainer":
            return _apptainer(spec, setup, command)
        case "pyxis":
            return _pyxis(spec, setup, command)


def starter_environment(spec: ContainerSpec, setup: ContainerSetup) -> dict[str, str]:
    """Return the environment of the process that starts the container, in the form the runtime needs."""
    started = {**os.environ, **setup.credentials}
    if spec.runtime == "apptainer":
        given = {name: started[name] for name in setup.secret_names if name in started}
        started |= {f"APPTAINERENV_{name}": value for name, value in {**given, **setup.variables}.items()}
    elif spec.runtime in ("none", "pyxis"):
        started |= setup.variables
    return started


def kill_command(spec: ContainerSpec, name: str) -> list[str] | None:
    """Return the argument list that kills a container; None if it ends with its starter."""
    match spec.runtime:
        case "podman":
            return ["podman", *spec.options, "rm", "--force", "--time=0", name]
        case "docker":
            return ["docker", *spec.options, "rm", "--force", name]
        case _:
            return None


def inspect_command(spec: ContainerSpec, image: str) -> list[str] | None:
    """Return the argument list that prints an image's digest; None if the runtime cannot print it."""
    if spec.runtime in ("podman", "docker"):
        return [spec.runtime, *spec.options, "image", "inspect", "--format", "{{.Id}}", image]
    return None


def _oci(spec: ContainerSpec, setup: ContainerSetup, command: Sequence[str]) -> list[str]:
    # No log driver: output reaches the starter, which stores it.
    options = ["--rm", "--name", setup.name, "--label", LABEL, "--pull=never", "--network=host"]
    options += ["--log-driver=none", "--user", setup.user]
    if spec.runtime == "podman":
        options += ["--http-proxy=false", *(["--userns=keep-id"] if setup.is_rootless else [])]
    if setup.memory_mb is not None:
        # The container's processes are not the job's, so Slurm's own limit does not apply to them.
        options.append(f"--memory={setup.memory_mb}m")
    for mount in setup.mounts:
        options += ["--volume", mount]
    for name in setup.secret_names:
        options += ["--env", name]
    for name, value in setup.variables.items():
        options += ["--env", f"{name}={value}"]
    options += _oci_gpus(spec, setup)
    options += ["--workdir", setup.workdir, *spec.run_options]
    return [spec.runtime, *spec.options, "run", *options, setup.image, *command]


def _oci_gpus(spec: ContainerSpec, setup: ContainerSetup) -> list[str]:
    if setup.gpus == ():
        return []
    if spec.runtime == "docker":
        wanted = "all" if setup.gpus is None else '"device=' + ",".join(setup.gpus) + '"'
        return ["--gpus", wanted]
    indices = ("all",) if setup.gpus is None else setup.gpus
    return [part for index in indices for part in ("--device", f"nvidia.com/gpu={index}")]


def _apptainer(spec: ContainerSpec, setup: ContainerSetup, command: Sequence[str]) -> list[str]:
    # Values are passed as APPTAINERENV_*; --contain hides the host's home, /tmp and devices.
    options = ["--cleanenv", "--contain", "--pwd", setup.workdir]
    if setup.gpus != ():
        options.append("--nv")
    for mount in setup.mounts:
        options += ["--bind", mount]
    return ["apptainer", *spec.options, "exec", *options, *spec.run_options, setup.image, *command]


def _pyxis(spec: ContainerSpec, setup: ContainerSetup, command: Sequence[str]) -> list[str]:
    names = ",".join((*setup.secret_names, *setup.variables))
    options = [
        "--overlap",
        "--ntasks=1",
        f"--cpus-per-task={setup.num_threads}",
        f"--export={names}",
        f"--container-image={setup.image}",
    ]
    options += [f"--container-mounts={','.join(setup.mounts)}", f"--container-workdir={setup.workdir}"]
    options += ["--no-container-mount-home", "--no-container-remap-root"]
    return ["srun", *spec.options, *options, *spec.run_options, *command]
