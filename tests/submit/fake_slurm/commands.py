"""Slurm's commands as far as hdrbatch calls them, for answers that a real Slurm gives rarely.

``Commands.control`` says what goes wrong:

    {"sbatch": ["", "lost: Socket timed out", "fail: Invalid account"], "squeue": "fail: ...",
     "sacct": "text: 7_1|FAILED", "scontrol job": "fail: ...", "scontrol requeue": ["fail: ...", ""],
     "partitions": ["cpu"], "submit_limit": 10, "limit_of_qos": {"normal": 5}}

``sbatch`` and ``scontrol requeue`` have a list with one entry for each call, the others one for all calls.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """A command as it was called."""

    name: str
    arguments: list[str]
    environment: list[str]
    folder: Path
    stdin: str


class FailedError(Exception):
    """A command ends with exit code 1 and a message."""


class AnsweredError(Exception):
    """A command prints something else than it should."""


@dataclass
class Commands:
    """What was submitted, and the commands that change and show it."""

    control: dict = field(default_factory=dict)
    jobs: dict = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    num_calls: Counter = field(default_factory=Counter)
    tested: Call | None = None

    def answer(self, call):
        """The exit code, output and error output of a call."""
        self.calls.append(" ".join([call.name, *call.arguments]))
        try:
            return 0, "".join(f"{line}\n" for line in getattr(self, call.name)(call)), ""
        except AnsweredError as answered:
            return 0, f"{answered}\n", ""
        except FailedError as failed:
            return 1, "", f"{call.name}: error: {failed}\n"

    def misbehave(self, command):
        how, _, text = self.control.get(command, "").partition(": ")
        if how == "fail":
            raise FailedError(text)
        if how == "text":
            raise AnsweredError(text)

    def next_behaviour(self, command):
        """How this call of those that have a list goes, and with which words."""
        behaviours, number = self.control.get(command, []), self.num_calls[command]
        self.num_calls[command] += 1
        how, _, text = (behaviours[number] if number < len(behaviours) else "").partition(": ")
        return how, text

    def check_partition(self, given):
        partitions = self.control.get("partitions")
        if partitions is not None and given.get("partition", partitions[0]) not in partitions:
            raise FailedError("invalid partition specified: " + given["partition"])

    def check_limit(self, num_elements):
        num_queued = sum(len(job["elements"]) for job in self.jobs.values() if job["in_queue"])
        limits = [self.control.get("limit_of_qos", {}).get("normal"), self.control.get("submit_limit")]
        limit = next((one for one in limits if one), None)
        if limit is not None and num_queued + num_elements > limit:
            raise FailedError(
                "AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates "
                "accounting/QOS policy (job submit limit, user's size)"
            )

    def sbatch(self, call):
        if "--test-only" in call.arguments:
            self.misbehave("sbatch --test-only")
            self.tested = call
            self.check_partition(parameters(call.stdin))
            return ()
        script = (call.folder / call.arguments[0]).read_text()
        given = parameters(script)
        how, text = self.next_behaviour("sbatch")
        if how == "fail":
            raise FailedError(text)
        self.check_partition(given)
        first, _, last = given.get("array", "0-0").partition("%")[0].partition("-")
        self.check_limit(int(last) - int(first) + 1)
        job_id = str(100 + len(self.jobs))
        self.jobs[job_id] = {
            "name": given["job-name"],
            "is_array": "array" in given,
            "parameters": given,
            "script": script,
            "environment": sorted(call.environment),
            "in_queue": True,
            "elements": {str(n): "PENDING" for n in range(int(first), int(last) + 1)},
        }
        if how == "lost":
            raise FailedError(text)
        return (f"Submitted batch job {job_id}",)

    def squeue(self, call):
        self.misbehave("squeue")
        if "%i|%N|%M" in call.arguments:
            yield self.control.get("usage_of_running", "")
            return
        wants_names = "%F|%j" in call.arguments
        for job_id, job in self.jobs.items():
            for id_, word in rows(job_id, job) if job["in_queue"] else ():
                yield f"{job_id}|{job['name']}" if wants_names else f"{id_}|{word}"

    def sacct(self, call):
        if "jobid,nodelist,elapsed,maxrss" in call.arguments:
            yield self.control.get("usage", "")
            return
        self.misbehave("sacct")
        for job_id, job in self.jobs.items():
            for id_, word in rows(job_id, job):
                yield f"{id_}|{word}"

    def scontrol(self, call):
        if call.arguments[0] == "ping":
            self.misbehave("scontrol ping")
            yield "Slurmctld(primary) at here is UP"
        elif call.arguments[:2] == ["show", "config"]:
            self.misbehave("scontrol config")
            yield "Configuration data as of now"
            yield "ClusterName             = fake"
            yield f"MaxArraySize            = {self.control.get('max_array_size', 1001)}"
        elif call.arguments[0] == "update":
            self.update(dict(argument.split("=", 1) for argument in call.arguments[1:]))
        elif call.arguments[0] == "requeue":
            how, text = self.next_behaviour("scontrol requeue")
            if how == "fail":
                raise FailedError(text)
        else:
            self.misbehave("scontrol job")
            job_id = call.arguments[-1]
            job = self.jobs.get(job_id)
            if job is None or not job["in_queue"]:
                raise FailedError("Invalid job id specified")
            for number, word in job["elements"].items():
                array = f"ArrayJobId={job_id} ArrayTaskId={number} " if job["is_array"] else ""
                yield f"JobId={job_id} {array}JobName={job['name']} JobState={word} Reason=None"

    def update(self, values):
        self.misbehave("scontrol update")
        job = self.jobs.get(values["JobId"])
        if job is None or not job["in_queue"]:
            raise FailedError("Invalid job id specified for job " + values["JobId"])
        if set(job["elements"].values()) != {"PENDING"}:
            raise FailedError("Job is no longer pending execution for job " + values["JobId"])
        job["parameters"]["dependency"] = values["Dependency"]

    def scancel(self, call):
        self.misbehave("scancel")
        for job_id in call.arguments:
            job = self.jobs.get(job_id)
            if job is None:
                raise FailedError(f"Kill job error on job id {job_id}: Invalid job id specified")
            job["elements"] = dict.fromkeys(job["elements"], "CANCELLED by 1000")
            job["in_queue"] = False
        return ()

    def sinfo(self, call):
        self.misbehave("sinfo")
        return ("debug*|infinite",)

    def sacctmgr(self, call):
        self.misbehave("sacctmgr")
        if "qos" in call.arguments:
            limits = {"normal": "", **self.control.get("limit_of_qos", {})}
            return [f"{name}|{limit}" for name, limit in limits.items()]
        return [f"{self.control.get('submit_limit', '')}|{self.control.get('default_qos', '')}|normal"]


def rows(job_id, job):
    """Ids of a job's elements with their states."""
    for number, word in job["elements"].items():
        yield (f"{job_id}_{number}" if job["is_array"] else job_id), word


def parameters(script):
    found = re.findall(r"^#SBATCH --([\w-]+)(?:=(.*))?$", script, re.MULTILINE)
    return {name: value.strip("'") for name, value in found}
