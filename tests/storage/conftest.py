import uuid

import pytest

from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.server import BUCKET, serve


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_environment(s3_server, monkeypatch):
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def s3_store(s3_environment):
    from hdrbatch.storage.s3 import S3Store

    return S3Store(BUCKET, f"{uuid.uuid4().hex}/")


@pytest.fixture(params=["folder", "s3"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    return request.getfixturevalue("s3_store")
