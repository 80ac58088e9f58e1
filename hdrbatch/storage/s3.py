"""A store in a bucket of any S3-compatible service, through boto3.

Credentials come from the environment or the AWS profile, as boto3 finds them, and are stored nowhere else.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from hdrbatch.errors import (
    CorruptObjectError,
    ObjectNotFoundError,
    StoreAccessError,
    StoreAddressError,
    StoreError,
)
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import StoredObject, is_listed
from hdrbatch.storage.direct import DirectRequestError
from hdrbatch.storage.retrying import NUM_TRIES, with_retries
from hdrbatch.storage.s3_connection import Connection
from hdrbatch.storage.s3_errors import translated_errors
from hdrbatch.stored_names import check_key

MULTIPART_THRESHOLD_BYTES = 32 * 1024 * 1024
MULTIPART_CHUNK_BYTES = 16 * 1024 * 1024
MAX_DIRECT_BYTES = 1024 * 1024 * 1024
NUM_TRIES_OF_CHECK = 4
PROBE = b'{"hdrbatch": "' + 4096 * b"0" + b'"}'
"""What a check stores and reads: as long as a record, so that a proxy that changes those changes this."""

_UNCHANGED_ENCODINGS = frozenset({"", "identity", "aws-chunked"})


class S3Store:
    """Objects of a bucket below a prefix.

    Parameters
    ----------
    bucket, prefix
        Location of the keys; the prefix is empty or ends with ``/``.
    endpoint
        The service's address; None uses AWS_ENDPOINT_URL, or AWS itself.
    """

    def __init__(self, bucket: str, prefix: str = "", endpoint: str | None = None) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self._num_tries = NUM_TRIES
        self._connection = Connection(bucket, endpoint)
        self._client, self._direct = self._connection.client, self._connection.direct

    @property
    def url(self) -> str:
        """``s3://bucket/prefix``, with the endpoint if one was given."""
        query = f"?endpoint={self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + query

    def put_file(self, key: str, path: Path) -> FileEntry | None:
        """Store a file's bytes; return its entry if the service's answers show that it holds these."""
        check_key(key)
        with self._errors(f"write {key}"):
            confirmed = self._put_file(key, path)
            if confirmed is None:
                return None
            entry, md5 = confirmed
            return entry if self._holds(key, entry.num_bytes, md5) else None

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes, and read them back unless the service's answers show that it holds them."""

        def put() -> None:
            with self._errors(f"write {key}"):
                md5 = self._put_body(key, data)
                confirmed = md5 is not None and self._holds(key, len(data), md5)
            if not confirmed and not self._reads_back(key, data):
                raise CorruptObjectError(f"{self.url}: cannot write {key}: it does not read back as written")

        check_key(key)
        with_retries(put, num_tries=self._num_tries)

    def _reads_back(self, key: str, data: bytes) -> bool:
        try:
            return self.get_bytes(key) == data
        except ObjectNotFoundError:
            return False

    def get_file(self, key: str, path: Path) -> str | None:
        """Write an object's bytes to a new file; return their SHA-256 if it was computed on the way."""
        check_key(key)
        with self._errors(f"read {key}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._direct is not None:
                with suppress(DirectRequestError):
                    return self._direct.get_file(self.prefix + key, path)
            self._connection.large_files.download_file(self.bucket, self.prefix + key, str(path))
        return None

    def get_bytes(self, key: str) -> bytes:
        """Read an object; repeat if its bytes do not match its ETag.

        An ETag that is not an MD5 (several parts, encryption) never matches: then two equal answers suffice.
        An answer that is not the service's own, of a proxy or a maintenance page, never suffices.
        """
        wrong: list[bytes] = []

        def get() -> bytes:
            with self._errors(f"read {key}"):
                answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)
                data: bytes = answer["Body"].read()
            etag = answer.get("ETag", "").strip('"')
            if etag == hashlib.md5(data, usedforsecurity=False).hexdigest():
                return data
            if (problem := _not_of_the_service(answer, data)) is not None:
                raise StoreError(f"{self.url}: cannot read {key}: {problem}")
            if data in wrong:
                return data
            wrong.append(data)
            raise StoreError(f"{self.url}: cannot read {key}: its bytes do not match its ETag")

        check_key(key)
        return with_retries(get, num_tries=self._num_tries)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose key begins with the prefix, sorted by key."""
        token: str | None = ""
        while token is not None:
            page = with_retries(partial(self._page, prefix, token), num_tries=self._num_tries)
            for found in page.get("Contents", ()):
                key = found["Key"][len(self.prefix) :]
                if is_listed(self.url, key):
                    yield StoredObject(key, int(found["Size"]))
            token = page.get("NextContinuationToken")

    def _page(self, prefix: str, token: str) -> dict[str, Any]:
        """Return one page of a listing; it has no checksum, so it is checked for consistency."""
        page = self._unchecked_page(prefix, token)
        found = page.get("Contents", ())
        if (
            bool(page.get("IsTruncated")) != bool(page.get("NextContinuationToken"))
            or page.get("KeyCount", len(found)) != len(found)
            or any(
                "Size" not in one or not one.get("Key", "").startswith(self.prefix + prefix) for one in found
            )
        ):
            raise StoreError(f"{self.url}: cannot list {prefix}: the answer is damaged")
        return page

    def _unchecked_page(self, prefix: str, token: str) -> dict[str, Any]:
        request = {"Bucket": self.bucket, "Prefix": self.prefix + prefix}
        with self._errors(f"list {prefix or 'objects'}"):
            if self._direct is not None:
                with suppress(DirectRequestError):
                    return self._direct.list_page(self.prefix + prefix, token)
            page: dict[str, Any] = self._client.list_objects_v2(
                **request, **({"ContinuationToken": token} if token else {})
            )
        return page

    def _put_file(self, key: str, path: Path) -> tuple[FileEntry, str] | None:
        num_bytes = path.stat().st_size
        if self._direct is not None and num_bytes <= MAX_DIRECT_BYTES:
            with suppress(DirectRequestError):
                return self._direct.put_file(self.prefix + key, path, key)
        if num_bytes <= MULTIPART_THRESHOLD_BYTES:
            data = path.read_bytes()
            entry = FileEntry(key, len(data), hashlib.sha256(data).hexdigest())
            md5 = self._put_body(key, data)
            return (entry, md5) if md5 is not None else None
        self._connection.large_files.upload_file(str(path), self.bucket, self.prefix + key, Config=_parts())
        return None

    def _put_body(self, key: str, data: bytes) -> str | None:
        """Put in one request; return the MD5 of the bytes sent if it is the answer's ETag, else None."""
        md5 = hashlib.md5(data, usedforsecurity=False)
        answer = self._client.put_object(
            Bucket=self.bucket,
            Key=self.prefix + key,
            Body=data,
            ContentMD5=base64.b64encode(md5.digest()).decode(),
        )
        return md5.hexdigest() if answer.get("ETag", "").strip('"') == md5.hexdigest() else None

    def _holds(self, key: str, num_bytes: int, md5: str) -> bool:
        """Check that a confirmed object is visible, with its size and MD5.

        Some servers confirm the body but store its chunk framing; a gateway may confirm it and store nothing.
        """
        if self._direct is not None:
            with suppress(DirectRequestError):
                return self._direct.head(self.prefix + key) == (num_bytes, md5)
        try:
            answer = self._client.head_object(Bucket=self.bucket, Key=self.prefix + key)
        except self._client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") != "404":
                raise
            # Not visible yet, or swallowed: it is read back, and otherwise stored once more.
            return False
        return (answer.get("ContentLength"), answer.get("ETag", "").strip('"')) == (num_bytes, md5)

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is not an error."""

        def delete() -> None:
            with suppress(ObjectNotFoundError), self._errors(f"delete {key}"):
                self._client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

        check_key(key)
        with_retries(delete, num_tries=self._num_tries)

    def check(self) -> None:
        """Check that the bucket can be written and read with these credentials, without long retries."""
        impatient = S3Store(self.bucket, self.prefix, self.endpoint)
        impatient._num_tries = NUM_TRIES_OF_CHECK
        probe = f".hdrbatch-check-{secrets.token_hex(4)}"
        try:
            with_retries(partial(impatient._put_probe, probe), num_tries=NUM_TRIES_OF_CHECK)
            stored = impatient.get_bytes(probe)
            impatient.delete(probe)
        except StoreAccessError:
            raise
        except StoreError as error:
            raise StoreError(f"{error}; check that the service is up and the address correct") from error
        if stored != PROBE:
            raise StoreAddressError(
                f"{self.url}: returns other bytes than were stored (it may store checksum framing); "
                "use another server"
            )

    def _put_probe(self, key: str) -> None:
        with self._errors(f"write {key}"):
            self._put_body(key, PROBE)

    def _errors(self, action: str) -> AbstractContextManager[None]:
        return translated_errors(self.url, action)


def _not_of_the_service(answer: Mapping[str, Any], data: bytes) -> str | None:
    """Return why an answer with status 200 cannot be an object as it is stored, or None."""
    if answer.get("ContentEncoding", "") not in _UNCHANGED_ENCODINGS:
        return (
            f"the answer comes {answer['ContentEncoding']}-encoded, as hdrbatch stores nothing; "
            "a proxy on the way changes answers"
        )
    if not answer.get("ETag") or answer["ETag"].startswith("W/"):
        return "the answer has no ETag of a stored object; it is that of a proxy, or of a maintenance page"
    return None if data else "the answer is empty"


def _parts() -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(
        multipart_threshold=MULTIPART_THRESHOLD_BYTES, multipart_chunksize=MULTIPART_CHUNK_BYTES
    )
