import json
from pathlib import Path

import pytest

from hdrbatch.storage import keys
from hdrbatch.submit.status import plan_status, printable, tail_of
from hdrbatch.submit.submissions import (
    Submission,
    differing_settings,
    put_submission,
    submissions_of_plan,
    submitter_fields,
)
from tests.submit.fake_slurm.plans import indices, slurm_cluster


def submission(name="array", **values):
    fields = {"stage": "index_dataset", "elements": ((0,),), "job": "7", "cluster": "c", "accounting": True}
    more = {"memory_gb": None, "spec": "{}", "name": name, "folder": "/logs/p/array"}
    return Submission(**fields | more | dict(submitter_fields()) | values)


HOSTILE = {
    "name": ["../x", "a/b", ""],
    "folder": ["relative", "/a/../b", "/a\nb", ""],
    "job": ["--help", "7;reboot", "", "7 8"],
    "cluster": ["-M", "a\x1b[2J"],
    "user": ["--all", "a\nb"],
    "host": ["-x"],
    "elements": [[], [[-1]], [["x"]], "x"],
    "stage": ["none"],
    "submitted_at": ["../x"],
}


@pytest.mark.parametrize(("field", "value"), [(name, one) for name, some in HOSTILE.items() for one in some])
def test_a_submission_with_a_hostile_value_is_named_and_skipped(field, value, folder_store, caplog):
    plan = indices(1)
    put_submission(folder_store, plan.id, submission("good"))
    forged = json.loads(submission("bad").to_bytes()) | {field: value}
    key = f"{keys.submissions(plan.id)}bad.json"
    folder_store.put_bytes(key, json.dumps(forged).encode())
    assert [one.name for one in submissions_of_plan(folder_store, plan.id)] == ["good"]
    assert f"{key} is not a valid submission" in caplog.text


@pytest.mark.parametrize("content", [b"", b'{"name": "cut', b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_submission_that_was_cut_short_does_not_hide_the_plan(content, folder_store, caplog):
    plan = indices(2)
    folder_store.put_bytes(f"{keys.submissions(plan.id)}cut.json", content)
    (folder_store.root / keys.submissions(plan.id) / ".nfs0001").write_bytes(b"x")
    (folder_store.root / keys.failures(plan.id)).mkdir(parents=True)
    (folder_store.root / keys.failures(plan.id) / ".DS_Store").write_bytes(b"x")
    assert len(plan_status(folder_store, plan).states) == 2
    assert "cut.json is not a valid submission" in caplog.text
    assert "Store" not in caplog.text.replace(folder_store.url, "")


@pytest.mark.parametrize("path", ["/dev/stdin", "/dev/zero", "/proc/self/fd", "/"])
def test_a_log_is_read_from_a_regular_file_alone(path):
    assert tail_of(Path(path)) == ""


def test_text_of_others_cannot_control_the_terminal():
    assert printable("a\x1b[2Jb\x07\u202ec\n\td") == "a?[2Jb??c\n\td"


def test_the_same_settings_differ_in_nothing():
    cluster = slurm_cluster("/f", resources={"partition": "cpu"})
    for stored in (cluster.model_dump_json(), cluster.model_dump_json(exclude_unset=True)):
        assert differing_settings(submission().model_copy(update={"spec": stored}), cluster) == []


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"scheduler": "local"}, "scheduler: 'local', here 'slurm'"),
        ({"resources": {"partition": "gpu"}}, "resources.partition: 'gpu', here 'cpu'"),
        ({"resources": {"sbatch": {"nice": 3}}}, "resources.sbatch.nice: 3, here None"),
        ({"container": {"runtime": "podman", "render": "x"}}, "container.runtime: 'podman', here 'none'"),
        ({"stages": {"train_variant": {"gpus": 1}}}, "stages.train_variant.gpus: 1, here None"),
        ({"of_a_later_version": "\x1b[2J"}, "of_a_later_version: '\\x1b[2J', here None"),
    ],
)
def test_what_differs_is_named_with_both_values(stored, expected):
    cluster = slurm_cluster("/f", resources={"partition": "cpu"})
    values = {"scheduler": "slurm", "folder": "/f"} | stored
    if values["scheduler"] == "local":
        del values["folder"]
    given = submission().model_copy(update={"spec": json.dumps(values)})
    assert expected in differing_settings(given, cluster)


@pytest.mark.parametrize("stored", ["", "[]", "{", "7"])
def test_settings_that_cannot_be_read_are_said_to_be(stored):
    given = submission().model_copy(update={"spec": stored})
    assert differing_settings(given, slurm_cluster("/f")) == [
        "the cluster file that the submission names cannot be read"
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("job", text) for text in ("--me", "7\n#", "-u root", "7 8", "", "7\n")),
        *(("name", text) for text in ("--all", "a\nb", "a b", "a;b", "", "a\n")),
        *(("user", text) for text in ("--all", "a\nb", "a,b", "", "a\n")),
    ],
)
def test_a_submission_whose_words_would_be_options_or_commands_is_skipped(field, value, folder_store, caplog):
    values = json.loads(submission().to_bytes()) | {field: value}
    folder_store.put_bytes(keys.submissions("p") + "x.json", json.dumps(values).encode())
    assert submissions_of_plan(folder_store, "p") == []
    assert "x.json is not a valid submission" in caplog.text


def test_a_submission_is_read_as_it_was_written(folder_store):
    written = submission()
    put_submission(folder_store, "p", written)
    assert submissions_of_plan(folder_store, "p") == [written]
