import pytest

from hdrbatch.errors import StoreAddressError
from hdrbatch.storage.address import open_store
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.s3 import S3Store


def test_a_path_is_a_folder(tmp_path):
    store = open_store(str(tmp_path / "x"))
    assert isinstance(store, FolderStore)
    assert open_store(store.url).url == store.url


@pytest.mark.parametrize(
    ("address", "prefix", "endpoint"),
    [
        ("s3://bucket", "", None),
        ("s3://bucket/a/b/", "a/b/", None),
        ("s3://bucket/a?endpoint=http://127.0.0.1:9", "a/", "http://127.0.0.1:9"),
    ],
)
def test_an_s3_address_names_bucket_prefix_and_endpoint(address, prefix, endpoint):
    store = open_store(address)
    assert isinstance(store, S3Store)
    assert (store.bucket, store.prefix, store.endpoint) == ("bucket", prefix, endpoint)
    again = open_store(store.url)
    assert isinstance(again, S3Store)
    assert (again.bucket, again.prefix, again.endpoint) == ("bucket", prefix, endpoint)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("gs://bucket", "use a folder or s3://bucket/prefix"),
        ("s3://x", "is not a bucket name; use 3 to 63"),
        ("s3://Bucket_1/x", "is not a bucket name"),
        ("s3://bucket?region=x", "unknown option 'region'"),
        ("https://u:secret@host/x", "do not belong in an address"),
        ("s3://bucket?endpoint=http://key:secret@host:1", "do not belong in an address"),
        (
            "s3://bucket?endpoint=localhost",
            "the endpoint is not valid; use an address such as http://host:port",
        ),
        ("s3://key:secret@bucket/x", "do not belong in an address"),
    ],
)
def test_a_bad_address_is_refused_with_a_remedy(address, expected):
    with pytest.raises(StoreAddressError) as refused:
        open_store(address)
    assert expected in str(refused.value)
    assert "secret@" not in str(refused.value)
