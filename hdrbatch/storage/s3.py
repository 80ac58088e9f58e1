"""A store that is a bucket of any S3-compatible service, through boto3.

Credentials come from the environment or the AWS profile, as boto3 finds them, and stand nowhere else.
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
from hdrbatch.storage.retrying import NUM_TRIES, retried

MULTIPART_THRESHOLD_BYTES = 32 * 1024 * 1024
MULTIPART_CHUNK_BYTES = 16 * 1024 * 1024
LARGEST_DIRECT_BYTES = 1024 * 1024 * 1024
NUM_ATTEMPTS = 5
NUM_ATTEMPTS_OF_CHECK = 4

_NOT_FOUND_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
_REMEDIES = {
    "NoSuchBucket": "there is no such bucket: make it, or check the name and the endpoint",
    "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID or the AWS profile",
    "SignatureDoesNotMatch": "the secret key is wrong: check AWS_SECRET_ACCESS_KEY or the AWS profile",
    "AccessDenied": "access is denied: these credentials may not do this here",
    "403": "access is denied: these credentials may not do this here",
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"),
        "the session token has expired or is not valid: get new credentials and run the command again",
    ),
    "RequestTimeTooSkewed": "the clock of this machine is wrong: set it",
}


def credential_variables() -> dict[str, str]:
    """Credentials as boto3 finds them here, as environment variables; empty where there are none."""
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
        Where keys begin; the prefix is empty or ends with ``/``.
    endpoint
        The service's address; None leaves it to AWS_ENDPOINT_URL or AWS itself.
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
        """``s3://bucket/prefix``, with the endpoint where one was given."""
        query = f"?endpoint={self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + query

    def put_file(self, key: str, path: Path) -> FileEntry | None:
        """Store a file's bytes; its entry where the answer shows that exactly these were received."""
        with self._errors(f"write {key}"):
            entry = self._put_file(key, path)
            return entry if entry is not None and self._has_size(entry) else None

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes, and read them back unless the answer shows that they were received."""

        def put() -> None:
            with self._errors(f"write {key}"):
                confirmed = self._put_body(key, data)
            if not confirmed and self.get_bytes(key) != data:
                raise CorruptObjectError(f"{self.url}: cannot write {key}: other bytes come back")

        retried(put, num_tries=self._num_tries)

    def get_file(self, key: str, path: Path) -> str | None:
        """Write an object's bytes to a new file; their SHA-256 where it was found on the way."""
        with self._errors(f"read {key}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._direct is not None:
                with suppress(DirectRequestError):
                    return self._direct.get_file(self.prefix + key, path)
            self._client.download_file(self.bucket, self.prefix + key, str(path))
        return None

    def get_bytes(self, key: str) -> bytes:
        """Read an object; again where it does not come as its ETag says.

        An ETag that is no MD5 (several parts, encryption) cannot be met: then two equal answers do.
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
            raise StoreError(f"{self.url}: cannot read {key}: its bytes are not those of its ETag")

        return retried(get, num_tries=self._num_tries)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose key begins with the prefix, in order of key."""
        token: str | None = ""
        while token is not None:
            page = retried(partial(self._page, prefix, token), num_tries=self._num_tries)
            for found in page.get("Contents", ()):
                yield StoredObject(found["Key"][len(self.prefix) :], int(found["Size"]))
            token = page.get("NextContinuationToken")

    def _page(self, prefix: str, token: str) -> dict[str, Any]:
        """One page of a listing; it has no checksum, so what it says of itself must fit together."""
        page = self._whole_page(prefix, token)
        found = page.get("Contents", ())
        if (
            bool(page.get("IsTruncated")) != bool(page.get("NextContinuationToken"))
            or page.get("KeyCount", len(found)) != len(found)
            or any(not one["Key"].startswith(self.prefix + prefix) for one in found)
        ):
            raise StoreError(f"{self.url}: cannot list {prefix}: the answer is damaged")
        return page

    def _whole_page(self, prefix: str, token: str) -> dict[str, Any]:
        if self._direct is not None:
            with suppress(DirectRequestError):
                return self._direct.list_page(self.prefix + prefix, token)
        asked = {"Bucket": self.bucket, "Prefix": self.prefix + prefix}
        with self._errors(f"list {prefix}"):
            page: dict[str, Any] = self._client.list_objects_v2(
                **asked, **({"ContinuationToken": token} if token else {})
            )
        return page

    def _put_file(self, key: str, path: Path) -> FileEntry | None:
        num_bytes = path.stat().st_size
        if self._direct is not None and num_bytes <= LARGEST_DIRECT_BYTES:
            with suppress(DirectRequestError):
                return self._direct.put_file(self.prefix + key, path, key)
        if num_bytes <= MULTIPART_THRESHOLD_BYTES:
            data = path.read_bytes()
            entry = FileEntry(key, len(data), hashlib.sha256(data).hexdigest())
            return entry if self._put_body(key, data) else None
        self._client.upload_file(str(path), self.bucket, self.prefix + key, Config=_parts())
        return None

    def _put_body(self, key: str, data: bytes) -> bool:
        """Put in one request; whether the answer's ETag is the MD5 of what was sent."""
        md5 = hashlib.md5(data, usedforsecurity=False)
        answer = self._client.put_object(
            Bucket=self.bucket,
            Key=self.prefix + key,
            Body=data,
            ContentMD5=base64.b64encode(md5.digest()).decode(),
        )
        return bool(answer.get("ETag", "").strip('"') == md5.hexdigest())

    def _has_size(self, entry: FileEntry) -> bool:
        """Look once whether the store keeps what it confirms: some confirm a body and store its framing."""
        if not self._keeps_sizes:
            answer = self._client.head_object(Bucket=self.bucket, Key=self.prefix + entry.key)
            self._keeps_sizes = answer["ContentLength"] == entry.num_bytes
        return self._keeps_sizes

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        try:
            with self._errors(f"delete {key}"):
                self._client.delete_object(Bucket=self.bucket, Key=self.prefix + key)
        except ObjectNotFoundError:
            pass

    def check(self) -> None:
        """Try that the bucket can be written and read with these credentials, without long retries."""
        impatient = S3Store(self.bucket, self.prefix, self.endpoint)
        impatient._num_tries = NUM_ATTEMPTS_OF_CHECK
        impatient._client, _ = _connect(self.bucket, self.endpoint, NUM_ATTEMPTS_OF_CHECK)
        probe = f".hdrbatch-check-{secrets.token_hex(4)}"
        try:
            retried(partial(impatient._put_probe, probe), num_tries=NUM_ATTEMPTS_OF_CHECK)
            stored = impatient.get_bytes(probe)
            impatient.delete(probe)
        except StoreAddressError:
            raise
        except HdrbatchError as error:
            raise StoreAddressError(f"{error}: is the service up, and is this its address?") from error
        if stored != b"hdrbatch":
            raise StoreAddressError(
                f"{self.url}: gives back other bytes than were stored (does it keep checksum framing?): "
                "use another server"
            )

    def _put_probe(self, key: str) -> None:
        with self._errors(f"write {key}"):
            self._put_body(key, b"hdrbatch")

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        """Say what boto3 raised in the user's terms; never with credentials in it."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError
        from botocore.parsers import ResponseParserError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _NOT_FOUND_CODES:
                raise ObjectNotFoundError(f"{self.url}: cannot {action}: there is no such object") from None
            if code in _REMEDIES:
                raise StoreAddressError(f"{self.url}: cannot {action}: {_REMEDIES[code]}") from None
            raise StoreError(f"{self.url}: cannot {action}: {error}") from error
        except NoCredentialsError:
            raise StoreAddressError(
                f"{self.url}: no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or AWS_PROFILE for a profile of your AWS configuration"
            ) from None
        except ParamValidationError as error:
            raise StoreAddressError(f"{self.url}: cannot {action}: {error}") from None
        except (ResponseParserError, ValueError, OverflowError) as error:
            raise StoreError(f"{self.url}: cannot {action}: the answer is damaged: {error}") from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            # upload_file wraps the service's answer in a text; the remedy is found by its code.
            remedy = next((text for code, text in _REMEDIES.items() if f"({code})" in str(error)), None)
            if remedy is not None:
                raise StoreAddressError(f"{self.url}: cannot {action}: {remedy}") from None
            raise StoreError(f"{self.url}: cannot {action}: {error}") from error


def _connect(bucket: str, endpoint: str | None, num_attempts: int) -> tuple[Any, DirectRequests | None]:
    """Make a client, and where the service has an address of its own, the direct way to the bucket."""
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
