"""Checks of a node for one stage, run there through srun for ``hdrbatch doctor``.

python -m hdrbatch.doctor.node_probe STAGE STORE KEY MARKER      cluster settings as JSON on standard input
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hdrbatch.doctor.checks import Finding, run_check
from hdrbatch.errors import HdrbatchError
from hdrbatch.kinds import Kind
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.submit.slurm import queue
from hdrbatch.submit.slurm.element import job_id
from hdrbatch.submit.workers.containers import LABEL, container_command, starter_environment
from hdrbatch.submit.workers.launch import Launch, node_name
from hdrbatch.submit.workers.scratch import scratch_folder

MIN_SCRATCH_BYTES = 2 * 1024**3
TIMEOUT_S = 120.0
VISIBLE_WITHIN_S = 10.0


def probe(stage: Kind, store_url: str, key: str, marker: Path, cluster: ClusterSpec) -> Iterator[Finding]:
    """Check everything that a stage needs on this node, one after the other."""
    yield run_check("shared folder", lambda: _shared(marker))
    yield run_check("requeue", _requeue)
    try:
        with scratch_folder(cluster, f"doctor-{job_id()}") as scratch:
            yield run_check("scratch", lambda: check_scratch(scratch))
            launch = Launch(store_url, cluster, cluster.resources_of(stage), job_id())
            yield from inside_findings(launch, stage, scratch, key)
    except HdrbatchError as error:
        yield Finding("image", is_good=False, text=str(error))
    if cluster.container.runtime in ("podman", "docker"):
        yield run_check("containers", lambda: _orphans(cluster))


def _shared(marker: Path) -> str:
    deadline = time.monotonic() + VISIBLE_WITHIN_S  # network file systems may be late
    while not marker.exists():
        if time.monotonic() > deadline:
            raise HdrbatchError(
                f"{marker.parent} is not the folder of the submitting machine; set folder in the cluster "
                "file to one that all nodes share"
            )
        time.sleep(0.2)
    return f"{marker.parent} is shared with node {node_name()}"


def _requeue() -> str:
    queue.check_requeue()
    return "scontrol answers, so elements can requeue themselves"


def check_scratch(folder: Path) -> str:
    """Check that there is room for temporary files."""
    free = shutil.disk_usage(folder).free
    if free < MIN_SCRATCH_BYTES:
        raise HdrbatchError(
            f"{folder.parent} has only {free / 1024**3:.1f} GiB free; make room, "
            "or set scratch in the cluster file"
        )
    return f"{folder.parent}, {free / 1024**3:.0f} GiB free"


def inside_findings(launch: Launch, stage: Kind, scratch: Path, key: str | None = None) -> Iterator[Finding]:
    """Run the self-check in the same way as a worker."""
    (scratch / "tmp").mkdir(exist_ok=True)
    inside = launch.container_setup(stage, scratch)
    check = [launch.python, "-m", "hdrbatch.doctor.selfcheck", stage, "--store", launch.store_url]
    check += ["--device", launch.device, "--scratch", str(scratch)]
    if key is not None:
        check += ["--expects", key]
    command = container_command(launch.cluster.container, inside, check)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
            env=starter_environment(launch.cluster.container, inside),
        )
    except OSError as error:
        yield Finding("image", is_good=False, text=f"{command[0]} cannot be started: {error.strerror}")
        return
    except subprocess.TimeoutExpired:
        yield Finding("image", is_good=False, text=f"the self-check did not end within {TIMEOUT_S:.0f} s")
        return
    findings = [found for line in done.stdout.splitlines() if (found := Finding.from_line(line))]
    yield from findings
    if done.returncode != 0 or not findings:
        yield Finding("image", is_good=False, text=f"the self-check failed: {_error_text(done)}")


def _error_text(done: subprocess.CompletedProcess[str]) -> str:
    if done.stderr.strip():
        return done.stderr.strip()[-400:]
    memory = ", probably out of memory; raise memory_gb" if done.returncode in (137, -9) else ""
    return f"it ended with exit code {done.returncode}{memory}"


def _orphans(cluster: ClusterSpec) -> str:
    """Check for containers of workers whose job has ended."""
    runtime = [cluster.container.runtime, *cluster.container.options]
    listing = [*runtime, "ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}"]
    done = subprocess.run(listing, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise HdrbatchError(f"{' '.join(listing[:3])} fails: {done.stderr.strip()[-300:]}")
    # hdrbatch-JOB-ELEMENT-RANDOM, or hdrbatch-JOB-RANDOM if the array has one element.
    found = {name: re.fullmatch(r"hdrbatch-(\d+(?:-\d+)?)-[0-9a-f]{6}", name) for name in done.stdout.split()}
    owners = {name: match[1].replace("-", "_") for name, match in found.items() if match}
    jobs = sorted({id_.partition("_")[0] for id_ in owners.values()})
    states = queue.element_states(jobs, accounting=cluster.accounting) if jobs else {}
    orphans = [name for name, id_ in owners.items() if not (id_ in states and states[id_].is_active)]
    if orphans:
        raise HdrbatchError(
            f"{len(orphans)} container(s) of jobs that have ended; remove them with "
            f"{' '.join([*runtime, 'rm', '--force', *orphans[:5]])}"
        )
    return "none is left of jobs that have ended"


def main() -> None:
    """Probe and print."""
    stage, store_url, key, marker = sys.argv[1:5]
    cluster = ClusterSpec.model_validate_json(json.dumps(json.load(sys.stdin)))
    for finding in probe(Kind(stage), store_url, key, Path(marker), cluster):
        print(finding.to_line(), flush=True)


if __name__ == "__main__":
    main()
