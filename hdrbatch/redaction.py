"""Secrets taken out of texts that people, logs and receipts get to see."""

import os
import re

SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""Environment variables whose values are secrets."""

_MIN_SECRET = 8
"""Length of the shortest value that is looked for: a shorter one would be found in ordinary words."""
_USER_OF_URL = re.compile(r"(?<=://)[^\s/@'\"]+@")
_SHOWN = "***"


def redacted(text: str) -> str:
    """Return a text without the user and password of any address, and without the secrets of the environment.

    >>> redacted("cannot connect to http://me:hunter2@store:9000/bucket")
    'cannot connect to http://***@store:9000/bucket'
    """
    text = _USER_OF_URL.sub(f"{_SHOWN}@", text)
    for name in SECRET_VARIABLES:
        if len(secret := os.environ.get(name, "")) >= _MIN_SECRET:
            text = text.replace(secret, _SHOWN)
    return text
