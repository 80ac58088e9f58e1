"""A store that others write to, or that lies: nothing outside is touched, and nothing good is deleted."""

import gzip
import json
import os
from contextlib import suppress

import pytest

from hdrbatch.errors import CorruptObjectError, StoreError, UnsafeNameError
from hdrbatch.kinds import Kind
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage import keys
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.receipts import (
    Receipt,
    TaskRef,
    read_receipt,
    withdraw_other_receipts,
    withdraw_receipts,
    write_receipt,
)
from hdrbatch.storage.s3 import S3Store
from hdrbatch.storage.transfer import download, upload, upload_all
from hdrbatch.storage.verification import verify_receipts
from tests.lying_s3 import Answer, error, etag, listing
from tests.test_stored_names import HOSTILE

REF = TaskRef(Kind.INDEX_DATASET, "set", "a" * 64)
OLD = TaskRef(Kind.INDEX_DATASET, "set", "b" * 64)
ENTRY = FileEntry("datasets/set/file", 3, "0" * 64)


def receipt(ref=REF):
    return Receipt(ref.kind, ref.id, ref.digest, (ENTRY,), {}, "node", 1.5, 1.5, 1, {"index": 0.1})


def key_of(ref):
    return keys.receipt(ref.kind, ref.id, ref.digest)


@pytest.fixture
def service(lying_service):
    return lying_service


@pytest.fixture
def lying_store(service):
    return S3Store("bucket", endpoint=service.url)


# --- keys


@pytest.mark.parametrize("key", HOSTILE)
def test_no_store_reads_writes_or_deletes_a_hostile_key(key, folder_store, lying_store, service, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    for store in (folder_store, lying_store):
        for action in (
            lambda store: store.get_bytes(key),
            lambda store: store.put_bytes(key, b"x"),
            lambda store: store.put_file(key, tmp_path / "file"),
            lambda store: store.get_file(key, tmp_path / "copy"),
            lambda store: store.delete(key),
        ):
            with pytest.raises(UnsafeNameError):
                action(store)
    assert service.requests == []
    assert {path.name for path in tmp_path.iterdir()} == {"file"}


def test_listings_skip_hostile_and_hidden_keys_and_say_so(lying_store, service, caplog):
    good = ["plans/a.json", "plans/b/c.json"]
    bad = ["plans/../../x", "plans//etc/passwd", "plans/a\\b", "plans/./x"]
    hidden = ["plans/.DS_Store", "plans/.nfs000123", "plans/folder/"]
    service.objects |= dict.fromkeys([*good, *bad, *hidden], b"x")
    assert [found.key for found in lying_store.list("plans/")] == good
    for key in bad:
        assert ascii(key) in caplog.text
    assert not [key for key in hidden if key in caplog.text]


def test_a_folder_stores_listing_skips_what_is_no_object(folder_store, tmp_path, caplog):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    folder_store.put_bytes("plans/good.json", b"x")
    plans = folder_store.root / "plans"
    (plans / "dangling").symlink_to(tmp_path / "none")
    (plans / "out").symlink_to(outside)
    (plans / "secret").symlink_to(outside / "secret")
    (plans / "circle").symlink_to(plans / "circle")
    (plans / "within").symlink_to(plans / "good.json")
    (plans / ".nfs0001").touch()
    (plans / "back\\slash").touch()
    (plans / "new\nline").touch()
    os.mkfifo(plans / "pipe")
    assert [found.key for found in folder_store.list("plans/")] == ["plans/good.json", "plans/within"]
    assert "a symbolic link leads out of" in caplog.text
    for key in ("plans/secret", "plans/out/secret"):
        with pytest.raises(UnsafeNameError):
            folder_store.get_bytes(key)
        with pytest.raises(UnsafeNameError):
            folder_store.put_bytes(key, b"overwritten")
    assert (outside / "secret").read_text() == "s"


def test_a_file_that_is_deleted_during_a_listing_is_left_out(folder_store, monkeypatch):
    for name in ("a", "b"):
        folder_store.put_bytes(name, b"x")
    true_scandir = os.scandir

    def scandir(path):
        found = list(true_scandir(path))
        (folder_store.root / "a").unlink(missing_ok=True)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", scandir)
        assert [found.key for found in folder_store.list("")] == ["b"]


@pytest.mark.parametrize("key", HOSTILE)
@pytest.mark.parametrize("field", ["key", "task", "digest", "sha256"])
def test_a_receipt_with_a_hostile_name_is_none(field, key):
    values = json.loads(receipt().to_bytes())
    del values["checksum"]
    if field in ("task", "digest"):
        values[field] = key
    else:
        values["files"][0][field] = key
    with pytest.raises(ValueError, match=r".+"):
        Receipt.from_bytes(json.dumps(values).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"wall_s": "long"},
        {"files": 3},
        {"files": [{}]},
        {"files": [{"key": "a", "num_bytes": -1, "sha256": "0" * 64}]},
        {"versions": []},
        {"kind": "none"},
        {"more": 1},
        {"host": None},
    ],
)
def test_a_receipt_with_values_of_other_types_is_none(change):
    values = json.loads(receipt().to_bytes()) | change
    del values["checksum"]
    with pytest.raises(ValueError, match=r".+"):
        Receipt.from_bytes(json.dumps(values).encode())


@pytest.mark.parametrize("data", [b"[" * 100_000, b"\xff", b"null", b"3", b'"text"', b"[]", b"{}", b""])
def test_what_is_no_receipt_at_all_is_a_value_error(data):
    with pytest.raises(ValueError, match=r".+"):
        Receipt.from_bytes(data)


# --- a read never deletes

PAGE = b"<html><body>We will be back soon</body></html>"
LIES = {
    "a maintenance page": lambda data: Answer(200, PAGE),
    "a page with an ETag of its own": lambda data: Answer(200, PAGE, {"ETag": 'W/"17-abc"'}),
    "nothing": lambda data: Answer(200, b""),
    "nothing under the right ETag": lambda data: Answer(200, b"", {"ETag": etag(data)}),
    "a compressed answer": lambda data: Answer(
        200, gzip.compress(data), {"ETag": etag(data), "Content-Encoding": "gzip"}
    ),
    "a compressed answer without ETag": lambda data: Answer(
        200, gzip.compress(data), {"Content-Encoding": "gzip"}
    ),
    "a refusal": lambda data: error(403, "AccessDenied"),
    "a page that is not found": lambda data: Answer(404, PAGE),
    "an error": lambda data: error(500, "InternalError"),
    "other bytes of its own": lambda data: Answer(200, data[:-9], {"ETag": etag(data[:-9])}),
}


@pytest.mark.parametrize("lie", LIES)
def test_whatever_a_store_answers_to_a_read_no_receipt_is_deleted(lie, lying_store, service, monkeypatch):
    data = receipt().to_bytes()
    service.objects[key_of(REF)] = data
    monkeypatch.setattr("hdrbatch.storage.retrying.NUM_TRIES", 3)
    lying_store._num_tries = 3
    service.lie = lambda request: LIES[lie](data) if request.method == "GET" and request.key else None
    with pytest.raises(StoreError):
        read_receipt(lying_store, REF)
    service.lie = lambda _: None
    assert read_receipt(lying_store, REF) == receipt()
    assert not [one for one in service.requests if one.method == "DELETE"]


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie != "other bytes of its own"])
def test_verification_takes_no_sick_answer_for_damage(lie, lying_store, service, monkeypatch):
    true_bytes = b"abc"
    path_data = {key_of(REF): receipt().to_bytes(), ENTRY.key: true_bytes}
    service.objects |= path_data
    monkeypatch.setattr("hdrbatch.storage.retrying.NUM_TRIES", 2)
    lying_store._num_tries = 2
    service.lie = lambda request: (
        LIES[lie](service.objects[request.key]) if request.method == "GET" and request.key else None
    )
    (verified,) = verify_receipts(lying_store)
    assert verified.damage == ()
    assert len(verified.unreadable) == 1


def test_a_damaged_receipt_is_said_with_the_command_that_withdraws_it(store):
    store.put_bytes(key_of(REF), b"{")
    with pytest.raises(CorruptObjectError, match="hdrbatch store verify --repair withdraws it"):
        read_receipt(store, REF)
    assert store.get_bytes(key_of(REF)) == b"{"


# --- puts that are lost or late, listings that lag


class Swallowing:
    """Confirms the first puts of each key without keeping them."""

    def __init__(self, service, number):
        self.service, self.number, self.puts = service, number, {}

    def __call__(self, request):
        if request.method != "PUT":
            return None
        self.puts[request.key] = self.puts.get(request.key, 0) + 1
        if self.puts[request.key] <= self.number:
            return Answer(200, headers={"ETag": etag(request.body)})
        return None


@pytest.mark.parametrize("number", [1, 3])
def test_a_put_that_is_swallowed_is_repeated(number, lying_store, service, tmp_path):
    (tmp_path / "file").write_bytes(b"radiance")
    service.lie = Swallowing(service, number)
    entry = upload(lying_store, "datasets/set/file", tmp_path / "file")
    assert download(lying_store, entry, tmp_path / "copy").read_bytes() == b"radiance"
    write_receipt(lying_store, receipt())
    assert read_receipt(lying_store, REF) == receipt()


@pytest.mark.parametrize("older", [None, b"exposure"])
def test_a_put_that_is_swallowed_after_others_were_kept_is_repeated(older, lying_store, service, tmp_path):
    for number in range(5):
        (tmp_path / f"{number}").write_bytes(b"radiance")
    files = {f"datasets/set/{number}": tmp_path / f"{number}" for number in range(5)}
    upload(lying_store, "datasets/set/first", tmp_path / "0")
    if older is not None:  # of the same size: only its hash shows that it is another
        service.objects |= dict.fromkeys(files, older)
    service.lie = Swallowing(service, 1)
    upload_all(lying_store, files)
    assert [service.objects[key] for key in files] == [b"radiance"] * 5


@pytest.mark.parametrize("older", [None, b"exposure"])
def test_bytes_that_are_swallowed_are_put_again(older, lying_store, service):
    if older is not None:
        service.objects["plans/a"] = older
    service.lie = Swallowing(service, 1)
    lying_store.put_bytes("plans/a", b"radiance")
    assert service.objects["plans/a"] == b"radiance"


def test_a_receipt_that_a_lagging_listing_did_not_show_is_withdrawn_once_it_does(lying_store, service):
    service.objects[key_of(OLD)] = receipt(OLD).to_bytes()
    num_stale = 3

    def lag(request):
        nonlocal num_stale
        if not request.is_listing or not num_stale:
            return None
        num_stale -= 1
        return listing({})

    service.lie = lag
    withdraw_receipts(lying_store, REF.kind, REF.id, known=REF.digest)
    assert key_of(OLD) in service.objects
    write_receipt(lying_store, receipt())
    withdraw_other_receipts(lying_store, receipt())
    assert list(service.objects) == [key_of(REF)]


def test_a_receipt_of_this_digest_is_withdrawn_even_if_no_listing_shows_it(lying_store, service):
    service.objects[key_of(REF)] = receipt().to_bytes()
    service.lie = lambda request: listing({}) if request.is_listing else None
    withdraw_receipts(lying_store, REF.kind, REF.id, known=REF.digest)
    assert service.objects == {}


def test_a_listing_that_still_shows_deleted_receipts_does_not_fail_their_withdrawal(lying_store, service):
    write_receipt(lying_store, receipt(OLD))
    ghosts = dict(service.objects)
    service.lie = lambda request: listing(ghosts) if request.is_listing else None
    withdraw_receipts(lying_store, OLD.kind, OLD.id)
    assert service.objects == {}


def test_a_listing_that_never_shows_the_new_receipt_does_not_fail_the_task(lying_store, service, caplog):
    write_receipt(lying_store, receipt())
    service.lie = lambda request: listing({}) if request.is_listing else None
    withdraw_other_receipts(lying_store, receipt())
    assert "listings lag" in caplog.text
    assert list(service.objects) == [key_of(REF)]


def test_a_listing_with_any_wrong_bit_in_its_declaration_is_a_store_error_at_worst(lying_store, service):
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>'
    whole = declaration + listing({"plans/a": b"x"}).body
    lying_store._num_tries = 1
    for bit in range(8 * len(declaration)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        service.lie = lambda _, body=bytes(flipped): Answer(200, body)
        with suppress(StoreError):
            assert [found.key for found in lying_store.list("plans/")] == ["plans/a"]


# --- errors of connections


def test_a_reset_in_the_body_of_a_refusal_is_retried(lying_store, service):
    service.objects["plans/a"] = b"x"
    num_cut = 2

    def cut(request):
        nonlocal num_cut
        if not num_cut or request.is_listing:
            return None
        num_cut -= 1
        return Answer(404, b"<Error>", {"Content-Length": "4000"})

    service.lie = cut
    assert lying_store.get_bytes("plans/a") == b"x"
    num_cut = 2
    lying_store.delete("plans/a")
    assert service.objects == {}


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("body", [b"", b"<a", b"<a/>", b"<html>", b"\xff\xfe", b"<Error/>", b"{}"])
def test_any_answer_to_anything_is_a_store_error_at_worst(status, body, lying_store, service, tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    lying_store._num_tries = 2
    service.lie = lambda _: Answer(status, body)
    for action in (
        lambda: lying_store.get_bytes("a"),
        lambda: lying_store.put_bytes("a", b"x"),
        lambda: lying_store.put_file("a", tmp_path / "file"),
        lambda: lying_store.get_file("a", tmp_path / "copy"),
        lambda: list(lying_store.list("a")),
        lambda: lying_store.delete("a"),
    ):
        with suppress(StoreError):
            action()


def test_a_folder_whose_files_cannot_be_read_is_a_store_error(tmp_path, monkeypatch):
    store = FolderStore(tmp_path / "store")
    store.put_bytes("a/b", b"x")

    def stale(_):
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", stale)
        with pytest.raises(StoreError, match="cannot list a: Stale file handle"):
            list(store.list("a/"))
