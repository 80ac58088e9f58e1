"""``hdrbatch store`` as a user runs it, on stores that real functions filled."""

import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from hdrbatch.kinds import Kind
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import TaskRef, read_receipt
from tests.conftest import run_command
from tests.finished_tasks import PICTURE, all_keys, finish, finished
from tests.waiting import PATIENCE_S, wait_until

__all__ = ["finish", "finished"]


# --- ls


def test_ls_lists_keys_and_sizes_by_prefix_with_their_sum(hdrbatch, folder_store, finished):
    listed = hdrbatch("store", "ls", "datasets/set/", store=folder_store.url)
    assert (listed.returncode, listed.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    index = keys.dataset_index("set")
    assert lines == [
        [str(len(index)), index],
        [str(len(PICTURE)), PICTURE],
        [str(len(index) + len(PICTURE)), "in 2 objects"],
    ]


def test_ls_as_json_is_the_whole_listing(hdrbatch, folder_store, finished):
    listed = hdrbatch("store", "ls", "--json", store=folder_store.url)
    assert json.loads(listed.stdout) == [vars(found) for found in folder_store.list("")]
    assert len(json.loads(listed.stdout)) == 5


# --- verify


def test_verify_passes_a_whole_store(hdrbatch, folder_store, finished):
    verified = hdrbatch("store", "verify", store=folder_store.url)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout == "3 files read; 0 receipt(s) with damage\n"


def test_verify_names_what_is_damaged_and_changes_nothing(hdrbatch, folder_store, finished):
    folder_store.put_bytes(PICTURE, PICTURE.upper().encode())
    folder_store.delete(keys.dataset_index("b"))
    before = all_keys(folder_store)
    verified = hdrbatch("store", "verify", store=folder_store.url)
    assert verified.returncode == 1
    assert verified.stdout.splitlines() == [
        "datasets/b/dataset.json: missing",
        f"{PICTURE}: its SHA-256 does not match its receipt",
        "3 files read; 2 receipt(s) with damage",
    ]
    assert all_keys(folder_store) == before


def test_repair_withdraws_the_receipts_of_damaged_files_and_no_others(hdrbatch, folder_store, finished):
    damaged, whole = finished
    folder_store.put_bytes(PICTURE, b"cut")
    unreadable = TaskRef(Kind.INDEX_DATASET, "c", "c" * 64)
    folder_store.put_bytes(keys.receipt(*vars(unreadable).values()), b'{"kind":')
    before = all_keys(folder_store)
    repaired = hdrbatch("store", "verify", "--repair", store=folder_store.url)
    assert repaired.returncode == 1
    assert f"{PICTURE}: 3 bytes, but its receipt states {len(PICTURE)}" in repaired.stdout
    assert "3 files read; 2 receipt(s) with damage, withdrawn" in repaired.stdout
    withdrawn = {keys.receipt(*vars(ref).values()) for ref in (damaged, unreadable)}
    assert before - all_keys(folder_store) == withdrawn
    assert read_receipt(folder_store, whole) is not None
    again = hdrbatch("store", "verify", store=folder_store.url)
    assert (again.returncode, again.stdout) == (0, "1 files read; 0 receipt(s) with damage\n")


@pytest.mark.parametrize("command", [("status",), ("store", "gc", "--delete"), ("store", "ls")])
def test_an_empty_address_is_refused(command, hdrbatch):
    refused = hdrbatch(*command, "--store", "", store="unused")
    assert refused.returncode == 2
    assert "the address is empty" in refused.stderr


def test_repair_changes_nothing_if_the_store_does_not_return_what_it_was_given(
    hdrbatch, folder_store, finished, monkeypatch
):
    monkeypatch.setattr(FolderStore, "get_bytes", lambda *_: b"<html>")
    before = all_keys(folder_store)
    assert hdrbatch("store", "verify", "--repair", store=folder_store.url).returncode == 2
    assert all_keys(folder_store) == before


# --- serve

# Writes through the S3 that its environment tells of, says where, then waits if asked to.
CLIENT = """
import os, sys, time
from hdrbatch.storage.address import open_store
open_store(os.environ["HDRBATCH_STORE"]).put_bytes("from/the/command", b"x")
print("client", os.getpid(), os.environ["AWS_ENDPOINT_URL_S3"], flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]))
"""


def answers(endpoint):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port)) == 0


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def client_of(said):
    """Process id and endpoint that the client printed."""
    _, pid, endpoint = next(line for line in said.splitlines() if line.startswith("client")).split()
    return int(pid), endpoint


@pytest.mark.server
def test_serve_runs_a_command_with_the_store_set_and_passes_its_exit_code(tmp_path):
    command = [sys.executable, "-c", CLIENT, "0", "7"]
    served = run_command("store", "serve", str(tmp_path / "s3"), "--", *command, store="unused")
    assert served.returncode == 7, served.stderr
    assert f"store: s3://hdrbatch of {tmp_path / 's3'} at http://127.0.0.1:" in served.stdout
    _, endpoint = client_of(served.stdout)
    assert not answers(endpoint)
    assert (tmp_path / "s3" / "hdrbatch" / "from" / "the" / "command").read_bytes() == b"x"


@pytest.mark.server
def test_serve_tells_how_a_signal_ended_its_command(hdrbatch, tmp_path):
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    served = hdrbatch("store", "serve", str(tmp_path / "s3"), "--", *command, store="unused")
    assert served.returncode == 128 + signal.SIGKILL


@pytest.mark.server
def test_a_command_that_cannot_be_run_is_bad_input(hdrbatch, tmp_path):
    served = hdrbatch("store", "serve", str(tmp_path / "s3"), "--", "no-such-command", store="unused")
    assert served.returncode == 2
    assert "no-such-command: cannot be run: No such file or directory" in served.stderr


def start_serving(tmp_path, *arguments):
    """Start ``store serve`` in the background; its output goes to a file."""
    with (tmp_path / "said").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "hdrbatch", "store", "serve", str(tmp_path / "s3"), *arguments],
            stdout=output,
            stderr=output,
            # A run of the tests in the background of a shell ignores SIGINT, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )


def said_by(process, tmp_path, expected):
    """What a server has said once the expected words are among it."""

    def said():
        text = (tmp_path / "said").read_text()
        assert process.poll() is None or expected in text, text
        return text

    wait_until(lambda: expected in said(), said)
    return said()


@pytest.mark.server
def test_sigterm_ends_the_command_and_the_server(tmp_path):
    process = start_serving(tmp_path, "--", sys.executable, "-c", CLIENT, "60", "0")
    try:
        client, endpoint = client_of(said_by(process, tmp_path, "client"))
        assert answers(endpoint)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 128 + signal.SIGTERM
        assert not is_alive(client)
        assert not answers(endpoint)
    finally:
        process.kill()
        process.wait()


@pytest.mark.server
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_command_the_environment_is_printed_and_a_signal_ends_the_server(number, tmp_path):
    process = start_serving(tmp_path)
    try:
        said = said_by(process, tmp_path, "Ctrl-C stops it")
        exports = dict(
            line.removeprefix("export ").split("=", 1)
            for line in said.splitlines()
            if line.startswith("export ")
        )
        assert exports["HDRBATCH_STORE"] == "s3://hdrbatch"
        environment = os.environ | exports
        command = [sys.executable, "-c", CLIENT, "0", "0"]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE_S) == 0
        assert not answers(exports["AWS_ENDPOINT_URL_S3"])
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999", "http"])
def test_a_port_that_is_none_is_bad_input(hdrbatch, tmp_path, port):
    done = hdrbatch("store", "serve", str(tmp_path), "--port", port, store=str(tmp_path))
    assert done.returncode == 2
    assert "--port" in done.stderr
