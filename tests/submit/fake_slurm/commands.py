"""Slurm's commands as far as hdrbatch calls them, for answers that a real Slurm gives rarely.

Runs under the name of the command. What was submitted is kept in ``state.json`` of the folder named by
FAKE_SLURM; ``control.json`` beside it says what goes wrong:

    {"sbatch": ["", "lost: Socket timed out", "fail: Invalid account"], "squeue": "fail: ...",
     "sacct": "text: 7_1|FAILED", "scontrol job": "fail: ...", "scontrol requeue": ["fail: ...", ""],
     "partitions": ["cpu"], "submit_limit": 10, "limit_of_qos": {"normal": 5}}

``sbatch`` and ``scontrol requeue`` have a list with one entry for each call, the others one for all calls.
"""

import json
import os
import re
import sys
from pathlib import Path

FOLDER = Path(os.environ["FAKE_SLURM"])
NAME = Path(sys.argv[0]).name
ARGUMENTS = sys.argv[1:]


def read(name, default):
    path = FOLDER / name
    return json.loads(path.read_text()) if path.exists() else default


STATE = read("state.json", {"next": 100, "jobs": {}, "num_calls": {}})
CONTROL = read("control.json", {})
with (FOLDER / "calls").open("a") as calls:
    calls.write(" ".join([NAME, *ARGUMENTS]) + "\n")


def save():
    (FOLDER / "state.json").write_text(json.dumps(STATE))


def fail(message):
    sys.exit(f"{NAME}: error: {message}")


def misbehave(command):
    how, _, text = CONTROL.get(command, "").partition(": ")
    if how == "fail":
        fail(text)
    if how == "text":
        print(text)
        sys.exit(0)


def next_behaviour(command):
    """How this call of those that have a list goes, and with which words."""
    behaviours, number = CONTROL.get(command, []), STATE["num_calls"].get(command, 0)
    STATE["num_calls"][command] = number + 1
    save()
    how, _, text = (behaviours[number] if number < len(behaviours) else "").partition(": ")
    return how, text


def rows(job_id, job):
    """Ids of a job's elements with their states."""
    for number, word in job["elements"].items():
        yield (f"{job_id}_{number}" if job["is_array"] else job_id), word


def parameters(script):
    found = re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", script, re.MULTILINE)
    return {name: value.strip("'") for name, value in found}


def check_partition(given):
    partitions = CONTROL.get("partitions")
    if partitions is not None and given.get("partition", partitions[0]) not in partitions:
        fail("invalid partition specified: " + given["partition"])


def sbatch():
    if "--test-only" in ARGUMENTS:
        misbehave("sbatch --test-only")
        script = sys.stdin.read()
        (FOLDER / "tested").write_text(script)
        (FOLDER / "tested_environment").write_text("\n".join(sorted(os.environ)))
        check_partition(parameters(script))
        sys.stderr.write("sbatch: Job 1 to start at 2030-01-01T00:00:00\n")
        return
    script = Path(ARGUMENTS[0]).read_text()
    given = parameters(script)
    how, text = next_behaviour("sbatch")
    if how == "fail":
        fail(text)
    check_partition(given)
    first, _, last = given.get("array", "0-0").partition("%")[0].partition("-")
    num_queued = sum(len(job["elements"]) for job in STATE["jobs"].values() if job["in_queue"])
    limits = [CONTROL.get("limit_of_qos", {}).get("normal"), CONTROL.get("submit_limit")]
    limit = next((one for one in limits if one), None)
    if limit is not None and num_queued + int(last) - int(first) + 1 > limit:
        sys.stderr.write("sbatch: error: AssocMaxSubmitJobLimit\n")
        fail(
            "Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size)"
        )
    job_id = str(STATE["next"])
    STATE["next"] += 1
    STATE["jobs"][job_id] = {
        "name": given["job-name"],
        "is_array": "array" in given,
        "parameters": given,
        "script": script,
        "environment": sorted(os.environ),
        "in_queue": True,
        "elements": {str(n): "PENDING" for n in range(int(first), int(last) + 1)},
    }
    save()
    if how == "lost":
        fail(text)
    print(f"Submitted batch job {job_id}")


def squeue():
    misbehave("squeue")
    if "%i|%N|%M" in ARGUMENTS:
        print(CONTROL.get("usage_of_running", ""))
        return
    wants_names = "%F|%j" in ARGUMENTS
    for job_id, job in STATE["jobs"].items():
        for id_, word in rows(job_id, job) if job["in_queue"] else ():
            print(f"{job_id}|{job['name']}" if wants_names else f"{id_}|{word}")


def sacct():
    if "jobid,nodelist,elapsed,maxrss" in ARGUMENTS:
        print(CONTROL.get("usage", ""))
        return
    misbehave("sacct")
    for job_id, job in STATE["jobs"].items():
        for id_, word in rows(job_id, job):
            print(f"{id_}|{word}")


def scontrol():
    if ARGUMENTS[0] == "ping":
        misbehave("scontrol ping")
        print("Slurmctld(primary) at here is UP")
    elif ARGUMENTS[:2] == ["show", "config"]:
        misbehave("scontrol config")
        size = CONTROL.get("max_array_size", 1001)
        print(
            f"Configuration data as of now\nClusterName             = fake\nMaxArraySize            = {size}"
        )
    elif ARGUMENTS[0] == "update":
        update(dict(argument.split("=", 1) for argument in ARGUMENTS[1:]))
    elif ARGUMENTS[0] == "requeue":
        how, text = next_behaviour("scontrol requeue")
        if how == "fail":
            fail(text)
    else:
        misbehave("scontrol job")
        job_id = ARGUMENTS[-1]
        job = STATE["jobs"].get(job_id)
        if job is None or not job["in_queue"]:
            fail("Invalid job id specified")
        for number, word in job["elements"].items():
            array = f"ArrayJobId={job_id} ArrayTaskId={number} " if job["is_array"] else ""
            print(f"JobId={job_id} {array}JobName={job['name']} JobState={word} Reason=None")


def update(values):
    misbehave("scontrol update")
    job = STATE["jobs"].get(values["JobId"])
    if job is None or not job["in_queue"]:
        fail("Invalid job id specified for job " + values["JobId"])
    if set(job["elements"].values()) != {"PENDING"}:
        fail("Job is no longer pending execution for job " + values["JobId"])
    job["parameters"]["dependency"] = values["Dependency"]
    save()


def scancel():
    misbehave("scancel")
    for job_id in ARGUMENTS:
        job = STATE["jobs"].get(job_id)
        if job is None:
            fail(f"Kill job error on job id {job_id}: Invalid job id specified")
        job["elements"] = dict.fromkeys(job["elements"], "CANCELLED by 1000")
        job["in_queue"] = False
    save()


def sinfo():
    misbehave("sinfo")
    print("debug*|infinite")


def sacctmgr():
    misbehave("sacctmgr")
    if "qos" in ARGUMENTS:
        for name, limit in {"normal": "", **CONTROL.get("limit_of_qos", {})}.items():
            print(f"{name}|{limit}")
    else:
        print(f"{CONTROL.get('submit_limit', '')}|{CONTROL.get('default_qos', '')}|normal")


{
    "sinfo": sinfo,
    "sbatch": sbatch,
    "squeue": squeue,
    "sacct": sacct,
    "scontrol": scontrol,
    "sacctmgr": sacctmgr,
    "scancel": scancel,
}[NAME]()
