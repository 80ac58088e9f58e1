"""What goes wrong with an S3 service, translated into our errors with their remedies."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hdrbatch.errors import (
    HdrbatchError,
    ObjectNotFoundError,
    StoreAccessError,
    StoreAddressError,
    StoreError,
)
from hdrbatch.redaction import redacted
from hdrbatch.storage.direct import DirectTimeoutError

_NOT_FOUND_CODES = frozenset({"NoSuchKey", "NotFound"})
_NOT_FOUND_WITHOUT_BODY = "404"
"""What an answer to a HEAD request has in place of a code. Elsewhere it is the page of a proxy."""
_WRONG: Mapping[str, str] = {
    "NoSuchBucket": "the bucket does not exist; create it, or check its name and the endpoint",
    "InvalidAccessKeyId": "the access key is unknown there; check AWS_ACCESS_KEY_ID or the AWS profile",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY or the AWS profile",
}
"""The user's mistakes."""
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("AccessDenied", "403", "AllAccessDisabled", "AccountProblem"),
        "access is denied; use credentials that are allowed to do this, or rerun once they are",
    ),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken"),
        "the session token has expired or is not valid; get new credentials and rerun the command",
    ),
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it and rerun the command",
}
"""What may be different in an hour, with the same input."""


@contextmanager
def translated_errors(url: str, action: str) -> Iterator[None]:
    """Translate the errors of boto3 and its connections into ours; messages never contain credentials.

    Raises
    ------
    ObjectNotFoundError, StoreAddressError, StoreAccessError, StoreError
        Whatever the service or the connection says.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    place = f"{url}: cannot {action}"
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code == _NOT_FOUND_WITHOUT_BODY and error.operation_name == "HeadObject":
            code = "NotFound"
        raise _of_answer(place, code, str(error)) from None
    except (BotoCoreError, Boto3Error, HTTPError, DirectTimeoutError) as error:
        raise _of_connection(place, error) from None
    except (ResponseParserError, ValueError, OverflowError, LookupError) as error:
        raise StoreError(f"{place}: the answer is damaged: {redacted(str(error))}") from None
    except OSError as error:
        # The cause shows whether the disk is full.
        raise StoreError(f"{place}: {redacted(str(error))}") from error


def _of_answer(place: str, code: str, text: str) -> HdrbatchError:
    """Return what the service's answer means, from its code."""
    if code in _NOT_FOUND_CODES:
        return ObjectNotFoundError(f"{place}: the object does not exist")
    if code in _WRONG:
        return StoreAddressError(f"{place}: {_WRONG[code]}")
    if code in _REFUSED:
        return StoreAccessError(f"{place}: {_REFUSED[code]}")
    return StoreError(f"{place}: {redacted(text)}")


def _of_connection(place: str, error: Exception) -> HdrbatchError:
    """Return what an error of boto3, or of the connection below it, means."""
    from botocore.exceptions import (
        ConnectTimeoutError,
        CredentialRetrievalError,
        NoCredentialsError,
        ParamValidationError,
        ReadTimeoutError,
    )
    from urllib3.exceptions import ReadTimeoutError as ReadTimeoutInBodyError

    text = redacted(str(error))
    match error:
        case NoCredentialsError():
            return StoreAddressError(
                f"{place}: no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                "or AWS_PROFILE for a profile of your AWS configuration"
            )
        case CredentialRetrievalError():
            return StoreAccessError(f"{place}: no credentials: {text}")
        case ParamValidationError():
            return StoreAddressError(f"{place}: {text}")
        case DirectTimeoutError() | ConnectTimeoutError() | ReadTimeoutError() | ReadTimeoutInBodyError():
            return StoreError(f"{place}: the store does not answer")
    # upload_file wraps the service's answer in a text; its code leads to the remedy.
    code = next((code for code in (*_WRONG, *_REFUSED) if f"({code})" in text), "")
    return _of_answer(place, code, text)
