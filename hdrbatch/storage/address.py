"""Opening a store by its address."""

import os
import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from hdrbatch.errors import StoreAddressError, UnsafeNameError
from hdrbatch.storage.base import Store
from hdrbatch.storage.folder import FolderStore
from hdrbatch.stored_names import check_key

DEFAULT_STORE = "hdrbatch-store"
"""A folder in the working directory."""

STORE_VARIABLE = "HDRBATCH_STORE"
"""Environment variable with the address of the store that is used if none is given."""


def address_or_default(address: str | os.PathLike[str] | None) -> str:
    """Return a given address, otherwise that of ``HDRBATCH_STORE``, otherwise ``DEFAULT_STORE``."""
    if address is None:
        return os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
    return os.fspath(address)


def open_store(address: str) -> Store:
    """Open a folder, or ``s3://bucket/prefix``, optionally with ``?endpoint=http://host:port``.

    Raises
    ------
    StoreAddressError
        If the address is not valid.
    """
    if not address.strip():
        raise StoreAddressError("--store: the address is empty; name a folder, or s3://bucket/prefix")
    if "\0" in address or not address.isprintable():
        raise StoreAddressError(f"--store {address!a}: has a character that cannot be printed; remove it")
    if "://" not in address:
        return FolderStore(Path(address).expanduser())
    if "@" in unquote(address):
        raise StoreAddressError(
            "--store: credentials (anything with @) do not belong in an address; "
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    parts = urlsplit(address)
    _check_bucket(address, parts)
    endpoint = _endpoint(address, parts.query)

    from hdrbatch.storage.s3 import S3Store

    prefix = parts.path.strip("/")
    return S3Store(parts.netloc, prefix + "/" if prefix else "", endpoint)


def _check_bucket(address: str, parts: SplitResult) -> None:
    if parts.scheme != "s3":
        raise StoreAddressError(f"--store {address}: unknown scheme; use a folder or s3://bucket/prefix")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc):
        raise StoreAddressError(
            f"--store {address}: {parts.netloc!r} is not a bucket name; use 3 to 63 of a-z, "
            "0-9, dot and hyphen"
        )
    if prefix := parts.path.strip("/"):
        try:
            check_key(prefix)
        except UnsafeNameError as error:
            raise StoreAddressError(f"--store {address}: {error}; choose another prefix") from None


def _endpoint(address: str, query_text: str) -> str | None:
    query = parse_qs(query_text)
    if unknown := set(query) - {"endpoint"}:
        raise StoreAddressError(
            f"--store {address}: unknown option {sorted(unknown)[0]!r}; use ?endpoint=URL"
        )
    endpoint = query.get("endpoint", [None])[0]
    if endpoint is not None and not re.fullmatch(r"https?://[^/]+/?", endpoint):
        raise StoreAddressError(
            f"--store {address}: the endpoint is not valid; use an address such as http://host:port"
        )
    return endpoint
