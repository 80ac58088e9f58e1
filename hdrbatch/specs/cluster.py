"""Cluster on which tasks run, read from infra/clusters/NAME.toml."""

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
"""Environment variables that containers receive by default: access to the store."""

DEFAULT_TIME_MIN = 60
"""Minutes of an array element's time limit if the cluster file states none."""


def _variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"{name!r} is not a variable name; give the name only, never the value")
    return name


OWN_PARAMETERS = (
    *("partition", "account", "qos", "constraint", "time", "mem", "cpus-per-task", "gpus-per-node"),
    *("array", "dependency", "output", "error", "open-mode", "signal", "requeue", "no-requeue"),
    *("job-name", "chdir", "wrap", "parsable", "export"),
)
"""Parameters of sbatch that have their own key, or that hdrbatch sets itself."""


_OWN_VARIABLES = frozenset(
    {*OWN_PARAMETERS, "array-inx", "timelimit", "mem-per-node", "gpus", "gres", "wait", "test-only"}
) - {"partition", "account", "qos", "constraint"}
"""Options whose variables, ``SBATCH_...``, no submission obeys."""

_OPTION_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_UNSAFE_IN_SBATCH = re.compile(r"[^A-Za-z0-9 _.,:;=+*/|&@%~#!?()\[\]{}-]")
"""Everything else means something to a shell, or ends the line of the script that sbatch runs."""


def _sbatch_value(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty; give a value, or remove the key")
    if found := _UNSAFE_IN_SBATCH.search(value):
        raise ValueError(
            f"{found[0]!r} cannot be passed to sbatch; use one line of letters, digits, spaces and "
            "_.,:;=+*/|&@%~#!?()[]{}-"
        )
    return value


def _one_line(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty; give a value, or remove the key")
    if not value.isprintable():
        unprintable = next(letter for letter in value if not letter.isprintable())
        raise ValueError(f"it contains {unprintable!r}; write it in one line of printable characters")
    return value


def _log_folder(value: str) -> str:
    if found := re.search(r"[%\\]", value):
        raise ValueError(f"sbatch replaces {found[0]!r} in the names of logs; name another folder")
    return _one_line(value)


def _sbatch_parameters(values: dict[str, str | int | bool] | None) -> dict[str, str | int | bool] | None:
    for name, value in (values or {}).items():
        if not _OPTION_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not an option of sbatch; write its long name without the two hyphens in front"
            )
        if isinstance(value, str):
            try:
                _sbatch_value(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        if name.replace("_", "-") in OWN_PARAMETERS:
            raise ValueError(f"{name} is set by hdrbatch; use its own key, or remove it")
        if value is False:
            raise ValueError(f"{name} = false has no meaning for sbatch; remove it")
    return values


_GPU_OPTIONS = ("gpus", "gpus-per-task", "gpus-per-socket")
_GRES_OPTIONS = ("gres", "tres-per-node", "tres-per-task", "tres-per-job", "tres-per-socket")
_GPU_REQUEST = re.compile(r"(?:^|,)(?:gres[:/])?gpu(?:[:=,(]|$)")


VariableName = Annotated[str, AfterValidator(_variable_name)]


def _sbatch_variable(name: str) -> str:
    option = name.removeprefix("SBATCH_").replace("_", "-").lower()
    if not name.startswith("SBATCH_"):
        raise ValueError(f"{name} is not a variable of sbatch; name variables such as SBATCH_ACCOUNT")
    if option in _OWN_VARIABLES:
        raise ValueError(f"{name} would override what hdrbatch sets; use the cluster file's own key, if any")
    return name


SbatchVariable = Annotated[VariableName, AfterValidator(_sbatch_variable)]
SbatchValue = Annotated[str, AfterValidator(_sbatch_value)]
OneLine = Annotated[str, AfterValidator(_one_line)]


class Resources(Spec):
    """Resources that sbatch requests for every array element; keys that are not set are not passed."""

    partition: SbatchValue | None = None
    account: SbatchValue | None = None
    qos: SbatchValue | None = None
    constraint: SbatchValue | None = None
    time_min: PositiveInt | None = Field(
        None, description="time limit in minutes, after which an element is requeued; default: 60"
    )
    memory_gb: PositiveFloat | None = Field(
        None, description="memory of an element; omit it if the cluster rejects --mem"
    )
    cpus: PositiveInt | None = Field(
        None, description="cores of an element, and threads of its task; default: 1"
    )
    gpus: NonNegativeInt | None = None
    sbatch: Annotated[dict[str, str | int | bool] | None, AfterValidator(_sbatch_parameters)] = Field(
        None, description="other parameters of sbatch: {exclude = 'n7', reservation = 'paper'}"
    )

    def merged_over(self, base: "Resources") -> "Resources":
        """Return these resources, with the base's for keys not set here; ``sbatch`` is merged key by key."""
        given = {name: value for name, value in self.model_dump().items() if value is not None}
        merged = {**base.model_dump(), **given}
        if base.sbatch and self.sbatch:
            merged["sbatch"] = {**base.sbatch, **self.sbatch}
        return Resources(**merged)

    @property
    def num_threads(self) -> int:
        """Number of threads of one task."""
        return self.cpus or 1

    def gpu_options(self) -> list[str]:
        """Return the options under ``sbatch`` that request GPUs.

        Such an option takes the place of ``--gpus-per-node``, which some clusters reject.

        >>> Resources(sbatch={"gres": "license:1,gpu:a100:2", "gres-flags": "enforce-binding"}).gpu_options()
        ['gres']
        """
        return [
            name
            for name, value in (self.sbatch or {}).items()
            if name.replace("_", "-") in _GPU_OPTIONS
            or (name.replace("_", "-") in _GRES_OPTIONS and _GPU_REQUEST.search(str(value)))
        ]


class ContainerSpec(Spec):
    """Container runtime that starts the worker, and its images."""

    runtime: Runtime = "none"
    render: OneLine | None = Field(
        None, description="name of the image with bpy; a .sif file for apptainer, a .sqsh file for pyxis"
    )
    train: OneLine | None = Field(None, description="name of the image with torch")
    options: tuple[OneLine, ...] = Field(
        (), description="options before the runtime's subcommand, such as --runtime=runc"
    )
    run_options: tuple[OneLine, ...] = Field(
        (), description="options of run or exec, such as --cgroups=no-conmon"
    )
    mounts: tuple[OneLine, ...] = Field(
        (), description="folders to mount in addition to store, scratch and cache, such as /data:/data:ro"
    )

    @model_validator(mode="after")
    def _images_are_named(self) -> Self:
        if self.runtime != "none" and not (self.render or self.train):
            raise ValueError(f"runtime {self.runtime} needs an image; give render, train, or both")
        if self.runtime in ("apptainer", "pyxis"):
            for name in (self.render, self.train):
                if name is not None and name.endswith((".sif", ".sqsh")) and not name.startswith("/"):
                    raise ValueError(
                        f"{name} is not an absolute path; give the image's path, the same on every node"
                    )
        return self

    def image(self, kind: Image) -> str | None:
        """Return the name of an image, or None."""
        return self.render if kind == "render" else self.train


class ClusterSpec(Spec):
    """One machine, or a Slurm cluster. Comments below state which keys belong to which."""

    scheduler: Literal["local", "slurm"] = "local"
    scratch: OneLine | None = Field(
        None, description="node-local folder for temporary files; default: TMPDIR or /tmp"
    )
    cache_gb: PositiveFloat | None = Field(
        None, description="size of the node's cache of inputs; default: no cache"
    )
    environment: tuple[VariableName, ...] = Field(
        CREDENTIALS, description="names of the environment variables that containers receive"
    )
    container: ContainerSpec = ContainerSpec()

    # Keys of the local scheduler.
    threads_per_task: PositiveInt = 1
    workers: PositiveInt | Literal["auto"] = Field(
        "auto",
        description="concurrent tasks; auto: cores available to this process, divided by threads_per_task",
    )

    # Keys of Slurm.
    folder: Annotated[str, AfterValidator(_log_folder)] = Field(
        "~/.hdrbatch", description="folder for Slurm's own logs, shared by the login node and all nodes"
    )
    parallelism: PositiveInt = Field(
        200, description="concurrent elements, divided among the arrays of a submission, at least one each"
    )
    max_array_size: PositiveInt | None = Field(
        None, description="maximum elements of an array; default: as Slurm reports"
    )
    signal_delay_s: PositiveInt = Field(
        120, description="seconds before the time limit at which an element is warned to save and be requeued"
    )
    max_timeouts: NonNegativeInt = Field(
        100, description="number of times that an element may hit its time limit and be requeued"
    )
    max_memory_gb: PositiveFloat = Field(
        64.0, description="maximum memory that retry requests after out of memory"
    )
    accounting: bool = Field(default=True, description="whether sacct is available")
    sbatch_variables: tuple[SbatchVariable, ...] = Field(
        (),
        description="names of the submitting shell's SBATCH_ variables that sbatch may obey, such as "
        "SBATCH_ACCOUNT; default: none",
    )
    resources: Resources = Resources()
    stages: dict[str, Resources] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keys_fit_scheduler(self) -> Self:
        own = {
            "local": {"threads_per_task", "workers"},
            "slurm": {
                "folder", "parallelism", "max_array_size", "signal_delay_s", "max_timeouts", "max_memory_gb",
                "accounting", "sbatch_variables", "resources", "stages",
            },
        }  # fmt: skip
        other = "slurm" if self.scheduler == "local" else "local"
        if wrong := sorted(self.model_fields_set & own[other]):
            raise ValueError(
                f'{wrong[0]} is a key of scheduler = "{other}", but the scheduler is "{self.scheduler}"; '
                "remove the key, or change the scheduler"
            )
        for stage in self.stages:
            if stage not in tuple(Kind):
                raise ValueError(f"there is no stage {stage!r}; use some of {', '.join(Kind)}")
        return self

    @model_validator(mode="after")
    def _gpus_are_known(self) -> Self:
        for stage in Kind:
            resources = self.resources_of(stage)
            if (asked := resources.gpu_options()) and not resources.gpus:
                raise ValueError(
                    f"{stage}: sbatch requests GPUs with {asked[0]}, but the task would not use them; "
                    "give gpus = N as well"
                )
        return self

    @model_validator(mode="after")
    def _time_is_left_to_work_in(self) -> Self:
        for stage in Kind:
            time_min = self.resources_of(stage).time_min or DEFAULT_TIME_MIN
            if time_min * 60 <= self.signal_delay_s:
                raise ValueError(
                    f"{stage}: the warning {self.signal_delay_s} s before the time limit of {time_min} min "
                    "leaves no time to work; raise time_min, or lower signal_delay_s"
                )
        return self

    def num_workers(self) -> int:
        """Return the number of concurrent tasks on this machine, at least 1."""
        if self.workers == "auto":
            return max(1, len(os.sched_getaffinity(0)) // self.threads_per_task)
        return self.workers

    def resources_of(self, stage: str) -> Resources:
        """Return the resources of an array element of a stage."""
        if self.scheduler == "local":
            return Resources(cpus=self.threads_per_task)
        return self.stages.get(stage, Resources()).merged_over(self.resources)
