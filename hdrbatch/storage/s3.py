"""A store that is a bucket of any S3-compatible service, through boto3.

Credentials come from the environment or the AWS profile, as boto3 finds them, and stand nowhere else.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hdrbatch.errors import HdrbatchError, ObjectNotFoundError, StoreAddressError, StoreError
from hdrbatch.storage.base import StoredObject

MULTIPART_THRESHOLD_BYTES = 32 * 1024 * 1024
MULTIPART_CHUNK_BYTES = 16 * 1024 * 1024
NUM_ATTEMPTS = 10
NUM_ATTEMPTS_OF_CHECK = 2

_NOT_FOUND_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
_REMEDIES = {
    "NoSuchBucket": "there is no such bucket: make it, or check the name and the endpoint",
    "InvalidAccessKeyId": "the access key is not known there: check AWS_ACCESS_KEY_ID or the AWS profile",
    "SignatureDoesNotMatch": "the secret key is wrong: check AWS_SECRET_ACCESS_KEY or the AWS profile",
    "AccessDenied": "access is denied: these credentials may not do this here",
    "403": "access is denied: these credentials may not do this here",
    "ExpiredToken": "the session token has expired: get new credentials and run the command again",
}


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
        self._client = _make_client(endpoint, NUM_ATTEMPTS)

    @property
    def url(self) -> str:
        """``s3://bucket/prefix``, with the endpoint where one was given."""
        query = f"?endpoint={self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + query

    def put_file(self, key: str, path: Path) -> None:
        """Store a file's bytes, in several parts where it is large."""
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(
            multipart_threshold=MULTIPART_THRESHOLD_BYTES, multipart_chunksize=MULTIPART_CHUNK_BYTES
        )
        with self._errors(f"write {key}"):
            self._client.upload_file(str(path), self.bucket, self.prefix + key, Config=config)

    def put_bytes(self, key: str, data: bytes) -> None:
        """Store some bytes."""
        with self._errors(f"write {key}"):
            self._client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=data)

    def get_file(self, key: str, path: Path) -> None:
        """Write an object's bytes to a new file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._errors(f"read {key}"):
            self._client.download_file(self.bucket, self.prefix + key, str(path))

    def get_bytes(self, key: str) -> bytes:
        """Read an object."""
        with self._errors(f"read {key}"):
            body = self._client.get_object(Bucket=self.bucket, Key=self.prefix + key)["Body"]
            return bytes(body.read())

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All objects whose key begins with the prefix, in order of key."""
        with self._errors(f"list {prefix}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield StoredObject(found["Key"][len(self.prefix) :], int(found["Size"]))

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
        impatient._client = _make_client(self.endpoint, NUM_ATTEMPTS_OF_CHECK)
        probe = f".hdrbatch-check-{os.getpid()}"
        try:
            impatient.put_bytes(probe, b"hdrbatch")
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

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        """Say what boto3 raised in the user's terms; never with credentials in it."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

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
        except (BotoCoreError, Boto3Error, OSError) as error:
            # upload_file wraps the service's answer in a text; the remedy is found by its code.
            remedy = next((text for code, text in _REMEDIES.items() if f"({code})" in str(error)), None)
            if remedy is not None:
                raise StoreAddressError(f"{self.url}: cannot {action}: {remedy}") from None
            raise StoreError(f"{self.url}: cannot {action}: {error}") from error


def _make_client(endpoint: str | None, num_attempts: int) -> Any:
    import boto3
    from botocore.config import Config

    address = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": num_attempts}}
    if address:
        # Other services than AWS fail on the checksum trailer or store its framing inside the object.
        options |= {
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
    session = boto3.session.Session()
    region = session.region_name or "us-east-1"
    return session.client("s3", endpoint_url=address, region_name=region, config=Config(**options))
