"""From stages to arrays: what sbatch is given, how often, and what becomes of it where it fails."""

import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from submitit.helpers import DelayedSubmission

from hdrbatch.errors import SlurmError, SubmissionError, UserError
from hdrbatch.storage import keys
from hdrbatch.submit.cancel import cancel_unanswered
from hdrbatch.submit.retry import select_tasks
from hdrbatch.submit.slurm.arrays import MAX_FRESH_STARTS, SubmissionRequest, chunks, packs, submit_plan
from hdrbatch.submit.status import Phase, plan_status
from hdrbatch.submit.submissions import submissions_of_plan
from tests.golden import assert_golden
from tests.submit.fake_slurm.plans import finish, indices, rendering, slurm_cluster

GOLDEN = Path(__file__).parent / "golden"
SOCKET = "Batch job submission failed: Socket timed out on send/recv operation"
DENIED = "Batch job submission failed: Invalid account or account/partition combination specified"

CLUSTERS = {
    "plain": {"resources": {"memory_gb": 4.0}},
    "everything": {
        "parallelism": 3,
        "signal_delay_s": 300,
        "max_timeouts": 7,
        "resources": {
            "partition": "gpu",
            "account": "lab",
            "qos": "long",
            "constraint": "a100|h100",
            "time_min": 1440,
            "memory_gb": 7.5,
            "cpus": 8,
            "gpus": 2,
            "sbatch": {"exclude": "n7,n9", "mail-user": "a b@c", "exclusive": True, "nice": 100},
        },
        "stages": {"render_exposure": {"qos": "short", "sbatch": {"nice": 5}}},
    },
    "bare": {"accounting": False},
}


def submit(plan, store, cluster, positions=None, **wanted):
    positions = range(len(list(plan.tasks()))) if positions is None else positions
    return submit_plan(plan, store, cluster, set(), SubmissionRequest(positions, **wanted))


def submit_missing(plan, store, cluster):
    """What a command does that is run again."""
    cancel_unanswered(store, plan.id, submissions_of_plan(store, plan.id))
    status = plan_status(store, plan)
    choice = select_tasks(status, cluster)
    return submit_plan(plan, store, cluster, status.done, SubmissionRequest(choice.positions, choice.jobs_of))


def normalised(script, plan, folder):
    text = script.replace(str(folder), "/FOLDER").replace(sys.executable, "/PYTHON").replace(plan.id, "PLAN")
    return re.sub(r"(PLAN-\w+)-[0-9a-f]{8}\b", r"\1-RANDOM", text)


def queued_tasks(fake_slurm, submissions):
    """How often each position of the plan stands in the queue."""
    jobs = fake_slurm.queue
    counts = Counter()
    for submission in submissions:
        if submission.job in jobs:
            assert len(jobs[submission.job]["elements"]) == len(submission.elements)
            counts.update(position for element in submission.elements for position in element)
    assert {submission.job for submission in submissions} >= set(jobs)
    return counts


# --- what sbatch is given


@pytest.mark.golden
@pytest.mark.parametrize("kind", CLUSTERS)
def test_the_script_is_the_golden_one(kind, fake_slurm, folder_store, tmp_path):
    plan = rendering()
    cluster = slurm_cluster(tmp_path / "logs", **CLUSTERS[kind])
    submit(plan, folder_store, cluster, after=["55"])
    script = normalised(fake_slurm.jobs["100"]["script"], plan, tmp_path / "logs")
    assert_golden(script, GOLDEN / f"{kind}.sh")


def test_a_stage_waits_for_the_jobs_that_its_tasks_need(fake_slurm, folder_store, tmp_path):
    plan = rendering()
    renders, assemblies, index = submit(plan, folder_store, slurm_cluster(tmp_path / "logs"))
    given = {one.stage: fake_slurm.jobs[one.job]["parameters"] for one in (renders, assemblies, index)}
    assert "dependency" not in given["render_exposure"]
    assert given["assemble_scene"]["dependency"] == f"afterany:{renders.job}"
    assert given["index_dataset"]["dependency"] == f"afterany:{assemblies.job}"


def test_a_stage_waits_for_what_is_in_the_queue_already(fake_slurm, folder_store, tmp_path):
    plan = rendering()
    assemblies, index = submit(
        plan, folder_store, slurm_cluster(tmp_path / "logs"), [2, 3, 4], jobs_of={0: "71", 1: "72"}
    )
    assert fake_slurm.jobs[assemblies.job]["parameters"]["dependency"] == "afterany:71:72"
    assert fake_slurm.jobs[index.job]["parameters"]["dependency"] == f"afterany:{assemblies.job}"


def test_tasks_with_more_memory_have_an_array_of_their_own(fake_slurm, folder_store, tmp_path):
    cluster = slurm_cluster(tmp_path / "logs", resources={"memory_gb": 2.0})
    submitted = submit(indices(4), folder_store, cluster, memory_gb={1: 4.0, 3: 4.0})
    assert [(one.elements, one.memory_gb) for one in submitted] == [
        (((0,), (2,)), 2.0),
        (((1,), (3,)), 4.0),
    ]
    assert [job["parameters"]["mem"] for job in fake_slurm.jobs.values()] == ["2048M", "4096M"]


def test_only_what_is_in_the_queue_and_needs_what_is_new_is_told_to_wait_for_it(
    fake_slurm, folder_store, tmp_path
):
    plan, cluster = rendering(), slurm_cluster(tmp_path / "logs")
    renders, assemblies, index = submit(plan, folder_store, cluster)
    jobs_of = {0: renders.job, 2: assemblies.job, 3: assemblies.job, 4: index.job}
    (again,) = submit(plan, folder_store, cluster, [1], jobs_of=jobs_of)
    waits_for = {job: given["parameters"].get("dependency") for job, given in fake_slurm.jobs.items()}
    assert waits_for == {
        renders.job: None,
        assemblies.job: f"afterany:{renders.job}:{again.job}",
        index.job: f"afterany:{assemblies.job}",
        again.job: None,
    }
    assert sum(call.startswith("scontrol update") for call in fake_slurm.calls) == 1


@pytest.mark.parametrize(
    ("max_timeouts", "expected"), [(100, (100, MAX_FRESH_STARTS, MAX_FRESH_STARTS)), (2, (2, 2, 2))]
)
def test_what_saves_nothing_is_not_begun_from_nothing_for_ever(
    max_timeouts, expected, fake_slurm, folder_store, tmp_path
):
    cluster = slurm_cluster(tmp_path / "logs", max_timeouts=max_timeouts)
    for submitted, number in zip(submit(rendering(), folder_store, cluster), expected, strict=True):
        pickles = list(Path(submitted.folder).glob("*_submitted.pkl"))
        assert pickles
        assert {DelayedSubmission.load(path)._timeout_countdown for path in pickles} == {number}


def test_what_is_submitted_from_inside_of_a_job_takes_nothing_of_it_over(
    fake_slurm, folder_store, tmp_path, monkeypatch
):
    of_a_job = ("SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_MEM_PER_NODE")
    for name in of_a_job:
        monkeypatch.setenv(name, "7")
    monkeypatch.setenv("SLURM_CONF", "/etc/slurm.conf")
    (submitted,) = submit(indices(2), folder_store, slurm_cluster(tmp_path / "logs"))
    given = fake_slurm.jobs[submitted.job]["environment"]
    assert "SLURM_CONF" in given
    assert not set(of_a_job) & set(given)
    assert {os.environ[name] for name in of_a_job} == {"7"}


# --- how many


@pytest.mark.parametrize(
    ("max_array_size", "num_tasks", "sizes"),
    [
        (41, 39, [39]),
        (41, 40, [40]),
        (41, 41, [41]),
        (41, 42, [21, 21]),
        (41, 100, [33, 33, 34]),
        (1001, 1002, [501, 501]),
    ],
)
def test_every_task_is_submitted_once_and_no_index_is_too_large(
    max_array_size, num_tasks, sizes, fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(max_array_size=max_array_size)
    cluster = slurm_cluster(tmp_path / "logs", parallelism=15)
    submitted = submit(indices(num_tasks), folder_store, cluster)
    assert [len(one.elements) for one in submitted] == sizes
    assert queued_tasks(fake_slurm, submitted) == Counter(range(num_tasks))
    for job, size in zip(fake_slurm.jobs.values(), sizes, strict=True):
        assert job["parameters"]["array"] == f"0-{size - 1}%{15 // len(sizes)}"
        assert size - 1 < max_array_size
    for submission in submitted:
        pickles = list(Path(submission.folder).glob("*_submitted.pkl"))
        assert len(pickles) == len(submission.elements)


def test_the_size_of_arrays_is_asked_of_slurm_unless_the_cluster_file_says_it(
    fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(max_array_size=4)
    submitted = submit(indices(6), folder_store, slurm_cluster(tmp_path / "logs"))
    assert [len(one.elements) for one in submitted] == [3, 3]
    submitted = submit(indices(6), folder_store, slurm_cluster(tmp_path / "logs", max_array_size=2))
    assert [len(one.elements) for one in submitted] == [2, 2, 2]


def test_each_of_many_arrays_runs_one_element_at_least(fake_slurm, folder_store, tmp_path):
    cluster = slurm_cluster(tmp_path / "logs", max_array_size=2, parallelism=2)
    submit(indices(6), folder_store, cluster)
    assert [job["parameters"]["array"] for job in fake_slurm.jobs.values()] == ["0-1%1"] * 3


def test_an_array_of_one_element_is_no_array(fake_slurm, folder_store, tmp_path):
    (submitted,) = submit(indices(1), folder_store, slurm_cluster(tmp_path / "logs"))
    assert "array" not in fake_slurm.jobs[submitted.job]["parameters"]
    assert submitted.element_id(0) == submitted.job
    assert submitted.log_path(0) == f"{submitted.folder}/{submitted.job}_0_log.out"
    assert len(list(Path(submitted.folder).glob(f"{submitted.job}_submitted.pkl"))) == 1


def test_an_element_of_an_array_is_named_as_slurm_and_submitit_name_it(fake_slurm, folder_store, tmp_path):
    (submitted,) = submit(indices(2), folder_store, slurm_cluster(tmp_path / "logs"))
    assert submitted.element_id(1) == f"{submitted.job}_1"
    output = fake_slurm.jobs[submitted.job]["parameters"]["output"]
    assert submitted.log_path(1) == output.replace("%A", submitted.job).replace("%a", "1")


def test_packs_share_an_element(fake_slurm, folder_store, tmp_path):
    (submitted,) = submit(indices(5), folder_store, slurm_cluster(tmp_path / "logs"), pack=2)
    assert submitted.elements == ((0, 1), (2, 3), (4,))
    assert fake_slurm.jobs[submitted.job]["parameters"]["array"] == "0-2%3"


def test_packs_never_mix_stages(fake_slurm, folder_store, tmp_path):
    submitted = submit(rendering(), folder_store, slurm_cluster(tmp_path / "logs"), pack=10)
    assert [one.elements for one in submitted] == [((0, 1),), ((2, 3),), ((4,),)]


def test_chunks_are_of_nearly_the_same_size():
    assert [len(chunk) for chunk in chunks(packs(range(10), 1), 4)] == [3, 3, 4]
    assert [position for chunk in chunks(packs(range(10), 1), 4) for (position,) in chunk] == list(range(10))


# --- where sbatch fails


def three_arrays(folder):
    return slurm_cluster(folder, max_array_size=2)


def test_what_fails_for_a_moment_is_submitted_again(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=["", f"fail: {SOCKET}"])
    plan = indices(6)
    submitted = submit(plan, folder_store, three_arrays(tmp_path / "logs"))
    assert queued_tasks(fake_slurm, submitted) == Counter(range(6))
    assert submissions_of_plan(folder_store, plan.id) == submitted


def test_an_answer_lost_leaves_nothing_in_the_queue_twice(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=["", f"lost: {SOCKET}"])
    plan = indices(6)
    submitted = submit(plan, folder_store, three_arrays(tmp_path / "logs"))
    assert len(fake_slurm.jobs) == 4
    assert [id_ for id_ in fake_slurm.jobs if id_ not in fake_slurm.queue] == ["101"]
    assert queued_tasks(fake_slurm, submitted) == Counter(range(6))
    assert submissions_of_plan(folder_store, plan.id) == submitted


def test_an_array_that_could_not_be_looked_for_is_taken_out_by_the_next_command(
    fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(sbatch=[f"lost: {SOCKET}"], squeue=f"fail: {SOCKET}")
    plan, cluster = indices(2), slurm_cluster(tmp_path / "logs")
    submitted = submit(plan, folder_store, cluster)
    assert sorted(fake_slurm.queue) == ["100", "101"]
    fake_slurm.control()
    assert {state.phase for state in plan_status(folder_store, plan).states} == {Phase.QUEUED}
    assert submit_missing(plan, folder_store, cluster) == []
    assert queued_tasks(fake_slurm, submitted) == Counter(range(2))


def test_what_is_refused_for_good_is_told_and_the_next_command_submits_the_rest(
    fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(sbatch=["", f"fail: {DENIED}"])
    plan, cluster = indices(6), three_arrays(tmp_path / "logs")
    words = r"2 element\(s\) of stage index_dataset: .*Invalid account.*1 array\(s\) were submitted before"
    with pytest.raises(SubmissionError, match=words):
        submit(plan, folder_store, cluster)
    (first,) = submissions_of_plan(folder_store, plan.id)
    assert (first.job, first.elements) == ("100", ((0,), (1,)))
    fake_slurm.control()
    again = submit_missing(plan, folder_store, cluster)
    assert queued_tasks(fake_slurm, [first, *again]) == Counter(range(6))


def test_sbatch_is_not_tried_for_ever(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=[f"fail: {SOCKET}"] * 10)
    plan = indices(2)
    with pytest.raises(SubmissionError, match=r"Socket timed out.*0 array\(s\) were submitted before"):
        submit(plan, folder_store, slurm_cluster(tmp_path / "logs"))
    assert sum(call.startswith("sbatch /") for call in fake_slurm.calls) == 3
    assert submissions_of_plan(folder_store, plan.id) == []


def test_what_nobody_answers_for_stays_noted_until_the_next_command(fake_slurm, folder_store, tmp_path):
    deaf = f"fail: {SOCKET}"
    fake_slurm.control(sbatch=["", "lost: Invalid something"], squeue=deaf, scancel=deaf)
    plan, cluster = indices(6), three_arrays(tmp_path / "logs")
    with pytest.raises(SubmissionError, match="rerun the same command"):
        submit(plan, folder_store, cluster)
    first, noted = submissions_of_plan(folder_store, plan.id)
    assert (first.job, noted.job, noted.elements) == ("100", None, ((2,), (3,)))
    assert sorted(fake_slurm.queue) == ["100", "101"]
    fake_slurm.control()
    phases = [state.phase for state in plan_status(folder_store, plan).states]
    assert phases == [*[Phase.QUEUED] * 2, *[Phase.UNKNOWN] * 2, *[Phase.NOT_SUBMITTED] * 2]
    again = submit_missing(plan, folder_store, cluster)
    assert queued_tasks(fake_slurm, [first, *again]) == Counter(range(6))
    assert "101" not in fake_slurm.queue
    assert submissions_of_plan(folder_store, plan.id) == [first, *again]


def test_nothing_is_forgotten_while_the_queue_does_not_answer(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch=["lost: Invalid something"], squeue="fail: Unable to contact slurm controller")
    plan = indices(2)
    with pytest.raises(SubmissionError):
        submit(plan, folder_store, slurm_cluster(tmp_path / "logs"))
    with pytest.raises(SlurmError, match="Unable to contact"):
        submit_missing(plan, folder_store, slurm_cluster(tmp_path / "logs"))
    assert [one.job for one in submissions_of_plan(folder_store, plan.id)] == [None]
    assert len(fake_slurm.jobs) == 1


def test_parameters_that_slurm_refuses_are_refused_before_anything_is_submitted(
    fake_slurm, folder_store, tmp_path
):
    fake_slurm.control(partitions=["cpu"])
    plan = rendering()
    cluster = slurm_cluster(tmp_path / "logs", stages={"index_dataset": {"partition": "gpu"}})
    words = r"reject stage index_dataset: .*invalid partition specified: gpu.*\[stages.index_dataset\]"
    with pytest.raises(UserError, match=words):
        submit(plan, folder_store, cluster)
    assert fake_slurm.jobs == {}
    assert list(folder_store.list(keys.SUBMISSIONS)) == list(folder_store.list(keys.PLANS)) == []


def test_a_controller_that_does_not_answer_is_no_mistake_of_the_users(fake_slurm, folder_store, tmp_path):
    fake_slurm.control(sbatch_test="fail: allocation failure: Unable to contact slurm controller")
    with pytest.raises(SlurmError, match="Unable to contact") as told:
        submit(indices(2), folder_store, slurm_cluster(tmp_path / "logs"))
    assert told.value.exit_code == 1


def test_an_image_that_is_not_named_is_refused_before_anything_is_submitted(
    fake_slurm, folder_store, tmp_path
):
    cluster = slurm_cluster(tmp_path / "logs", container={"runtime": "podman", "train": "t"})
    with pytest.raises(UserError, match="render_exposure runs in the render image"):
        submit(rendering(), folder_store, cluster)
    assert fake_slurm.jobs == {}


def test_results_that_are_written_over_are_withdrawn_when_their_tasks_are_submitted(
    fake_slurm, folder_store, tmp_path
):
    plan = rendering()
    finish(folder_store, plan.tasks())
    done = {task.ref for task in plan.stages[1].tasks}
    submit_plan(plan, folder_store, slurm_cluster(tmp_path / "logs"), done, SubmissionRequest([0, 1, 4]))
    kept = [entry.key.split("/")[1] for entry in folder_store.list(keys.RECEIPTS)]
    assert Counter(kept) == {"render_exposure": 2, "assemble_scene": 2, "index_dataset": 1}
