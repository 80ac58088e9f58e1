"""Connections to S3: where the service is, how long an answer may take, and what containers need for it."""

import os
import re
from typing import Any

from hdrbatch.errors import StoreAddressError
from hdrbatch.storage.direct import NUM_CONNECTIONS, DirectRequests

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
"""Longest silence within an answer. boto3 does not repeat requests itself: time-outs would multiply with the
repetitions of ``hdrbatch.storage.retrying``."""
PART_READ_TIMEOUT_S = 60.0
"""The same for parts of large files, which a service may only acknowledge once they are on its disks."""
NUM_PART_ATTEMPTS = 2
DEFAULT_REGION = "us-east-1"
ENDPOINT_VARIABLE, REGION_VARIABLE = "AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION"


class Connection:
    """Clients of one bucket.

    Parameters
    ----------
    bucket
        The bucket.
    endpoint
        The service's address; None uses that of the environment or the AWS profile, or AWS itself.

    Raises
    ------
    StoreAddressError
        If the configured address of the service is not valid.
    """

    def __init__(self, bucket: str, endpoint: str | None) -> None:
        self._session = _session()
        self._address = endpoint or configured_endpoint(self._session)
        self._region = self._session.region_name or DEFAULT_REGION
        self._large: Any = None
        self.client: Any = self._client(READ_TIMEOUT_S, num_attempts=1)
        self.direct: DirectRequests | None = None
        if self._address:
            timeouts = CONNECT_TIMEOUT_S, READ_TIMEOUT_S
            self.direct = DirectRequests(self._session, self._address, self._region, bucket, timeouts)

    @property
    def large_files(self) -> Any:
        """Client for files in several parts, which repeats a failed part and not the file."""
        if self._large is None:
            self._large = self._client(PART_READ_TIMEOUT_S, num_attempts=NUM_PART_ATTEMPTS)
        return self._large

    def _client(self, read_timeout_s: float, num_attempts: int) -> Any:
        from botocore.config import Config

        options: dict[str, Any] = {
            "retries": {"mode": "standard", "total_max_attempts": num_attempts},
            "max_pool_connections": NUM_CONNECTIONS,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "read_timeout": read_timeout_s,
        }
        if self._address:
            # Other services than AWS fail on the checksum trailer or store its framing inside the object.
            options |= {
                "s3": {"addressing_style": "path"},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            }
        return self._session.client(
            "s3", endpoint_url=self._address, region_name=self._region, config=Config(**options)
        )


def _session() -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.session.Session()
    except BotoCoreError as error:
        raise StoreAddressError(f"the AWS profile cannot be used: {error}; check AWS_PROFILE") from None


def configured_endpoint(session: Any) -> str | None:
    """Return the service's address as the environment or the AWS profile names it; None means AWS itself.

    Raises
    ------
    StoreAddressError
        If it is not an address such as ``http://host:port``; the message does not repeat one that holds a
        password.
    """
    core = session._session  # noqa: SLF001 (boto3 has no other way)
    if core.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    profile = core.get_scoped_config()
    of_services = core.full_config.get("services", {}).get(profile.get("services"), {})
    address: str | None = (
        os.environ.get(ENDPOINT_VARIABLE)
        or os.environ.get("AWS_ENDPOINT_URL")
        or of_services.get("s3", {}).get("endpoint_url")
        or profile.get("endpoint_url")
    )
    if not address:
        return None
    where = f"{ENDPOINT_VARIABLE}, AWS_ENDPOINT_URL or endpoint_url of the AWS profile"
    if "@" in address:
        raise StoreAddressError(
            f"{where}: credentials (anything with @) do not belong in an address; "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", address):
        raise StoreAddressError(f"{where}: {address!r} is not an address such as http://host:port")
    return address


def connection_variables() -> dict[str, str]:
    """Return what boto3 finds here but the environment lacks, as environment variables for a container.

    Credentials are those of the environment or, all together, those of the AWS profile. The service's address
    and the region may be the profile's either way.
    """
    from botocore.exceptions import BotoCoreError

    session = _session()
    named = {ENDPOINT_VARIABLE: configured_endpoint(session), REGION_VARIABLE: session.region_name}
    if "AWS_ACCESS_KEY_ID" not in os.environ:
        try:
            found = session.get_credentials()
            frozen = found.get_frozen_credentials() if found is not None else None
        except BotoCoreError as error:
            raise StoreAddressError(f"the AWS profile cannot be used: {error}; check AWS_PROFILE") from None
        if frozen is not None:
            named |= {
                "AWS_ACCESS_KEY_ID": frozen.access_key,
                "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
                "AWS_SESSION_TOKEN": frozen.token,
            }
    given = {"AWS_REGION", "AWS_DEFAULT_REGION"} & set(os.environ)
    return {
        name: value
        for name, value in named.items()
        if value and name not in os.environ and not (name == REGION_VARIABLE and given)
    }
