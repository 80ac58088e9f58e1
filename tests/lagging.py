"""What a store shows whose new objects and whose listings lag: the proxy of faults.py keeps it."""

import threading
import time
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET


def is_listing(method: str, path: str) -> bool:
    """Return whether a request lists the bucket."""
    return method == "GET" and "list-type" in parse_qs(urlsplit(path).query)


def is_object(path: str) -> bool:
    """Return whether a request is for one object as a whole, and not for a part of it or for the bucket."""
    parts = urlsplit(path)
    return "uploadId" not in parse_qs(parts.query) and bool(_key(path))


def _key(path: str) -> str:
    return unquote(urlsplit(path).path).strip("/").partition("/")[2]


class LaggingView:
    """The objects as requests have shown them, with what was changed lately.

    An object that exists is never hidden when it is overwritten, since no store does that.
    """

    def __init__(self, lag_s: float) -> None:
        self._lag_s = lag_s
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._changes: list[tuple[float, str, int | None]] = []  # when, what, and its size before
        self._hidden: dict[str, float] = {}  # until when

    def note(self, method: str, path: str, num_bytes: int, *, is_late: bool) -> None:
        """Note what a request that succeeded has changed."""
        key, now_s = _key(path), time.monotonic()
        if method not in ("PUT", "DELETE") or not is_object(path):
            return
        with self._lock:
            before = self._sizes.get(key)
            self._changes = [one for one in self._changes if now_s - one[0] < self._lag_s]
            self._changes.append((now_s, key, before))
            if method == "DELETE":
                self._sizes.pop(key, None)
                self._hidden.pop(key, None)
                return
            self._sizes[key] = num_bytes
            if is_late and before is None:
                self._hidden[key] = now_s + self._lag_s

    def hides(self, method: str, path: str) -> bool:
        """Return whether a read is to find nothing, although the object is stored."""
        with self._lock:
            return method in ("GET", "HEAD") and time.monotonic() < self._hidden.get(_key(path), 0.0)

    def listing(self, path: str, data: bytearray, *, is_old: bool) -> bytearray:
        """Return a listing without what is hidden, or as it was a while ago."""
        query = parse_qs(urlsplit(path).query)
        prefix, now_s = query.get("prefix", [""])[0], time.monotonic()
        changed: dict[str, int | None] = {}
        with self._lock:
            if is_old:
                recent = [one for one in reversed(self._changes) if now_s - one[0] < self._lag_s]
                changed = {key: size for _, key, size in recent}
            changed |= {key: None for key, until_s in self._hidden.items() if now_s < until_s}
            changed = {key: size for key, size in changed.items() if key.startswith(prefix)}
        return bytearray(_changed_listing(bytes(data), changed)) if changed else data


def _changed_listing(data: bytes, changed: Mapping[str, int | None]) -> bytes:
    tree = ET.fromstring(data)
    if tree.findtext("{*}IsTruncated") == "true":
        return data
    space = tree.tag.partition("}")[0] + "}" if tree.tag.startswith("{") else ""
    found = {}
    for entry in tree.findall("{*}Contents"):
        found[entry.findtext("{*}Key") or ""] = int(entry.findtext("{*}Size") or "0")
        tree.remove(entry)
    shown = {key: size for key, size in (found | dict(changed)).items() if size is not None}
    for key, size in sorted(shown.items()):
        entry = ET.SubElement(tree, f"{space}Contents")
        ET.SubElement(entry, f"{space}Key").text = key
        ET.SubElement(entry, f"{space}Size").text = str(size)
    if (count := tree.find("{*}KeyCount")) is not None:
        count.text = str(len(shown))
    return ET.tostring(tree)
