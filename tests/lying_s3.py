"""An S3 service on loopback that keeps its objects in memory and says what a test wants it to say.

    with lying_s3() as service:
        service.objects["sweeps/../../.profile"] = b"..."      # keys that no honest service would list
        service.lie = lambda request: Answer(200, b"<html>")   # instead of the true answer
        store = S3Store("bucket", endpoint=service.url)

Signatures are not checked.
"""

import hashlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "bucket"


@dataclass(frozen=True)
class Request:
    """What a client asks; ``key`` is empty for a listing."""

    method: str
    key: str
    prefix: str
    body: bytes
    headers: dict[str, str]

    @property
    def is_listing(self) -> bool:
        return self.method == "GET" and not self.key


@dataclass(frozen=True)
class Answer:
    """What it is told; after a body that is shorter than its header says, the connection is reset."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


class Service:
    """The objects by key, what is lied about, and what was asked."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.lie: Callable[[Request], Answer | None] = lambda _: None
        self.requests: list[Request] = []
        self.ended = threading.Event()
        self.url = ""

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.lie(request) or self.true_answer(request)

    def true_answer(self, request: Request) -> Answer:
        """Do what an honest service does."""
        if request.is_listing:
            return listing(
                {key: data for key, data in self.objects.items() if key.startswith(request.prefix)}
            )
        if request.method == "PUT":
            self.objects[request.key] = request.body
            return Answer(200, headers={"ETag": etag(request.body)})
        if request.method == "DELETE":
            self.objects.pop(request.key, None)
            return Answer(204)
        data = self.objects.get(request.key)
        return error(404, "NoSuchKey") if data is None else Answer(200, data, {"ETag": etag(data)})


def etag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def error(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>so it is</Message></Error>".encode())


def listing(objects: dict[str, bytes]) -> Answer:
    found = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size></Contents>"
        for key, data in sorted(objects.items())
    )
    count = f"<KeyCount>{len(objects)}</KeyCount><IsTruncated>false</IsTruncated>"
    return Answer(200, f"<ListBucketResult>{count}{found}</ListBucketResult>".encode())


@contextmanager
def lying_s3() -> Iterator[Service]:
    """Run the service while inside."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def serve(self):
            parts = urlsplit(self.path)
            key = unquote(parts.path).removeprefix(f"/{BUCKET}").removeprefix("/")
            prefix = parse_qs(parts.query).get("prefix", [""])[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = service.answer(Request(self.command, key, prefix, body, dict(self.headers)))
            if answer.hangs:
                service.ended.wait()
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            if answer.status != 204:
                self.send_header(
                    "Content-Length", answer.headers.get("Content-Length", str(len(answer.body)))
                )
            for name, value in answer.headers.items():
                if name != "Content-Length":
                    self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            if int(answer.headers.get("Content-Length", len(answer.body))) != len(answer.body):
                self.wfile.flush()
                time.sleep(0.05)  # else the header may be lost with the connection
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve

    class Server(ThreadingHTTPServer):
        def shutdown_request(self, request):
            # Without an orderly end first, which would come before a reset.
            self.close_request(request)

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
