"""Command lines that run a worker in a container, by runtime; pure functions, nothing is started here.

What all of them do: the image is there already and is never pulled; the network is the host's, so that a
store on it is reached; folders are mounted under their own paths; the files that a worker writes are the
user's; of the environment only the named variables reach the inside, by name and never by value, since a
command line is visible to every user of the machine.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hdrbatch.specs.cluster import ContainerSpec

LABEL = "hdrbatch.worker"
"""Label of every container of ours, by which those that nobody looks after are found."""


@dataclass(frozen=True)
class Inside:
    """What a container is given.

    ``secret_names`` are variables of the starter's environment that are passed on; ``variables`` are others,
    with values that anybody may see; ``credentials`` are secret ones that its environment does not have.
    ``gpus`` are the indices of GPUs on the host; None stands for all.
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


def container_command(spec: ContainerSpec, inside: Inside, command: Sequence[str]) -> list[str]:
    """Argument list that runs a command inside; for runtime ``none`` the command itself."""
    match spec.runtime:
        case "none":
            return list(command)
        case "podman" | "docker":
            return _oci(spec, inside, command)
        case "apptainer":
            return _apptainer(spec, inside, command)
        case "pyxis":
            return _pyxis(spec, inside, command)


def starter_environment(spec: ContainerSpec, inside: Inside) -> dict[str, str]:
    """Environment of the process that starts the container: this one's, and what the runtime takes."""
    started = {**os.environ, **inside.credentials}
    if spec.runtime == "apptainer":
        given = {name: started[name] for name in inside.secret_names if name in started}
        started |= {f"APPTAINERENV_{name}": value for name, value in {**given, **inside.variables}.items()}
    elif spec.runtime in ("none", "pyxis"):
        started |= inside.variables
    return started


def kill_command(spec: ContainerSpec, name: str) -> list[str] | None:
    """Argument list that ends a container at once; None where it ends with its starter."""
    match spec.runtime:
        case "podman":
            return ["podman", *spec.options, "rm", "--force", "--time=0", name]
        case "docker":
            return ["docker", *spec.options, "rm", "--force", name]
        case _:
            return None


def inspect_command(spec: ContainerSpec, image: str) -> list[str] | None:
    """Argument list that prints an image's digest; None where the runtime cannot tell."""
    if spec.runtime in ("podman", "docker"):
        return [spec.runtime, *spec.options, "image", "inspect", "--format", "{{.Id}}", image]
    return None


def _oci(spec: ContainerSpec, inside: Inside, command: Sequence[str]) -> list[str]:
    # No log of its own: what is printed reaches the starter, which keeps it.
    options = ["--rm", "--name", inside.name, "--label", LABEL, "--pull=never", "--network=host"]
    options += ["--log-driver=none", "--user", inside.user]
    if spec.runtime == "podman":
        options += ["--http-proxy=false", *(["--userns=keep-id"] if inside.is_rootless else [])]
    if inside.memory_mb is not None:
        # Its processes are not the job's, so that Slurm's own limit does not hold them.
        options.append(f"--memory={inside.memory_mb}m")
    for mount in inside.mounts:
        options += ["--volume", mount]
    for name in inside.secret_names:
        options += ["--env", name]
    for name, value in inside.variables.items():
        options += ["--env", f"{name}={value}"]
    options += _oci_gpus(spec, inside)
    options += ["--workdir", inside.workdir, *spec.run_options]
    return [spec.runtime, *spec.options, "run", *options, inside.image, *command]


def _oci_gpus(spec: ContainerSpec, inside: Inside) -> list[str]:
    if inside.gpus == ():
        return []
    if spec.runtime == "docker":
        wanted = "all" if inside.gpus is None else '"device=' + ",".join(inside.gpus) + '"'
        return ["--gpus", wanted]
    indices = ("all",) if inside.gpus is None else inside.gpus
    return [part for index in indices for part in ("--device", f"nvidia.com/gpu={index}")]


def _apptainer(spec: ContainerSpec, inside: Inside, command: Sequence[str]) -> list[str]:
    # Values come through APPTAINERENV_*; --contain keeps the host's home, /tmp and devices outside.
    options = ["--cleanenv", "--contain", "--pwd", inside.workdir]
    if inside.gpus != ():
        options.append("--nv")
    for mount in inside.mounts:
        options += ["--bind", mount]
    return ["apptainer", *spec.options, "exec", *options, *spec.run_options, inside.image, *command]


def _pyxis(spec: ContainerSpec, inside: Inside, command: Sequence[str]) -> list[str]:
    names = ",".join((*inside.secret_names, *inside.variables))
    options = [
        "--overlap",
        "--ntasks=1",
        f"--cpus-per-task={inside.num_threads}",
        f"--export={names}",
        f"--container-image={inside.image}",
    ]
    options += [f"--container-mounts={','.join(inside.mounts)}", f"--container-workdir={inside.workdir}"]
    options += ["--no-container-mount-home", "--no-container-remap-root"]
    return ["srun", *spec.options, *options, *spec.run_options, *command]
