"""Where tasks run: read from infra/clusters/NAME.toml."""

import os
import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from hdrbatch.kinds import Kind
from hdrbatch.specs.base import Spec

Runtime = Literal["none", "podman", "docker", "apptainer", "pyxis"]
Image = Literal["render", "train"]

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_CA_BUNDLE",
)
"""Variables that a container is given by default: what reaches the store."""

DEFAULT_TIME_MIN = 60
"""Time limit of an element where the cluster file gives none."""


def _variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is no variable's name: give the name alone, its value stays where it is")
    return name


OWN_PARAMETERS = (
    *("partition", "account", "qos", "constraint", "time", "mem", "cpus-per-task", "gpus-per-node"),
    *("array", "dependency", "output", "error", "open-mode", "signal", "requeue", "no-requeue"),
    *("job-name", "chdir", "wrap", "parsable", "export"),
)
"""Parameters of sbatch that have a key of their own, or that everything rests on."""


def _sbatch_parameters(values: dict[str, str | int | bool] | None) -> dict[str, str | int | bool] | None:
    for name, value in (values or {}).items():
        if name.replace("_", "-") in OWN_PARAMETERS:
            raise ValueError(f"{name} is set by hdrbatch: use the key for it, or leave it out")
        if value is False:
            raise ValueError(f"{name} = false says nothing to sbatch: leave it out")
    return values


VariableName = Annotated[str, AfterValidator(_variable_name)]


class Resources(Spec):
    """What sbatch is asked for, for every element of an array; what is not given is not asked for."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    time_min: PositiveInt | None = Field(
        None, description="minutes until an element is requeued; default: 60"
    )
    memory_gb: PositiveFloat | None = Field(None, description="leave out where the cluster refuses --mem")
    cpus: PositiveInt | None = Field(None, description="cores, and threads of the task; default: 1")
    gpus: NonNegativeInt | None = None
    sbatch: Annotated[dict[str, str | int | bool] | None, AfterValidator(_sbatch_parameters)] = Field(
        None, description="any other parameter of sbatch: {exclude = 'n7', reservation = 'paper'}"
    )

    def merged_over(self, base: "Resources") -> "Resources":
        """These, and the base's where nothing is said here; ``sbatch`` is merged key by key."""
        said = {name: value for name, value in self.model_dump().items() if value is not None}
        merged = {**base.model_dump(), **said}
        if base.sbatch and self.sbatch:
            merged["sbatch"] = {**base.sbatch, **self.sbatch}
        return Resources(**merged)

    @property
    def num_threads(self) -> int:
        """Threads of one task."""
        return self.cpus or 1


class ContainerSpec(Spec):
    """Which runtime starts the worker, from which image."""

    runtime: Runtime = "none"
    render: str | None = Field(
        None, description="name of the image with bpy; for apptainer a .sif, for pyxis a .sqsh"
    )
    train: str | None = Field(None, description="name of the image with torch")
    options: tuple[str, ...] = Field((), description="options before the runtime's command: --runtime=runc")
    run_options: tuple[str, ...] = Field((), description="options of run or exec: --cgroups=no-conmon")
    mounts: tuple[str, ...] = Field(
        (), description="folders to mount besides store, scratch and cache: /data:/data:ro"
    )

    @model_validator(mode="after")
    def _images_are_named(self) -> Self:
        if self.runtime != "none" and not (self.render or self.train):
            raise ValueError(f"runtime {self.runtime} needs an image: give render, train, or both")
        if self.runtime in ("apptainer", "pyxis"):
            for name in (self.render, self.train):
                if name is not None and name.endswith((".sif", ".sqsh")) and not name.startswith("/"):
                    raise ValueError(f"{name}: give the image file's absolute path, the same on every node")
        return self

    def image(self, kind: Image) -> str | None:
        """Name of an image."""
        return self.render if kind == "render" else self.train


class ClusterSpec(Spec):
    """One machine, or a Slurm cluster; which keys belong to which is said by the groups below."""

    scheduler: Literal["local", "slurm"] = "local"
    scratch: str | None = Field(
        None, description="node-local folder for temporary files; default: TMPDIR or /tmp"
    )
    cache_gb: PositiveFloat | None = Field(
        None, description="size of the node's cache of inputs; default: none"
    )
    environment: tuple[VariableName, ...] = Field(
        CREDENTIALS, description="names of the variables that a container is given"
    )
    container: ContainerSpec = ContainerSpec()

    # Keys of the local scheduler.
    threads_per_task: PositiveInt = 1
    workers: PositiveInt | Literal["auto"] = Field(
        "auto", description="tasks at a time; auto: the cores this process may use, divided by the threads"
    )

    # Keys of Slurm.
    folder: str = Field("~/.hdrbatch", description="folder that login node and nodes share: Slurm's own logs")
    parallelism: PositiveInt = Field(
        200, description="elements at a time, divided among the arrays of a submission, one each at least"
    )
    max_array_size: PositiveInt | None = Field(None, description="default: asked of Slurm")
    signal_delay_s: PositiveInt = Field(120, description="warning before the time limit, to save and requeue")
    max_timeouts: NonNegativeInt = Field(
        100, description="time limits that an element may reach and be requeued"
    )
    max_memory_gb: PositiveFloat = Field(64.0, description="bound of retry after out of memory")
    accounting: bool = Field(default=True, description="whether sacct can be asked")
    resources: Resources = Resources()
    stages: dict[str, Resources] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keys_fit_scheduler(self) -> Self:
        own = {
            "local": {"threads_per_task", "workers"},
            "slurm": {
                "folder", "parallelism", "max_array_size", "signal_delay_s", "max_timeouts", "max_memory_gb",
                "accounting", "resources", "stages",
            },
        }  # fmt: skip
        other = "slurm" if self.scheduler == "local" else "local"
        if wrong := sorted(self.model_fields_set & own[other]):
            raise ValueError(
                f'{wrong[0]} is a key of scheduler = "{other}", and this is "{self.scheduler}": '
                "leave it out, or change the scheduler"
            )
        for stage in self.stages:
            if stage not in tuple(Kind):
                raise ValueError(f"there is no stage {stage!r}: use some of {', '.join(Kind)}")
        return self

    @model_validator(mode="after")
    def _gpus_are_known(self) -> Self:
        for stage in Kind:
            resources = self.resources_of(stage)
            asked = [name for name in resources.sbatch or {} if name.startswith(("gres", "gpus"))]
            asks_for_gpu = [
                name
                for name in asked
                if name != "gres-flags" and "gpu" in f"{name}={(resources.sbatch or {})[name]}"
            ]
            if asks_for_gpu and not resources.gpus:
                raise ValueError(
                    f"{stage}: sbatch is asked for GPUs by {asks_for_gpu[0]}, and the task would not use "
                    "them: give gpus = N beside it"
                )
        return self

    @model_validator(mode="after")
    def _time_is_left_to_work_in(self) -> Self:
        for stage in Kind:
            time_min = self.resources_of(stage).time_min or DEFAULT_TIME_MIN
            if time_min * 60 <= self.signal_delay_s:
                raise ValueError(
                    f"{stage}: the warning {self.signal_delay_s} s before the end of {time_min} min comes "
                    "before anything is done: raise time_min, or lower signal_delay_s"
                )
        return self

    def num_workers(self) -> int:
        """Tasks to run at a time on this machine, one at least."""
        if self.workers == "auto":
            return max(1, len(os.sched_getaffinity(0)) // self.threads_per_task)
        return self.workers

    def resources_of(self, stage: str) -> Resources:
        """What an element of a stage is given."""
        if self.scheduler == "local":
            return Resources(cpus=self.threads_per_task)
        return self.stages.get(stage, Resources()).merged_over(self.resources)
