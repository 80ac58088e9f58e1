"""The checks of ``hdrbatch doctor``; nothing heavy is imported here."""

import errno
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hdrbatch.doctor.checks import Finding, check_store, run_check
from hdrbatch.doctor.node_probe import check_scratch, inside_findings
from hdrbatch.errors import HdrbatchError
from hdrbatch.kinds import Kind
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage.address import open_store
from hdrbatch.submit.slurm import commands, queue
from hdrbatch.submit.slurm.arrays import check_stage, flags, slurm_parameters
from hdrbatch.submit.slurm.job_folder import logs_folder, make_logs_folder
from hdrbatch.submit.workers.launch import Launch, required_image
from hdrbatch.submit.workers.scratch import scratch_folder
from hdrbatch.worker.requirements import check_requirements

PROBED_STAGES = (Kind.RENDER_EXPOSURE, Kind.TRAIN_VARIANT)
"""One stage for each image; the other stages need the same."""
PROBE_TIME_MIN = 5
START_TIMEOUT_S = 60


def diagnose(store_address: str, cluster: ClusterSpec) -> Iterator[Finding]:
    """Run all checks, one after the other; a failure does not hide the others."""
    yield run_check("python", _python)
    store = run_check("store", lambda: check_store(store_address))
    yield store
    stages = []
    for stage in PROBED_STAGES:
        image = run_check(f"{stage}: image", lambda stage=stage: required_image(cluster, stage))  # type: ignore[misc]
        if not image.is_good:
            yield image
        elif store.is_good or cluster.scheduler == "local":
            stages.append(stage)
    if cluster.scheduler == "local":
        yield from _this_machine(store_address, cluster, stages)
    else:
        yield from _slurm(store_address, cluster, stages)


def _python() -> str:
    cores = len(os.sched_getaffinity(0))
    return f"{sys.version.split()[0]}, {cores} cores for this process"


def _this_machine(store_address: str, cluster: ClusterSpec, stages: Sequence[Kind]) -> Iterator[Finding]:
    try:
        with scratch_folder(cluster, "doctor") as scratch:
            yield run_check("scratch", lambda: check_scratch(scratch))
            for stage in stages:
                if cluster.container.runtime == "none":
                    requirements = run_check(stage, lambda stage=stage: _requirements(stage))  # type: ignore[misc]
                    if not requirements.is_good:
                        yield requirements
                        continue
                launch = Launch(store_address, cluster, cluster.resources_of(stage), "doctor")
                yield from _with_stage(stage, inside_findings(launch, stage, scratch))
    except HdrbatchError as error:
        yield Finding("scratch", is_good=False, text=str(error))


def _requirements(stage: Kind) -> str:
    check_requirements({stage})
    return "all libraries are installed"


def _slurm(store_address: str, cluster: ClusterSpec, stages: Sequence[Kind]) -> Iterator[Finding]:
    controller = run_check("slurm", _controller)
    yield controller
    if not controller.is_good:
        return
    yield run_check("accounting", lambda: _accounting(cluster))
    marker = logs_folder(cluster) / f".doctor-{secrets.token_hex(4)}"
    store, key = open_store(store_address), f"doctor-{secrets.token_hex(4)}"
    try:
        with suppress(HdrbatchError):  # reported above
            store.put_bytes(key, b"hdrbatch")
        folder = run_check("folder", lambda: _folder(marker, cluster))
        yield folder
        for stage in stages if folder.is_good else []:
            accepted = run_check(f"{stage}: sbatch", lambda stage=stage: _submission(stage, cluster))  # type: ignore[misc]
            yield accepted
            if accepted.is_good:
                yield from _with_stage(stage, _probe_node(stage, store.url, key, cluster, marker))
    finally:
        marker.unlink(missing_ok=True)
        with suppress(HdrbatchError):
            store.delete(key)


def _with_stage(stage: Kind, findings: Iterator[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield replace(finding, subject=f"{stage}: {finding.subject}")


def _controller() -> str:
    commands.check_commands()
    settings = queue.settings()
    return f"cluster {settings.name} answers; arrays of up to {settings.max_array_size} elements"


def _accounting(cluster: ClusterSpec) -> str:
    if not cluster.accounting:
        return "not queried (accounting = false); squeue, scontrol and the receipts are used instead"
    queue.check_accounting()
    return "sacct answers"


def _folder(marker: Path, cluster: ClusterSpec) -> str:
    try:
        if not marker.parent.parent.is_dir():  # as if the name was not edited
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        make_logs_folder(cluster)
        marker.touch()
    except OSError as error:
        raise HdrbatchError(
            f"{marker.parent} cannot be written ({error.strerror}); set folder in the cluster file"
        ) from None
    return f"{marker.parent} can be written, and by no other user"


def _submission(stage: Kind, cluster: ClusterSpec) -> str:
    check_stage(stage, cluster)
    requested = slurm_parameters(cluster.resources_of(stage))
    return "sbatch would accept it: " + ", ".join(f"{name}={value}" for name, value in requested.items())


def _probe_node(
    stage: Kind, store_url: str, key: str, cluster: ClusterSpec, marker: Path
) -> Iterator[Finding]:
    """Run the probe on a node that the stage would run on, if one is free soon."""
    command = [
        "srun",
        *flags(slurm_parameters(cluster.resources_of(stage))),
        f"--time={PROBE_TIME_MIN}",
        f"--immediate={START_TIMEOUT_S}",
        "--quiet",
    ]
    command += [sys.executable, "-m", "hdrbatch.doctor.node_probe", stage, store_url, key, str(marker)]
    try:
        with commands.without_job_environment():
            done = subprocess.run(
                command,
                input=cluster.model_dump_json(exclude_unset=True),
                capture_output=True,
                text=True,
                check=False,
                timeout=START_TIMEOUT_S + PROBE_TIME_MIN * 60,
            )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("node", is_good=False, text=f"srun: {error}")
        return
    findings = [found for line in done.stdout.splitlines() if (found := Finding.from_line(line))]
    yield from findings
    if not findings:
        output = done.stderr.strip()[-400:]
        yield Finding("node", is_good=False, text=f"no node was free within {START_TIMEOUT_S} s: {output}")
