"""What a bad network and a busy store do: nothing is lost, and nothing wrong is visible."""

import dataclasses
import hashlib
import http.client
import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from hdrbatch.errors import CorruptObjectError, ObjectNotFoundError, StoreAccessError, StoreAddressError
from hdrbatch.kinds import Kind
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.direct import MAX_SIGNED_BYTES
from hdrbatch.storage.receipts import Receipt, TaskRef, read_receipt, withdraw_receipts, write_receipt
from hdrbatch.storage.s3 import MULTIPART_THRESHOLD_BYTES, S3Store
from hdrbatch.storage.server import BUCKET, serve
from hdrbatch.storage.transfer import download, download_all, upload, upload_all
from tests.bench.faults import KINDS, campaign
from tests.bench.kills import kill_often
from tests.faults import PASSING_FAULTS, Fault, faulty_proxy

REF = TaskRef(Kind.RENDER_EXPOSURE, "set/scene/ev+0", "a" * 64)


def receipt(files, ref=REF):
    return Receipt(ref.kind, ref.id, ref.digest, tuple(files), {}, "", 1.5, 1.5, 1, {"sampling": 0.1})


@pytest.fixture
def sources(tmp_path):
    """Files by key: small ones, and some that are hashed while they are sent."""
    folder = tmp_path / "sources"
    folder.mkdir()
    sizes = {f"small-{number:02d}": 5_000 + number for number in range(30)}
    sizes |= {"medium": 3_000_000, "large": 9_000_000}
    for name, size in sizes.items():
        (folder / name).write_bytes(os.urandom(size))
    return {f"datasets/set/{name}": folder / name for name in sizes}


@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_files_pass_each_fault_and_are_what_was_sent(fault, s3_store, sources, tmp_path):
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=1, share=0.3, faults=[fault]) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        entries = upload_all(store, sources)
        # Looked at without the proxy: what counts as stored is stored.
        for entry in entries:
            assert s3_store.get_bytes(entry.key) == sources[entry.key].read_bytes()
        copies = {entry: tmp_path / "copies" / entry.key for entry in entries}
        assert download_all(store, copies) == tuple(copies[entry] for entry in entries)
        assert address.counts[fault] >= 3
    for entry, path in copies.items():
        assert path.read_bytes() == sources[entry.key].read_bytes()
    assert [entry.key for entry in entries] == sorted(sources)


@pytest.mark.parametrize("fault", PASSING_FAULTS)
def test_receipts_and_small_objects_pass_each_fault(fault, s3_store):
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=2, share=0.3, faults=[fault]) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        refs = [TaskRef(REF.kind, f"set/scene-{number}/ev+0", "a" * 64) for number in range(5)]
        for number, ref in enumerate(refs):
            written = receipt([FileEntry(f"datasets/set/{number}", number, "0" * 64)], ref)
            write_receipt(store, written)
            store.put_bytes(f"plans/{number}", bytes(range(100)))
            for _ in range(2):
                assert read_receipt(store, ref) == written
            assert store.get_bytes(f"plans/{number}") == bytes(range(100))
            assert s3_store.get_bytes(f"plans/{number}") == bytes(range(100))
        # No good receipt was withdrawn because it came damaged.
        assert all(read_receipt(s3_store, ref) is not None for ref in refs)
        for ref in refs:
            withdraw_receipts(store, ref.kind, ref.id)
        assert list(s3_store.list(keys.RECEIPTS)) == []
        assert address.counts[fault] >= 2


def test_a_fifth_of_all_requests_fails_and_nothing_is_lost(s3_store, sources, tmp_path):
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=3) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        cache = NodeCache(tmp_path / "cache", 10**9)
        entries = upload_all(store, sources)
        write_receipt(store, receipt(entries))
        read = read_receipt(store, REF)
        assert read == receipt(entries)
        for entry in read.files:
            path = cache.fetch(store, entry, tmp_path / "task" / entry.key)
            assert path.read_bytes() == sources[entry.key].read_bytes()
        # Which request gets what depends on the order of threads.
        assert address.num_faults >= 4


def test_a_flip_in_a_file_that_is_hashed_while_it_is_sent_is_noticed(s3_store, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(os.urandom(MAX_SIGNED_BYTES + 1))
    flips = [Fault.FLIP_UP]
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=6, share=0.2, faults=flips) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        for number in range(10):
            upload(store, f"large-{number}", path)
            assert s3_store.get_bytes(f"large-{number}") == path.read_bytes()
        assert address.counts[Fault.FLIP_UP] >= 1


def test_a_flip_in_a_small_object_on_its_way_here_is_noticed(s3_store):
    s3_store.put_bytes("plan", bytes(range(100)))
    flips = [Fault.FLIP_DOWN]
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=7, share=0.4, faults=flips) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        for _ in range(20):
            assert store.get_bytes("plan") == bytes(range(100))
        assert address.counts[Fault.FLIP_DOWN] >= 4


def test_many_listings_under_faults_that_are_noticed_are_complete(s3_store):
    wanted = [f"many/{number:03d}" for number in range(20)]
    for key in wanted:
        s3_store.put_bytes(key, b"x")
    noticed = [Fault.SLOW_DOWN, Fault.RESET_DOWN, Fault.CUT_DOWN]
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=4, share=0.3, faults=noticed) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        for _ in range(20):
            assert [found.key for found in store.list("many/")] == wanted
        assert all(address.counts[fault] for fault in noticed)


def test_a_listing_whose_parts_contradict_each_other_is_asked_for_again(s3_store, monkeypatch):
    s3_store.put_bytes("a", b"x")
    true_page = s3_store._client.list_objects_v2(Bucket=BUCKET, Prefix=s3_store.prefix)
    damaged = [
        true_page | {"IsTruncated": True},
        true_page | {"IsTruncated": False, "NextContinuationToken": "next"},
        true_page | {"KeyCount": 7},
        true_page | {"Contents": [{"Key": "elsewhere/a", "Size": 1}], "KeyCount": 1},
    ]
    answers = iter([*damaged, true_page])
    monkeypatch.setattr(s3_store._client, "list_objects_v2", lambda **_: next(answers))
    assert [found.key for found in s3_store.list("")] == ["a"]


def test_a_file_of_several_parts_passes_faults(s3_store, tmp_path, monkeypatch):
    monkeypatch.setattr("hdrbatch.storage.s3.MAX_DIRECT_BYTES", 1)
    source = tmp_path / "source"
    source.write_bytes(os.urandom(MULTIPART_THRESHOLD_BYTES + 5))
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=5, share=0.1) as address:
        entry = upload(S3Store(BUCKET, s3_store.prefix, address), "key", source)
        assert address.counts
    assert download(s3_store, entry, tmp_path / "copy").read_bytes() == source.read_bytes()


def test_expired_credentials_are_said_at_once_with_what_to_do(s3_store, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=1, share=1, faults=[Fault.EXPIRED]) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        entry = FileEntry("key", 1, "0" * 64)
        for action in (
            lambda: upload(store, "key", tmp_path / "file"),
            lambda: download(store, entry, tmp_path / "copy"),
            lambda: NodeCache(tmp_path / "cache", 100).fetch(store, entry, tmp_path / "copy"),
            lambda: store.put_bytes("key", b"x"),
            lambda: store.get_bytes("key"),
            lambda: list(store.list("")),
            lambda: store.delete("key"),
            store.check,
        ):
            before = address.counts[Fault.EXPIRED]
            with pytest.raises(StoreAccessError, match="has expired or is not valid; get new credentials"):
                action()
            assert address.counts[Fault.EXPIRED] - before <= 2


def test_a_missing_object_is_said_at_once(s3_store, tmp_path, monkeypatch):
    monkeypatch.setattr("hdrbatch.storage.retrying.FIRST_DELAY_S", 60.0)
    with pytest.raises(ObjectNotFoundError):
        download(s3_store, FileEntry("none", 1, "0" * 64), tmp_path / "copy")
    with pytest.raises(ObjectNotFoundError):
        s3_store.get_bytes("none")


def test_a_flipped_digit_in_a_receipt_is_noticed(store):
    whole = receipt([FileEntry("datasets/set/file", 1, "0" * 64)])
    write_receipt(store, whole)
    key = keys.receipt(REF.kind, REF.id, REF.digest)
    damaged = store.get_bytes(key).replace(b'"' + b"0" * 64, b'"1' + b"0" * 63)
    assert json.loads(damaged)["files"][0]["sha256"].startswith("1")
    with pytest.raises(ValueError, match="checksum"):
        Receipt.from_bytes(damaged)
    store.put_bytes(key, damaged)
    with pytest.raises(CorruptObjectError, match="is damaged"):
        read_receipt(store, REF)
    assert len(list(store.list(keys.RECEIPTS))) == 1


def test_a_receipt_that_has_no_checksum_is_read(store):
    whole = receipt([FileEntry("datasets/set/file", 1, "0" * 64)])
    store.put_bytes(
        keys.receipt(REF.kind, REF.id, REF.digest), json.dumps(dataclasses.asdict(whole)).encode()
    )
    assert read_receipt(store, REF) == whole


def test_a_good_receipt_that_comes_damaged_once_is_not_withdrawn(folder_store, monkeypatch):
    whole = receipt([FileEntry("datasets/set/file", 1, "0" * 64)])
    write_receipt(folder_store, whole)
    true_bytes = folder_store.get_bytes(keys.receipt(REF.kind, REF.id, REF.digest))
    answers = iter([b"{", true_bytes[:-3], true_bytes])
    monkeypatch.setattr(folder_store, "get_bytes", lambda _: next(answers))
    assert read_receipt(folder_store, REF) == whole
    assert len(list(folder_store.list(keys.RECEIPTS))) == 1


class DishonestServer(BaseHTTPRequestHandler):
    """An S3 server for one bucket in memory that keeps checksum framing inside its objects."""

    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    confirms_the_body: bool

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kept = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n" % (len(body), body)
        self.objects[self.path] = kept
        told = body if self.confirms_the_body else kept
        self.answer(200, b"", {"ETag": f'"{hashlib.md5(told).hexdigest()}"'})

    def do_GET(self):
        kept = self.objects.get(self.path.partition("?")[0])
        if kept is None:
            self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {})
        else:
            self.answer(200, kept, {"ETag": f'"{hashlib.md5(kept).hexdigest()}"'})

    do_HEAD = do_GET

    def do_DELETE(self):
        self.objects.pop(self.path, None)
        self.answer(204, b"", {})

    def answer(self, status, data, headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextmanager
def dishonest_server(*, confirms_the_body):
    class Handler(DishonestServer):
        pass

    Handler.objects, Handler.confirms_the_body = {}, confirms_the_body
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("confirms_the_body", [True, False])
@pytest.mark.parametrize("num_bytes", [1_000, 9_000_000])
def test_a_store_that_keeps_framing_inside_objects_counts_as_holding_nothing(
    confirms_the_body, num_bytes, s3_environment, tmp_path
):
    (tmp_path / "file").write_bytes(bytes(num_bytes))
    with dishonest_server(confirms_the_body=confirms_the_body) as endpoint:
        store = S3Store(BUCKET, endpoint=endpoint)
        with pytest.raises(CorruptObjectError, match="key does not match its recorded size or SHA-256"):
            upload(store, "key", tmp_path / "file")
        with pytest.raises(StoreAddressError, match="use another server"):
            store.check()
        with pytest.raises(CorruptObjectError):
            write_receipt(store, receipt([FileEntry("key", 1, "0" * 64)]))
        with pytest.raises(ObjectNotFoundError):
            store.get_bytes(keys.receipt(REF.kind, REF.id, REF.digest))


def test_the_proxy_without_faults_changes_nothing_and_counts_none(s3_store):
    with faulty_proxy(os.environ["AWS_ENDPOINT_URL_S3"], seed=1, share=0.0) as address:
        store = S3Store(BUCKET, s3_store.prefix, address)
        store.put_bytes("key", b"radiance")
        assert s3_store.get_bytes("key") == b"radiance"
        assert store.get_bytes("key") == b"radiance"
        assert address.num_faults == 0
        assert address.counts[None] >= 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [(Fault.CUT_DOWN, http.client.IncompleteRead), (Fault.RESET_DOWN, ConnectionResetError)],
)
def test_the_proxy_cuts_and_resets_as_a_network_does(fault, expected, s3_server):
    with faulty_proxy(s3_server.endpoint, seed=1, share=1.0, faults=[fault]) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        with pytest.raises(expected):
            answer.read()
        connection.close()


def test_a_small_campaign_of_every_fault_loses_nothing(tmp_path, s3_server):
    with serve(tmp_path / "s3") as server:
        found, problems = campaign(server, tmp_path, 40, seed=1, kinds=["all but refusals"])
    (figures,) = found.values()
    assert problems == []
    assert (figures.lost, figures.wrong, figures.tracebacks) == (0, 0, 0)
    assert figures.faults >= 40
    assert figures.done_after_clean_rerun == figures.tasks >= 7


def test_killed_workers_and_submitters_lose_nothing(tmp_path, s3_server):
    with serve(tmp_path / "s3") as server:
        kills = kill_often(server, tmp_path, 5, seed=1)
    assert kills.problems == []
    assert (kills.number, kills.tracebacks) == (5, 0)


def test_the_campaign_knows_every_fault():
    assert {fault for kind in KINDS.values() for fault in kind} == set(Fault)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.INTERNAL, (500, b"InternalError")),
        (Fault.SKEWED, (403, b"RequestTimeTooSkewed")),
        (Fault.PAGE, (200, b"<html>")),
        (Fault.EMPTY, (200, b"")),
    ],
)
def test_the_proxy_answers_instead_of_the_server(fault, expected, s3_server):
    with faulty_proxy(s3_server.endpoint, seed=1, share=1.0, faults=[fault]) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
        connection.request("GET", "/")
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
    status, text = expected
    assert answer.status == status
    assert text in data
    assert bool(data) == bool(text)


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.LAGGING, Fault.SWALLOWED, Fault.RESET_MISSING])
def test_the_proxy_hides_what_is_stored_for_a_while(fault, s3_store, monkeypatch):
    """Shown to a client that asks once."""
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"]
    with faulty_proxy(endpoint, seed=1, share=1.0, faults=[fault], lag_s=60.0) as address:
        client = S3Store(BUCKET, s3_store.prefix, address)._client
        client.put_object(Bucket=BUCKET, Key=f"{s3_store.prefix}key", Body=b"radiance")
        if fault is Fault.LAGGING:
            assert client.get_object(Bucket=BUCKET, Key=f"{s3_store.prefix}key")["ETag"]
            found = client.list_objects_v2(Bucket=BUCKET, Prefix=s3_store.prefix)
            assert found.get("KeyCount") == len(found.get("Contents", ())) == 0
        else:
            with pytest.raises((ClientError, BotoCoreError, HTTPError)):
                client.get_object(Bucket=BUCKET, Key=f"{s3_store.prefix}key")
    assert [one.key for one in s3_store.list("")] == ([] if fault is Fault.SWALLOWED else ["key"])
