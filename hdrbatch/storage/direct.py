"""Single signed requests to an S3 endpoint without the rest of boto3.

boto3 spends about half a millisecond of interpreter time per request on hooks, endpoint rules and parsing,
and hashes every body once more to sign it. For many small files that is as much as everything else
together. In a listing it spends a fifth of a millisecond on every key, most of it on dates. This module
handles only successful answers. Anything else raises DirectRequestError, and the caller repeats the request
through boto3, which retries, follows redirects and explains errors.
"""

import base64
import hashlib
import io
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from hdrbatch.records.file_entry import FileEntry

MAX_SIGNED_BYTES = 8 * 1024 * 1024
"""Bodies up to this size are signed with their hashes, so that the server rejects damaged ones; larger ones
are hashed while they are sent, and the hash is compared with the server's answer."""

CHUNK_BYTES = 1024 * 1024
NUM_CONNECTIONS = 16
_UNSIGNED = "UNSIGNED-PAYLOAD"
_SHA256_OF_NOTHING = hashlib.sha256().hexdigest()


class DirectRequestError(Exception):
    """The request did not succeed; never reaches a user."""


class DirectTimeoutError(Exception):
    """The service was silent for too long; repeating the request through boto3 would only take as long."""


class DirectRequests:
    """Puts and gets of complete objects in one bucket, and listings.

    Parameters
    ----------
    session
        boto3 session with the credentials.
    endpoint, region, bucket
        Where requests go; the bucket is part of the path.
    timeouts_s
        Longest time to connect, and longest silence of the service.
    """

    def __init__(
        self, session: Any, endpoint: str, region: str, bucket: str, timeouts_s: tuple[float, float]
    ) -> None:
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self._session = session
        self._address = f"{endpoint.rstrip('/')}/{bucket}/"
        self._region = region
        self._http = URLLib3Session(
            verify=session._session.get_config_variable("ca_bundle") or True,  # noqa: SLF001 (boto3 has no other way)
            proxies=get_environ_proxies(endpoint),
            max_pool_connections=NUM_CONNECTIONS,
            timeout=timeouts_s,
            # Without it, a body that follows its header waits 40 ms for the acknowledgement.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    def put_file(self, key: str, path: Path, entry_key: str) -> tuple[FileEntry, str] | None:
        """Store a file; return its entry and MD5 if the answer's ETag is that MD5, else None."""
        with path.open("rb") as file:
            if path.stat().st_size <= MAX_SIGNED_BYTES:
                data = file.read()
                md5, sha256 = hashlib.md5(data, usedforsecurity=False), hashlib.sha256(data)
                headers = {"Content-MD5": base64.b64encode(md5.digest()).decode()}
                answer = self._send("PUT", key, sha256.hexdigest(), data, headers)
                num_bytes = len(data)
            else:
                body = _HashedWhileSent(file)
                headers = {"Content-Length": str(len(body))}
                answer = self._send("PUT", key, _UNSIGNED, body, headers)
                md5, sha256, num_bytes = body.md5, body.sha256, len(body)
        confirmed = answer.headers.get("ETag", "").strip('"') == md5.hexdigest()
        return (FileEntry(entry_key, num_bytes, sha256.hexdigest()), md5.hexdigest()) if confirmed else None

    def head(self, key: str) -> tuple[int, str]:
        """Return the size of an object, and its ETag."""
        answer = self._send("HEAD", key, _SHA256_OF_NOTHING, b"", {})
        try:
            return int(answer.headers.get("Content-Length", "")), answer.headers.get("ETag", "").strip('"')
        except ValueError as error:
            raise DirectRequestError(str(error)) from error

    def get_file(self, key: str, path: Path) -> str:
        """Write an object to a new file, and return the SHA-256 of the bytes received."""
        from botocore.exceptions import BotoCoreError
        from urllib3.exceptions import HTTPError, ReadTimeoutError

        answer = self._send("GET", key, _SHA256_OF_NOTHING, b"", {}, stream=True)

        def chunks() -> Iterator[bytes]:
            try:
                while chunk := answer.raw.read(CHUNK_BYTES):
                    yield chunk
            except ReadTimeoutError as error:
                raise DirectTimeoutError from error
            except (BotoCoreError, HTTPError, OSError) as error:
                raise DirectRequestError(str(error)) from error

        sha256, num_bytes = hashlib.sha256(), 0
        try:
            with path.open("wb") as file:
                for chunk in chunks():
                    file.write(chunk)
                    sha256.update(chunk)
                    num_bytes += len(chunk)
        except BaseException:
            answer.raw.close()
            raise
        if str(num_bytes) != answer.headers.get("Content-Length"):
            raise DirectRequestError("the answer was cut short")
        return sha256.hexdigest()

    def list_page(self, prefix: str, token: str) -> dict[str, Any]:
        """Return a page of a listing: the parts that are used, under boto3's names."""
        from xml.etree.ElementTree import ParseError
        from xml.etree.ElementTree import fromstring as parsed

        params = {"list-type": "2", "prefix": prefix, **({"continuation-token": token} if token else {})}
        answer = self._send("GET", "", _SHA256_OF_NOTHING, b"", {}, params=params)
        try:
            tree = parsed(answer.content)  # noqa: S314 (the store is trusted as boto3 trusts it)
            found = [
                {"Key": entry.findtext("{*}Key") or "", "Size": int(entry.findtext("{*}Size") or "")}
                for entry in tree.iterfind("{*}Contents")
            ]
        except (ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that there is not
            raise DirectRequestError(str(error)) from error
        page: dict[str, Any] = {"Contents": found, "IsTruncated": tree.findtext("{*}IsTruncated") == "true"}
        if count := tree.findtext("{*}KeyCount"):
            page["KeyCount"] = int(count)
        if next_token := tree.findtext("{*}NextContinuationToken"):
            page["NextContinuationToken"] = next_token
        return page

    def _send(
        self,
        method: str,
        key: str,
        payload_sha256: str,
        body: "bytes | _HashedWhileSent",
        headers: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> Any:
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError, ConnectTimeoutError, ReadTimeoutError
        from urllib3.exceptions import HTTPError
        from urllib3.exceptions import ReadTimeoutError as ReadTimeoutInBodyError

        class Signer(S3SigV4Auth):  # type: ignore[misc]
            def payload(self, request: Any) -> str:  # noqa: ARG002
                return payload_sha256

        credentials = self._session.get_credentials()
        if credentials is None:
            raise DirectRequestError("there are no credentials")
        try:
            url = self._address + quote(key, safe="/~")
            if params:
                url = f"{url.rstrip('/')}?{urlencode(sorted(params.items()), quote_via=quote, safe='~')}"
            request = AWSRequest(method, url, headers=dict(headers), data=body, stream_output=stream)
            Signer(credentials.get_frozen_credentials(), "s3", self._region).add_auth(request)
            answer = self._http.send(request.prepare())
        except (ConnectTimeoutError, ReadTimeoutError, ReadTimeoutInBodyError) as error:
            raise DirectTimeoutError from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise DirectRequestError(str(error)) from error
        if answer.status_code != 200:
            if stream:
                answer.raw.close()
            raise DirectRequestError(f"status {answer.status_code}")
        return answer


class _HashedWhileSent(io.RawIOBase):
    """A file as a request body that is hashed while the server reads it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._num_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha256 = hashlib.sha256()

    def __len__(self) -> int:
        return self._num_bytes

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002
        # The HTTP client requests 16 kB at a time, which costs more than it saves.
        data = self._file.read(CHUNK_BYTES)
        self.md5.update(data)
        self.sha256.update(data)
        return data
