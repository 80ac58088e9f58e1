"""Commands on a cluster, as a user types them; Slurm is a fake that tells what the test wants."""

import json
import os

import pytest

from hdrbatch.errors import RenderError, UserError
from hdrbatch.plan.stored_plans import load_plan, saved_plan_ids
from hdrbatch.storage import keys
from hdrbatch.submit.failures import FailureNotes
from hdrbatch.submit.submissions import put_submission, submissions_of_plan
from hdrbatch.worker.outcome import Outcome
from tests.conftest import TINY_JOB, run_command
from tests.submit.fake_slurm.cluster import FakeSlurm
from tests.submit.fake_slurm.plans import finish


@pytest.fixture
def fake_slurm(tmp_path):
    return FakeSlurm(tmp_path / "slurm")


@pytest.fixture
def type_(fake_slurm, folder_store, tiny_files):
    """The command line on the fake cluster: ``type_("render", "job.yaml")``."""
    (tiny_files / "cluster.toml").write_text(
        f'scheduler = "slurm"\nfolder = "{tiny_files}/logs"\n[resources]\nmemory_gb = 2\n'
    )

    def command(*words, **environment):
        words = [str(tiny_files / word) if word.endswith((".yaml", ".toml")) else word for word in words]
        cluster = {"HDRBATCH_CLUSTER": str(tiny_files / "cluster.toml")}
        return run_command(
            *words,
            store=folder_store.url,
            environment=fake_slurm.environment | cluster | environment,
            in_process=True,
        )

    return command


@pytest.fixture
def plan(type_, folder_store):
    """A render plan of three scenes and five exposures, in the queue: jobs 100, 101 and 102."""
    done = type_("render", "job.yaml")
    assert done.returncode == 0, done.stderr
    (plan_id,) = saved_plan_ids(folder_store)
    return load_plan(folder_store, plan_id)


def told(completed):
    """All that a command printed, without line breaks."""
    return " ".join((completed.stdout + completed.stderr).split())


def status_json(type_, *plan_ids):
    done = type_("status", *plan_ids, "--json")
    has_failed = any(one["failures"] for one in json.loads(done.stdout))
    assert done.returncode == int(has_failed), done.stderr
    return json.loads(done.stdout)


def test_a_plan_is_submitted_once_and_its_status_is_told(type_, plan, fake_slurm, folder_store):
    assert sorted(fake_slurm.queue) == ["100", "101", "102"]
    again = type_("render", "job.yaml")
    assert again.returncode == 0, again.stderr
    assert f"{plan.id}: 19 task(s) are already queued or running" in told(again)
    assert sorted(fake_slurm.jobs) == ["100", "101", "102"]
    fake_slurm.set_states("100", ["RUNNING"] * 2 + ["PENDING"] * 11 + ["NODE_FAIL"] * 2)
    finish(folder_store, plan.stages[0].tasks[:1])
    (status,) = status_json(type_)
    assert status["plan"] == plan.id
    assert status["num_tasks"] == {"render_exposure": 15, "assemble_scene": 3, "index_dataset": 1}
    assert status["num_done"] == {"render_exposure": 1, "assemble_scene": 0, "index_dataset": 0}
    assert status["phases"]["render_exposure"] == {"done": 1, "running": 1, "queued": 11, "failed": 2}
    assert status["jobs"] == ["100", "101", "102"]
    assert status["scheduler"] == ""
    ((failure),) = status["failures"]
    assert (failure["cause"], failure["message"]) == ("node-lost", "its node was lost")
    assert failure["tasks"] == [f"render_exposure/{task.id}" for task in plan.stages[0].tasks[13:]]


def test_status_groups_failures_by_cause_with_a_log_of_each(type_, plan, fake_slurm, folder_store):
    for number, task in enumerate(plan.stages[0].tasks):
        message = f"{task.id} is black" if number < 10 else "no light"
        outcome = Outcome.of(RenderError(message))
        FailureNotes(folder_store, plan.id, f"100_{number}").note(task, outcome)
    first = plan.stages[0].tasks[0]
    folder_store.put_bytes(keys.log(plan.id, first.kind, first.id), b"before\nthe end of it\n")
    fake_slurm.set_states("100", "FAILED", in_queue=False)
    shown = type_("status")
    assert shown.returncode == 1, shown.stderr
    assert f"failed: {first.kind}/{first.id} and 9 more" in told(shown)
    assert f"RenderError: {first.id} is black" in told(shown)
    assert "| the end of it" in told(shown)
    assert " and 4 more RenderError: no light" in told(shown)
    assert [len(group["tasks"]) for group in status_json(type_)[0]["failures"]] == [10, 5]


def test_what_is_cancelled_is_taken_up_again_by_retry(type_, plan, fake_slurm):
    cancelled = type_("cancel")
    assert cancelled.returncode == 0, cancelled.stderr
    assert f"{plan.id}: 19 element(s) of 3 array(s) cancelled" in told(cancelled)
    assert fake_slurm.queue == {}
    assert {failure["cause"] for failure in status_json(type_)[0]["failures"]} == {"cancelled"}
    assert "no task is queued or running" in told(type_("cancel"))
    retried = type_("retry")
    assert retried.returncode == 0, retried.stderr
    assert "19 task(s) submitted to fake, containers: none; jobs: render_exposure" in told(retried)
    assert sorted(fake_slurm.queue) == ["103", "104", "105"]
    assert fake_slurm.jobs["104"]["parameters"]["dependency"] == "afterany:103"


def test_retry_submits_what_failed_alone_and_what_follows_waits_for_all(type_, plan, fake_slurm):
    fake_slurm.set_states("100", ["RUNNING"] * 14 + ["OUT_OF_MEMORY"])
    fake_slurm.set_states("101", "CANCELLED by 1000")
    retried = type_("retry", plan.id)
    assert retried.returncode == 0, retried.stderr
    assert "15 task(s) are already queued or running" in told(retried)
    again, assemblies = (fake_slurm.jobs[job] for job in ("103", "104"))
    assert (again["is_array"], again["parameters"]["mem"]) == (False, "4096M")
    assert assemblies["parameters"]["dependency"] == "afterany:100:103"
    assert len(assemblies["elements"]) == 3
    assert sorted(fake_slurm.jobs) == ["100", "101", "102", "103", "104"]


def test_what_waits_in_the_queue_waits_for_what_is_retried_too(type_, plan, fake_slurm):
    fake_slurm.set_states("100", ["RUNNING"] * 14 + ["NODE_FAIL"])
    retried = type_("retry", plan.id)
    assert retried.returncode == 0, retried.stderr
    assert sorted(fake_slurm.queue) == ["100", "101", "102", "103"]
    waits_for = [fake_slurm.jobs[job]["parameters"].get("dependency") for job in ("101", "102", "103")]
    assert waits_for == ["afterany:100:103", "afterany:101", None]


def test_a_task_whose_file_is_gone_is_submitted_again(type_, plan, fake_slurm, folder_store):
    finish(folder_store, plan.tasks())
    folder_store.delete(plan.stages[0].tasks[7].outputs[0])
    for words, job in ((("render", "job.yaml"), "103"), (("retry",), "104")):
        for ended in fake_slurm.jobs:
            fake_slurm.set_states(ended, "COMPLETED", in_queue=False)
        again = type_(*words)
        assert again.returncode == 0, again.stderr
        assert f"1 task(s) submitted to fake, containers: none; jobs: render_exposure {job}" in told(again)
        assert submissions_of_plan(folder_store, plan.id)[-1].elements == ((7,),)


def test_bad_input_is_retried_by_force_alone(type_, plan, fake_slurm, folder_store):
    for job in ("100", "101", "102"):
        fake_slurm.set_states(job, "FAILED", in_queue=False)
    for number, task in enumerate(plan.stages[0].tasks):
        FailureNotes(folder_store, plan.id, f"100_{number}").note(task, Outcome.of(UserError("castle")))
    refused = type_("retry")
    assert refused.returncode == 2
    assert "15 task(s) not submitted, e.g. " in told(refused)
    assert "then use hdrbatch retry --force" in told(refused)
    assert f"{plan.id}: nothing was submitted" in refused.stderr
    assert len(fake_slurm.jobs) == 3
    assert type_("retry", "--force").returncode == 0
    assert sorted(fake_slurm.jobs) == ["100", "101", "102", "103", "104", "105"]


def test_an_unanswered_array_is_resolved_by_the_next_command(type_, fake_slurm, folder_store):
    fake_slurm.control(sbatch=["", "lost: Invalid something"], squeue="fail: Unable to contact controller")
    failed = type_("render", "job.yaml")
    assert failed.returncode == 1
    assert "rerun the same command to submit the rest" in told(failed)
    assert sorted(fake_slurm.queue) == ["100", "101"]
    fake_slurm.control()
    again = type_("render", "job.yaml")
    assert again.returncode == 0, again.stderr
    assert sorted(fake_slurm.queue) == ["100", "102", "103"]
    (plan_id,) = saved_plan_ids(folder_store)
    assert [one.job for one in submissions_of_plan(folder_store, plan_id)] == ["100", "102", "103"]
    assert fake_slurm.jobs["102"]["parameters"]["dependency"] == "afterany:100"


def test_parameters_that_slurm_refuses_are_bad_input(type_, fake_slurm, folder_store, tiny_files):
    fake_slurm.control(partitions=["cpu"])
    with (tiny_files / "cluster.toml").open("a") as file:
        file.write('partition = "nosuch"\n')
    refused = type_("render", "job.yaml")
    assert refused.returncode == 2
    assert "Slurm would reject stage render_exposure" in refused.stderr
    assert "nosuch" in refused.stderr
    assert "[resources]" in refused.stderr
    assert fake_slurm.jobs == {}
    assert list(folder_store.list(keys.SUBMISSIONS)) == list(folder_store.list(keys.PLANS)) == []


def test_a_cluster_file_that_is_wrong_is_bad_input(type_, fake_slurm, tiny_files):
    (tiny_files / "cluster.toml").write_text('scheduler = "slurm"\nworkers = 2\n')
    refused = type_("render", "job.yaml")
    assert refused.returncode == 2
    assert f'{tiny_files / "cluster.toml"}: workers is a key of scheduler = "local"' in refused.stderr
    assert fake_slurm.jobs == {}


def test_gpus_that_tasks_would_not_use_are_bad_input(type_, fake_slurm, tiny_files):
    with (tiny_files / "cluster.toml").open("a") as file:
        file.write('sbatch = {gres = "gpu:1"}\n')
    refused = type_("render", "job.yaml")
    assert refused.returncode == 2
    assert f"{tiny_files / 'cluster.toml'}: render_exposure: sbatch requests GPUs with gres" in told(refused)
    assert "give gpus = N as well" in told(refused)
    assert fake_slurm.jobs == {}


def test_what_is_in_the_queue_is_not_run_on_this_machine_as_well(type_, plan, folder_store):
    for words in (("retry",), ("render", "job.yaml")):
        refused = type_(*words, HDRBATCH_CLUSTER="local")
        assert refused.returncode == 2
        assert "19 task(s) are queued or may be running on fake; continue there" in told(refused)
    elsewhere = type_("retry", HDRBATCH_CLUSTER="local", PATH=os.environ["PATH"])  # no Slurm to be asked
    assert elsewhere.returncode == 2
    assert "--cluster local --force to run them here as well" in told(elsewhere)
    assert list(folder_store.list("receipts/")) == []
    outside = type_("status", PATH=os.environ["PATH"])
    assert "hdrbatch retry" not in told(outside)
    assert "unknown" in told(outside)


def test_retry_uses_the_user_s_own_cluster_file_and_names_what_differs(type_, plan, fake_slurm, tiny_files):
    assert type_("cancel").returncode == 0
    (tiny_files / "mine.toml").write_text(
        f'scheduler = "slurm"\nfolder = "{tiny_files}/mine"\n[resources]\nmemory_gb = 3\n'
    )
    retried = type_("retry", "--cluster", "mine.toml")
    assert retried.returncode == 0, retried.stderr
    assert fake_slurm.jobs["103"]["parameters"]["mem"] == "3072M"
    assert "with other settings; yours are used, --cluster names another file:" in told(retried)
    assert "resources.memory_gb: 2.0, here 3.0" in told(retried)
    assert type_("cancel").returncode == 0
    same = type_("retry", "--cluster", "mine.toml")
    assert "other settings" not in told(same)


HOSTILE = {
    "runtime": {"container": {"runtime": "podman", "render": "evil", "train": "evil"}},
    "mounts": {"container": {"mounts": ["/:/host"]}},
    "sbatch": {"resources": {"sbatch": {"comment": "x\ntouch EVIL"}}},
    "partition": {"resources": {"partition": "x\ntouch EVIL"}},
    "folder": {"folder": "/evil"},
}


@pytest.mark.parametrize("cluster", [None, ""])
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_another_user_wrote_into_a_submission_is_shown_and_never_obeyed(
    kind, cluster, type_, plan, fake_slurm, folder_store, tiny_files
):
    assert type_("cancel").returncode == 0
    spec = json.dumps({"scheduler": "slurm"} | HOSTILE[kind])
    for one in submissions_of_plan(folder_store, plan.id):
        put_submission(folder_store, plan.id, one.model_copy(update={"spec": spec}))
    own = {} if cluster is None else {"HDRBATCH_CLUSTER": cluster, "HOME": str(tiny_files)}
    retried = type_("retry", **own)
    assert retried.returncode == 0, retried.stderr
    assert "evil" not in "".join(job["script"] for job in fake_slurm.jobs.values()).lower()
    assert "/host" not in "".join(job["script"] for job in fake_slurm.jobs.values())
    assert "other settings" in told(retried)


def test_status_shows_where_tasks_run_and_what_failed_ones_used_and_exits_with_1(type_, plan, fake_slurm):
    assert type_("status").returncode == 0
    states = ["RUNNING", "NODE_FAIL", *["PENDING"] * 13]
    fake_slurm.set_states("100", states)
    usage = "100_1|n2|00:07:00|\n100_1.0|n2|00:07:00|2G"
    fake_slurm.control(usage_of_running="100_0|n1|3:00", usage=usage)
    shown = type_("status")
    assert shown.returncode == 1
    assert "(on n1, 3:00)" in shown.stdout
    assert "its node was lost on n2, 00:07:00, 2G of memory" in told(shown)
    assert status_json(type_)[0]["failures"][0]["usage"] == "on n2, 00:07:00, 2G of memory"


def test_a_time_limit_that_the_partition_does_not_give_is_refused(type_, fake_slurm):
    fake_slurm.control(sinfo="text: debug*|30:00")
    refused = type_("render", "job.yaml")
    assert refused.returncode == 2
    assert "requests 60 min, but partition (the default one) allows at most 30" in told(refused)
    assert fake_slurm.jobs == {}


def test_packs_are_submitted_as_elements(type_, fake_slurm):
    done = type_("render", "job.yaml", "--pack", "4")
    assert "19 task(s) in 6 packs submitted to fake" in told(done)
    assert fake_slurm.jobs["100"]["parameters"]["array"] == "0-3%4"
    assert type_("render", "job.yaml", "--pack", "0").returncode == 2


def test_slurm_is_taken_where_it_is_and_no_cluster_is_named(type_, fake_slurm, tmp_path):
    done = type_("render", "job.yaml", "--scenes", "2", HDRBATCH_CLUSTER="", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert sorted(fake_slurm.queue) == ["100", "101", "102"]


# --- a sweep behind a render


def test_a_sweep_waits_for_the_index_of_its_dataset(type_, plan, fake_slurm):
    done = type_("sweep", "sweep.yaml", "--after", plan.id)
    assert done.returncode == 0, done.stderr
    training, comparison = (fake_slurm.jobs[job] for job in ("103", "104"))
    assert "train_variant" in training["name"]
    assert training["parameters"]["dependency"] == "afterany:102"
    assert "afterany:102:103" in comparison["parameters"]["dependency"]


def test_a_sweep_after_a_plan_that_is_done_waits_for_nothing(type_, plan, fake_slurm, folder_store):
    finish(folder_store, plan.tasks())
    done = type_("sweep", "sweep.yaml", "--after", plan.id)
    assert done.returncode == 0, done.stderr
    assert "dependency" not in fake_slurm.jobs["103"]["parameters"]


def test_a_sweep_after_a_plan_that_is_not_being_made_is_refused(type_, plan, fake_slurm):
    fake_slurm.set_states("102", "CANCELLED by 1000", in_queue=False)
    refused = type_("sweep", "sweep.yaml", "--after", plan.id)
    assert refused.returncode == 2
    assert f"--after {plan.id}: its dataset is neither done nor in progress" in refused.stderr
    assert f"then hdrbatch retry {plan.id}" in refused.stderr
    assert len(fake_slurm.jobs) == 3


def test_a_sweep_after_a_plan_of_another_dataset_is_refused(type_, fake_slurm, folder_store, tiny_files):
    (tiny_files / "job.yaml").write_text(TINY_JOB.replace("dataset: tiny", "dataset: other"))
    assert type_("render", "job.yaml").returncode == 0
    (plan_id,) = saved_plan_ids(folder_store)
    refused = type_("sweep", "sweep.yaml", "--after", plan_id)
    assert refused.returncode == 2
    assert f"--after {plan_id}: this plan builds dataset 'other', but" in refused.stderr
    assert "uses 'tiny'" in refused.stderr


def test_a_sweep_after_a_plan_that_makes_no_dataset_is_refused(type_, plan, fake_slurm, folder_store):
    assert type_("sweep", "sweep.yaml", "--after", plan.id).returncode == 0
    (sweep_id,) = set(saved_plan_ids(folder_store)) - {plan.id}
    refused = type_("sweep", "sweep.yaml", "--after", sweep_id)
    assert refused.returncode == 2
    assert sweep_id in refused.stderr
    assert "renders no dataset" in refused.stderr
    assert type_("sweep", "sweep.yaml", "--after", "nosuch").returncode == 2
