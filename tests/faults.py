"""A proxy on loopback that does to requests what bad networks and busy stores do.

    with faulty_proxy(server.endpoint, seed=1) as address:
        store = S3Store(BUCKET, endpoint=address)
        ...
        assert address.counts[Fault.FLIP_UP] > 0

A client's signature covers the Host header, which is passed on as it came.
"""

import enum
import http.client
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


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


PASSING_FAULTS = tuple(fault for fault in Fault if fault is not Fault.EXPIRED)
"""Those after which a client should try again."""

_ERRORS = {
    Fault.SLOW_DOWN: (503, "SlowDown", "Please reduce your request rate."),
    Fault.EXPIRED: (400, "ExpiredToken", "The provided token has expired."),
}
_NEEDS_BODY_UP = (Fault.RESET_UP, Fault.FLIP_UP)
_NEEDS_BODY_DOWN = (Fault.CUT_DOWN, Fault.FLIP_DOWN)


class Address(str):
    """Where the proxy listens, with what it did: faults by kind, and None for requests left alone."""

    counts: Counter[Fault | None]

    @property
    def num_faults(self) -> int:
        """How many requests something happened to."""
        return sum(number for fault, number in self.counts.items() if fault is not None)


@contextmanager
def faulty_proxy(
    endpoint: str, seed: int, share: float = 0.2, faults: Sequence[Fault] = PASSING_FAULTS
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
        Probability of a fault. One that needs a body that a request or its answer does not have waits for
        the next that has one.
    faults
        Those that are drawn, with equal probability.
    """
    counts: Counter[Fault | None] = Counter()
    generator, lock = random.Random(seed), threading.Lock()
    waiting: list[Fault] = []

    def draw(*, has_body_up: bool) -> Fault | None:
        with lock:
            # One at most waits: else many reads would save up faults for every single write.
            if generator.random() < share and not waiting:
                waiting.append(generator.choice(faults))
            possible = [fault for fault in waiting if has_body_up or fault not in _NEEDS_BODY_UP]
            if not possible:
                return None
            waiting.remove(possible[0])
            return possible[0]

    def put_back(fault: Fault) -> None:
        with lock:
            waiting.insert(0, fault)

    def place(num_bits: int) -> int:
        with lock:
            return generator.randrange(num_bits)

    def count(fault: Fault | None) -> None:
        with lock:
            counts[fault] += 1

    class Handler(_Handler):
        upstream = urlsplit(endpoint).netloc

    for function in (draw, put_back, place, count):
        setattr(Handler, function.__name__, staticmethod(function))
    server = _Server(("127.0.0.1", 0), Handler)
    address = Address(f"http://127.0.0.1:{server.server_address[1]}")
    address.counts = counts
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def shutdown_request(self, request):
        # Without an orderly end first, which would come before a reset.
        self.close_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    upstream: str

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
        fault = self.draw(has_body_up=num_bytes > 0)
        if fault in _ERRORS:
            self.count(fault)
            self._refuse(*_ERRORS[fault])
            return
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if fault is Fault.RESET_UP:
            self.rfile.read(num_bytes // 2)
            self.count(fault)
            self._reset()
            return
        body = bytearray(self.rfile.read(num_bytes))
        if fault is Fault.FLIP_UP:
            self._flip(body)
        answer, data = self._ask(bytes(body))
        if fault in _NEEDS_BODY_DOWN and not data:
            self.put_back(fault)
            fault = None
        self.count(fault)
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
        bit = self.place(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8

    def _refuse(self, status, code, text):
        data = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
            f"<Message>{text}</Message><RequestId>0</RequestId></Error>"
        ).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(b"" if self.command == "HEAD" else data)

    def _reset(self):
        """Close so that the other side gets a reset and not an orderly end."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve
