"""A proxy on loopback that does to requests what bad networks and busy stores do.

    with faulty_proxy(server.endpoint, seed=1) as address:
        store = S3Store(BUCKET, endpoint=address)
        ...
        assert address.counts[Fault.FLIP_UP] > 0

A client's signature covers the Host header, which is passed on as it came.
"""

import enum
import hashlib
import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.lagging import LaggingView, is_listing, is_object


class Fault(enum.Enum):
    """What may befall a request."""

    SLOW_DOWN = "503 SlowDown"
    RESET_UP = "connection reset in the middle of the request's body"
    RESET_DOWN = (
        "connection reset in the middle of the answer's body, or without an answer where that is empty"
    )
    CUT_DOWN = "answer's body ends early, under its full Content-Length"
    FLIP_UP = "one bit of the request's body is wrong"
    FLIP_DOWN = "one bit of the answer's body is wrong"
    EXPIRED = "400 ExpiredToken"
    INTERNAL = "500 InternalError"
    SKEWED = "403 RequestTimeTooSkewed"
    PAGE = "status 200 with a maintenance page, and nothing is done"
    EMPTY = "status 200 with an empty body, and nothing is done"
    RESET_MISSING = "connection reset in the middle of the body of a 404 that is not true"
    SWALLOWED = "an object is confirmed and not stored"
    LATE = "a new object is visible only after a while"
    LAGGING = "a listing shows what was stored a while ago"
    SLOW = "the answer comes late"


PASSING_FAULTS = (
    Fault.SLOW_DOWN,
    Fault.RESET_UP,
    Fault.RESET_DOWN,
    Fault.CUT_DOWN,
    Fault.FLIP_UP,
    Fault.FLIP_DOWN,
)
"""Those after which a client should try again, and that befall every kind of request."""

FINAL_FAULTS = (Fault.EXPIRED, Fault.SKEWED)
"""Those that a client reports at once."""

_S3_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>{}</Message>'
    "<RequestId>0</RequestId></Error>"
)
_ANSWERS = {
    Fault.SLOW_DOWN: (503, _S3_ERROR.format("SlowDown", "Please reduce your request rate.")),
    Fault.EXPIRED: (400, _S3_ERROR.format("ExpiredToken", "The provided token has expired.")),
    Fault.INTERNAL: (500, _S3_ERROR.format("InternalError", "We encountered an internal error.")),
    Fault.SKEWED: (403, _S3_ERROR.format("RequestTimeTooSkewed", "The difference is too large.")),
    Fault.PAGE: (200, "<html><body>We will be back soon.</body></html>"),
    Fault.EMPTY: (200, ""),
    Fault.RESET_MISSING: (404, _S3_ERROR.format("NoSuchKey", "The specified key does not exist.")),
}
"""What is answered instead of asking the server."""
_NEEDS_BODY_UP = (Fault.RESET_UP, Fault.FLIP_UP)
_NEEDS_BODY_DOWN = (Fault.CUT_DOWN, Fault.FLIP_DOWN)
_NEEDS_PUT = (Fault.SWALLOWED, Fault.LATE)


def _fits(fault: Fault, method: str, path: str, num_bytes: int) -> bool:
    """Return whether a fault can befall a request."""
    if fault in _NEEDS_BODY_UP:
        return num_bytes > 0
    if fault in _NEEDS_PUT:
        return method == "PUT" and is_object(path)
    if fault is Fault.LAGGING:
        return is_listing(method, path)
    return fault is not Fault.RESET_MISSING or method == "GET"


class Address(str):
    """Where the proxy listens, with what it did: faults by kind, and None for requests left alone."""

    counts: Counter[Fault | None]

    @property
    def num_faults(self) -> int:
        """How many requests something happened to."""
        return sum(number for fault, number in self.counts.items() if fault is not None)


@contextmanager
def faulty_proxy(
    endpoint: str,
    seed: int,
    share: float = 0.2,
    faults: Sequence[Fault] = PASSING_FAULTS,
    lag_s: float = 0.3,
) -> Iterator[Address]:
    """Stand in front of a server while inside.

    Parameters
    ----------
    endpoint
        The server's address, http://host:port.
    seed
        Of the generator that decides what befalls a request; with several connections at once, which request
        gets what depends on their order.
    share
        Probability of a fault. One that does not fit a request or its answer waits for the next that it fits.
    faults
        Those that are drawn, with equal probability.
    lag_s
        How long an object is invisible, how old a listing is, and how late an answer comes at most.
    """
    chance = _Chance(random.Random(seed), share, faults)

    class Handler(_Handler):
        upstream = urlsplit(endpoint).netloc
        view = LaggingView(lag_s)

    Handler.chance, Handler.lag_s = chance, lag_s
    server = _Server(("127.0.0.1", 0), Handler)
    address = Address(f"http://127.0.0.1:{server.server_address[1]}")
    address.counts = chance.counts
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Chance:
    """What befalls which request, and how often that was."""

    def __init__(self, generator: random.Random, share: float, faults: Sequence[Fault]) -> None:
        self.counts: Counter[Fault | None] = Counter()
        self._generator, self._share, self._faults = generator, share, faults
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def draw(self, method: str, path: str, num_bytes: int) -> Fault | None:
        with self._lock:
            drawn = self._generator.random() < self._share
            fault = self._generator.choice(self._faults) if drawn else None
            # One at most waits: else many reads would save up faults for every single write.
            if fault is not None and not self._waiting:
                self._waiting.append(fault)
            for one in (*self._waiting, fault):
                if one is not None and _fits(one, method, path, num_bytes):
                    if one in self._waiting:
                        self._waiting.remove(one)
                    return one
            return None

    def put_back(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.insert(0, fault)

    def place(self, num_bits: int) -> int:
        with self._lock:
            return self._generator.randrange(num_bits)

    def delay_s(self, longest_s: float) -> float:
        with self._lock:
            return self._generator.uniform(0, longest_s)

    def count(self, fault: Fault | None) -> None:
        with self._lock:
            self.counts[fault] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request):
        # Without an orderly end first, which would come before a reset.
        self.close_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: str
    view: LaggingView
    chance: _Chance
    lag_s: float

    def setup(self):
        super().setup()
        self._server = http.client.HTTPConnection(self.upstream, timeout=60)

    def finish(self):
        self._server.close()
        super().finish()

    def handle(self):
        try:
            super().handle()
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    def handle_expect_100(self):
        return True  # answered when the body is wanted, in _serve

    def log_message(self, *_):
        pass

    def _serve(self):
        num_bytes = int(self.headers.get("Content-Length", 0))
        fault = self.chance.draw(self.command, self.path, num_bytes)
        if fault in _ANSWERS:
            self.chance.count(fault)
            self._answer_instead(*_ANSWERS[fault], resets=fault is Fault.RESET_MISSING)
            return
        if fault is Fault.SLOW:
            time.sleep(self.chance.delay_s(self.lag_s))
        body = self._body(num_bytes, fault)
        if body is None:
            self._reset()
        elif fault is Fault.SWALLOWED:
            self._answer_instead(200, "", etag=hashlib.md5(body).hexdigest())
        elif self.view.hides(self.command, self.path):
            self._answer_instead(*_ANSWERS[Fault.RESET_MISSING])
        else:
            self._pass_on(body, fault)
            return
        self.chance.count(fault)

    def _body(self, num_bytes, fault):
        """Read the request's body; None if the connection is to be reset within it."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if fault is Fault.RESET_UP:
            self.rfile.read(num_bytes // 2)
            return None
        body = bytearray(self.rfile.read(num_bytes))
        if fault is Fault.FLIP_UP:
            self._flip(body)
        return bytes(body)

    def _pass_on(self, body, fault):
        answer, data = self._ask(body)
        if answer.status < 300:
            self.view.note(self.command, self.path, len(body), is_late=fault is Fault.LATE)
            if is_listing(self.command, self.path):
                data = self.view.listing(self.path, data, is_old=fault is Fault.LAGGING)
        if fault in _NEEDS_BODY_DOWN and not data:
            self.chance.put_back(fault)
            fault = None
        self.chance.count(fault)
        if fault is Fault.RESET_DOWN and not data:
            self._reset()
            return
        self._answer(answer, data, fault)

    def _answer(self, answer, data, fault):
        if fault is Fault.FLIP_DOWN:
            self._flip(data)
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        # An answer to HEAD names the length of what it leaves out.
        is_head = self.command == "HEAD"
        length = answer.getheader("Content-Length", "0") if is_head else str(len(data))
        if answer.status != 204:
            self.send_header("Content-Length", length)
        self.end_headers()
        if fault in (Fault.CUT_DOWN, Fault.RESET_DOWN):
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            if fault is Fault.RESET_DOWN:
                self._reset()
            return
        self.wfile.write(data)

    def _ask(self, body):
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        for attempt in (1, 2):
            try:
                self._server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in headers.items():
                    self._server.putheader(name, value)
                self._server.endheaders(body or None)
                answer = self._server.getresponse()
                return answer, bytearray(answer.read())
            except (OSError, http.client.HTTPException):
                # The server may have closed a connection that was idle.
                self._server.close()
                if attempt == 2:
                    raise
        raise AssertionError("the loop returns or raises")

    def _flip(self, data):
        bit = self.chance.place(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8

    def _answer_instead(self, status, text, *, resets=False, etag=""):
        data = text.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(data)))
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if resets:
            self.wfile.write(data[: len(data) // 2])
            self._reset()
        elif self.command != "HEAD":
            self.wfile.write(data)

    def _reset(self):
        """Close so that the other side gets a reset and not an orderly end."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve
