"""What is noted of arrays in the store, which others can write to as well."""

import json

import pytest

from hdrbatch.storage import keys
from hdrbatch.submit.submissions import differing_settings, put_submission, submissions_of_plan
from tests.submit.fake_slurm.plans import slurm_cluster
from tests.submit.test_retry import submission


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
def test_a_submission_whose_words_would_be_options_or_commands_is_skipped(
    field, value, folder_store, caplog
):
    values = json.loads(submission().to_bytes()) | {field: value}
    folder_store.put_bytes(keys.submissions("p") + "x.json", json.dumps(values).encode())
    assert submissions_of_plan(folder_store, "p") == []
    assert "x.json is not a valid submission" in caplog.text


def test_a_submission_is_read_as_it_was_written(folder_store):
    put_submission(folder_store, "p", submission())
    assert submissions_of_plan(folder_store, "p") == [submission()]
