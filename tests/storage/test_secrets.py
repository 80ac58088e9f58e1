"""Secrets planted wherever a user may have them: none reaches what people, logs or processes see."""

import dataclasses
import json
import os

import pytest

from hdrbatch.errors import HdrbatchError
from hdrbatch.kinds import Kind
from hdrbatch.plan.stored_plans import save_plan
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.storage.address import open_store
from hdrbatch.submit.submissions import put_submission
from hdrbatch.submit.workers.containers import container_command
from hdrbatch.submit.workers.launch import Launch
from hdrbatch.worker.outcome import Outcome
from tests.conftest import run_command
from tests.lying_s3 import Answer, error, lying_s3
from tests.submit.fake_slurm.plans import indices
from tests.submit.test_submissions import submission

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "planted-secret-key",
    "AWS_SESSION_TOKEN": "planted-session-token",
}
PASSWORD = "planted-password"


def assert_clean(text):
    found = [secret for secret in (*SECRETS.values(), PASSWORD) if secret in text]
    assert found == [], text


@pytest.fixture
def service(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_") or "proxy" in name.lower()]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setattr("hdrbatch.storage.retrying.NUM_TRIES", 2)
    monkeypatch.setattr("hdrbatch.storage.s3.NUM_TRIES", 2)
    with lying_s3() as service:
        yield service


ECHO = json.dumps({**SECRETS, "url": f"http://me:{PASSWORD}@store"}).encode()
"""What a service may send back: all that it knows."""
ANSWERS = {
    "an error": Answer(500, b"<Error><Code>E</Code><Message>" + ECHO + b"</Message></Error>"),
    "a refusal": error(403, "AccessDenied"),
    "an expired token": error(400, "ExpiredToken"),
    "a wrong key": error(403, "SignatureDoesNotMatch"),
    "a page": Answer(200, ECHO),
    "nothing": Answer(200, b""),
}
COMMANDS = [("status",), ("store", "ls"), ("store", "verify", "--repair"), ("store", "gc"), ("models",)]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_secret_whatever_the_service_answers(answer, command, service, caplog):
    service.lie = lambda _: ANSWERS[answer]
    done = run_command(*command, store=f"s3://bucket?endpoint={service.url}", in_process=True)
    assert_clean(done.stdout + done.stderr + caplog.text)


WHERE = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "the profile", "HTTP_PROXY", "the address", "the option"]


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_the_password_of_an_address(where, command, service, tmp_path, monkeypatch, caplog):
    url = f"http://me:{PASSWORD}@127.0.0.1:9"
    store = "s3://bucket"
    if where == "the profile":
        (tmp_path / "config").write_text(f"[default]\nendpoint_url = {url}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    elif where == "the address":
        store = f"s3://me:{PASSWORD}@bucket"
    elif where == "the option":
        store = f"s3://bucket?endpoint={url.replace('@', '%40')}"
    else:
        monkeypatch.setenv(where, url)
        if where == "HTTP_PROXY":
            store = "s3://bucket?endpoint=http://store.invalid:9000"
    done = run_command(*command, store=store, in_process=True)
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("hdrbatch: ")
    assert_clean(done.stdout + done.stderr + caplog.text)


def test_nothing_that_is_stored_has_a_secret(service):
    store = open_store(f"s3://bucket?endpoint={service.url}")
    plan = indices(1)
    save_plan(store, plan)
    put_submission(store, "another", submission(spec=ClusterSpec().model_dump_json()))
    address = f"s3://bucket?endpoint={service.url}"
    done = run_command("retry", plan.id, store=address)
    assert done.returncode == 0, done.stderr
    assert [key for key in service.objects if key.startswith("receipts/")]
    for key, data in service.objects.items():
        assert_clean(key + data.decode(errors="replace"))
    assert_clean(done.stdout + done.stderr)


@pytest.mark.parametrize("runtime", ["podman", "docker", "apptainer", "pyxis"])
@pytest.mark.parametrize("in_profile", [False, True])
def test_no_command_line_of_a_container_has_a_secret(runtime, in_profile, service, tmp_path, monkeypatch):
    if in_profile:
        for name in ("AWS_ACCESS_KEY_ID", *SECRETS):
            monkeypatch.delenv(name)
        lines = [f"{name.lower()} = {secret}" for name, secret in SECRETS.items()]
        (tmp_path / "credentials").write_text("\n".join(["[default]", "aws_access_key_id = AKIA", *lines]))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr("hdrbatch.submit.workers.launch.image_digest", lambda *_: None)
    cluster = ClusterSpec.model_validate(
        {"scheduler": "slurm", "scratch": str(tmp_path), "container": {"runtime": runtime, "render": "r"}}
    )
    launch = Launch("s3://bucket", cluster, cluster.resources_of(Kind.INDEX_DATASET), "1")
    setup = launch.container_setup(Kind.INDEX_DATASET, tmp_path)
    assert set(SECRETS) <= set(setup.secret_names)
    assert_clean(" ".join(container_command(cluster.container, setup, ["python"])))
    assert_clean(repr(setup) + repr(dataclasses.replace(launch)))


def test_no_outcome_of_a_task_has_a_secret(service):
    text = f"cannot connect to http://me:{PASSWORD}@store with {SECRETS['AWS_SECRET_ACCESS_KEY']}"
    for raised in (HdrbatchError(text), ValueError(text)):
        assert_clean(Outcome.of(raised).message)
