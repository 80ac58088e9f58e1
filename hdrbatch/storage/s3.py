"""A store in a bucket of any S3-compatible service, through boto3.

Credentials come from the environment or the AWS profile, as boto3 finds them, and are stored nowhere else.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from hdrbatch.errors import (
    CorruptObjectError,
    HdrbatchError,
    ObjectNotFoundError,
    StoreAddressError,
    StoreError,
)
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import StoredObject
from hdrbatch.storage.direct import NUM_CONNECTIONS, DirectRequestError, DirectRequests
from hdrbatch.storage.retrying import NUM_TRIES, with_retries

MULTIPART_THRESHOLD_BYTES = 32 * 1024 * 1024
MULTIPART_CHUNK_BYTES = 16 * 1024 * 1024
MAX_DIRECT_BYTES = 1024 * 1024 * 1024
NUM_ATTEMPTS = 5
NUM_ATTEMPTS_OF_CHECK = 4

_NOT_FOUND_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
_REMEDIES = {
    "NoSuchBucket": "the bucket does not exist; create it, or check its name and the endpoint",
    "InvalidAccessKeyId": "the access key is unknown there; check AWS_ACCESS_KEY_ID or the AWS profile",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY or the AWS profile",
    "AccessDenied": "access is denied; use credentials that are allowed to do this",
    "403": "access is denied; use credentials that are allowed to do this",
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"),
        "the session token has expired or is not valid; get new credentials and rerun the command",
    ),
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
}


def credential_variables() -> dict[str, str]:
    """Return the credentials that boto3 finds here, as environment variables; empty if there are none."""
    import boto3

    found = boto3.session.Session().get_credentials()
    if found is None:
        return {}
    frozen = found.get_frozen_credentials()
    named = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
    }
    return {name: value for name, value in named.items() if value}


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
        self._keeps_sizes = False
        self._client, self._direct = _connect(bucket, endpoint, NUM_ATTEMPTS)

    @property
    def url(self) -> str:
        """``s3://bucket/prefix``, with the endpoint if one was given."""
        query = f"?endpoint={self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + query

    def put_file(self, key: str, path: Path) -> FileEntry | None:
        """Store a file's bytes; return its entry if the answer shows that exactly these were received."""
        with self._errors(f"write {key}"):
            entry = self._put_file(key, path)
            return entry if entry is not None and self._has_size(entry) else None

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes, and read them back unless the answer shows that they were received."""

        def put() -> None:
            with self._errors(f"write {key}"):
                confirmed = self._put_body(key, data)
            if not confirmed and self.get_bytes(key) != data:
                raise CorruptObjectError(f"{self.url}: cannot write {key}: it does not read back as written")

        with_retries(put, num_tries=self._num_tries)

    def get_file(self, key: str, path: Path) -> str | None:
        """Write an object's bytes to a new file; return their SHA-256 if it was computed on the way."""
        with self._errors(f"read {key}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._direct is not None:
                with suppress(DirectRequestError):
                    return self._direct.get_file(self.prefix + key, path)
            self._client.download_file(self.bucket, self.prefix + key, str(path))
        return None

    def get_bytes(self, key: str) -> bytes:
        """Read an object; repeat if its bytes do not match its ETag.

        An ETag that is not an MD5 (several parts, encryption) never matches: then two equal answers suffice.
        """
        wrong: list[bytes] = []

        def get() -> bytes:
            with self._errors(f"read {key}"):
                answer = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)
                data: bytes = answer["Body"].read()
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            if answer.get("ETag", "").strip('"') == md5 or data in wrong:
                return data
            wrong.append(data)
            raise StoreError(f"{self.url}: cannot read {key}: its bytes do not match its ETag")

        return with_retries(get, num_tries=self._num_tries)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Yield all objects whose key begins with the prefix, sorted by key."""
        token: str | None = ""
        while token is not None:
            page = with_retries(partial(self._page, prefix, token), num_tries=self._num_tries)
            for found in page.get("Contents", ()):
                yield StoredObject(found["Key"][len(self.prefix) :], int(found["Size"]))
            token = page.get("NextContinuationToken")

    def _page(self, prefix: str, token: str) -> dict[str, Any]:
        """Return one page of a listing; it has no checksum, so it is checked for consistency."""
        page = self._unchecked_page(prefix, token)
        found = page.get("Contents", ())
        if (
            bool(page.get("IsTruncated")) != bool(page.get("NextContinuationToken"))
            or page.get("KeyCount", len(found)) != len(found)
            or any(not one["Key"].startswith(self.prefix + prefix) for one in found)
        ):
            raise StoreError(f"{self.url}: cannot list {prefix}: the answer is damaged")
        return page

    def _unchecked_page(self, prefix: str, token: str) -> dict[str, Any]:
        if self._direct is not None:
            with suppress(DirectRequestError):
                return self._direct.list_page(self.prefix + prefix, token)
        request = {"Bucket": self.bucket, "Prefix": self.prefix + prefix}
        with self._errors(f"list {prefix}"):
            page: dict[str, Any] = self._client.list_objects_v2(
                **request, **({"ContinuationToken": token} if token else {})
            )
        return page

    def _put_file(self, key: str, path: Path) -> FileEntry | None:
        num_bytes = path.stat().st_size
        if self._direct is not None and num_bytes <= MAX_DIRECT_BYTES:
            with suppress(DirectRequestError):
                return self._direct.put_file(self.prefix + key, path, key)
        if num_bytes <= MULTIPART_THRESHOLD_BYTES:
            data = path.read_bytes()
            entry = FileEntry(key, len(data), hashlib.sha256(data).hexdigest())
            return entry if self._put_body(key, data) else None
        self._client.upload_file(str(path), self.bucket, self.prefix + key, Config=_parts())
        return None

    def _put_body(self, key: str, data: bytes) -> bool:
        """Put in one request; return whether the answer's ETag is the MD5 of the bytes sent."""
        md5 = hashlib.md5(data, usedforsecurity=False)
        answer = self._client.put_object(
            Bucket=self.bucket,
            Key=self.prefix + key,
            Body=data,
            ContentMD5=base64.b64encode(md5.digest()).decode(),
        )
        return bool(answer.get("ETag", "").strip('"') == md5.hexdigest())

    def _has_size(self, entry: FileEntry) -> bool:
        """Check once that a stored object has the right size.

        Some servers confirm the body but store its chunk framing.
        """
        if not self._keeps_sizes:
            answer = self._client.head_object(Bucket=self.bucket, Key=self.prefix + entry.key)
            self._keeps_sizes = answer["ContentLength"] == entry.num_bytes
        return self._keeps_sizes

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is not an error."""
        try:
            with self._errors(f"delete {key}"):
                self._client.delete_object(Bucket=self.bucket, Key=self.prefix + key)
        except ObjectNotFoundError:
            pass

    def check(self) -> None:
        """Check that the bucket can be written and read with these credentials, without long retries."""
        impatient = S3Store(self.bucket, self.prefix, self.endpoint)
        impatient._num_tries = NUM_ATTEMPTS_OF_CHECK
        impatient._client, _ = _connect(self.bucket, self.endpoint, NUM_ATTEMPTS_OF_CHECK)
        probe = f".hdrbatch-check-{secrets.token_hex(4)}"
        try:
            with_retries(partial(impatient._put_probe, probe), num_tries=NUM_ATTEMPTS_OF_CHECK)
            stored = impatient.get_bytes(probe)
            impatient.delete(probe)
        except StoreAddressError:
            raise
        except HdrbatchError as error:
            raise StoreAddressError(
                f"{error}; check that the service is up and the address correct"
            ) from error
        if stored != b"hdrbatch":
            raise StoreAddressError(
                f"{self.url}: returns other bytes than were stored (it may store checksum framing); "
                "use another server"
            )

    def _put_probe(self, key: str) -> None:
        with self._errors(f"write {key}"):
            self._put_body(key, b"hdrbatch")

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        """Translate boto3's errors into ours; messages never contain credentials."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
        from botocore.parsers import ResponseParserError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _NOT_FOUND_CODES:
                raise ObjectNotFoundError(f"{self.url}: cannot {action}: the object does not exist") from None
            if code in _REMEDIES:
                raise StoreAddressError(f"{self.url}: cannot {action}: {_REMEDIES[code]}") from None
            raise StoreError(f"{self.url}: cannot {action}: {error}") from error
        except NoCredentialsError:
            raise StoreAddressError(
                f"{self.url}: no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or AWS_PROFILE for a profile of your AWS configuration"
            ) from None
        except ParamValidationError as error:
            raise StoreAddressError(f"{self.url}: cannot {action}: {error}") from None
        except (ResponseParserError, ValueError, OverflowError) as error:
            raise StoreError(f"{self.url}: cannot {action}: the answer is damaged: {error}") from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            # upload_file wraps the service's answer in a text; its code leads to the remedy.
            remedy = next((text for code, text in _REMEDIES.items() if f"({code})" in str(error)), None)
            if remedy is not None:
                raise StoreAddressError(f"{self.url}: cannot {action}: {remedy}") from None
            raise StoreError(f"{self.url}: cannot {action}: {error}") from error


def _connect(bucket: str, endpoint: str | None, num_attempts: int) -> tuple[Any, DirectRequests | None]:
    """Create a client and, if the service has its own address, the direct connection to the bucket."""
    import boto3
    from botocore.config import Config

    address = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {
        "retries": {"mode": "standard", "total_max_attempts": num_attempts},
        "max_pool_connections": NUM_CONNECTIONS,
    }
    if address:
        # Other services than AWS fail on the checksum trailer or store its framing inside the object.
        options |= {
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
    session = boto3.session.Session()
    region = session.region_name or "us-east-1"
    client = session.client("s3", endpoint_url=address, region_name=region, config=Config(**options))
    return client, DirectRequests(session, address, region, bucket) if address else None


def _parts() -> Any:
    from boto3.s3.transfer import TransferConfig

    return TransferConfig(
        multipart_threshold=MULTIPART_THRESHOLD_BYTES, multipart_chunksize=MULTIPART_CHUNK_BYTES
    )
