"""Facts of the engine that the submitter relies on to end containers whose client has died."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.containers.conftest import LABEL, quiet

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""
WAIT = """
import fcntl
file = open("/lock/life")
try:
    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
except BlockingIOError:
    print("waiting", flush=True)
    fcntl.flock(file, fcntl.LOCK_SH)
    print("released", flush=True)
"""


@pytest.fixture
def lock(tmp_path):
    (tmp_path / "lock").mkdir()
    file = tmp_path / "lock" / "life"
    file.touch()
    return file


def test_a_lock_held_outside_is_waited_for_inside_until_its_holder_is_killed(train_image, lock):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, lock], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    command = train_image.command("python", "-c", WAIT, options=(f"--volume={lock.parent}:/lock",))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout.readline() == "waiting\n"
        time.sleep(0.3)
        assert client.poll() is None

        with holder:
            holder.send_signal(signal.SIGKILL)

        assert client.wait(timeout=5) == 0
        assert client.stdout.read() == "released\n"


def test_a_container_outlives_its_killed_client_and_is_removed_by_its_label(train_image, lock):
    label = f"{LABEL}.orphan={os.getpid()}"
    options = (f"--label={label}", f"--volume={lock.parent}:/lock")
    hold = HOLD.replace("sys.argv[1]", "'/lock/life'")
    with subprocess.Popen(
        train_image.command("python", "-c", hold, options=options), stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout.readline() == "held\n"
        client.send_signal(signal.SIGKILL)
    with lock.open() as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)

        left = quiet("podman", "ps", "--all", "--quiet", "--filter", f"label={label}").stdout.split()
        quiet("podman", "rm", "--force", "--time", "0", *left)

        assert len(left) == 1
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
