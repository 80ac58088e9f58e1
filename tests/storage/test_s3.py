import socket
import subprocess

import pytest

from hdrbatch.errors import StoreAddressError, StoreError
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.server import BUCKET


def test_a_wrong_secret_is_refused_without_naming_it(s3_environment, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-such-secret")
    with pytest.raises(StoreAddressError, match="check AWS_SECRET_ACCESS_KEY") as refused:
        S3Store(BUCKET).check()
    assert "no-such-secret" not in str(refused.value)


def test_an_upload_with_a_wrong_secret_says_so_too(s3_environment, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-such-secret")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(StoreAddressError, match="check AWS_SECRET_ACCESS_KEY"):
        S3Store(BUCKET).put_file("key", tmp_path / "file")


def test_no_credentials_is_said_with_the_variables_to_set(s3_environment, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(
        StoreAddressError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    ):
        S3Store(BUCKET).check()


def test_a_missing_bucket_is_named(s3_environment):
    with pytest.raises(StoreAddressError, match="the bucket does not exist"):
        S3Store("no-such-bucket").check()


def test_a_server_that_is_not_there_is_said_soon(s3_environment):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(StoreError, match="check that the service is up and the address correct") as told:
        S3Store(BUCKET, endpoint=f"http://127.0.0.1:{port}").check()
    assert told.value.exit_code == 1


def test_the_secret_is_on_no_command_line(s3_server):
    listing = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(s3_server.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "rclone" in listing.stdout
    assert s3_server.secret_key not in listing.stdout
    assert s3_server.access_key not in listing.stdout


def test_the_url_holds_no_credentials(s3_server, s3_store):
    assert s3_server.secret_key not in s3_store.url
    assert s3_server.access_key not in s3_store.url
