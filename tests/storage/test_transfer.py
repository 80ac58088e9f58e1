import pytest

from hdrbatch.errors import CorruptObjectError, StoreError
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.transfer import download, upload


class LyingStore(FolderStore):
    """A folder whose first answers are damaged, or that fails at first."""

    def __init__(self, root, num_bad, damage):
        super().__init__(root)
        self.num_bad = num_bad
        self.damage = damage

    def get_file(self, key, path):
        super().get_file(key, path)
        if self.num_bad > 0:
            self.num_bad -= 1
            self.damage(path)


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-1])


def fail(path):
    raise StoreError("503 SlowDown")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(bytes(range(256)) * 10)
    return path


def test_an_upload_is_read_back_and_returns_its_entry(store, source):
    entry = upload(store, "a/file", source)
    assert entry.num_bytes == 2560
    assert download(store, entry, source.parent / "copy").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("damage", [flip_a_bit, cut_short, fail])
def test_what_passes_is_tried_again(tmp_path, source, damage):
    store = LyingStore(tmp_path / "store", 2, damage)
    entry = upload(store, "key", source)
    store.num_bad = 2
    assert download(store, entry, tmp_path / "copy").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("damage", [flip_a_bit, cut_short])
def test_damage_that_stays_is_never_handed_on(tmp_path, source, damage):
    store = LyingStore(tmp_path / "store", 0, damage)
    entry = upload(store, "key", source)
    store.num_bad = 99
    with pytest.raises(CorruptObjectError, match="key does not match its recorded size or SHA-256"):
        download(store, entry, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(CorruptObjectError):
        upload(store, "key", source)


def test_a_wrong_hash_in_the_entry_is_found(store, source):
    entry = upload(store, "key", source)
    wrong = FileEntry(entry.key, entry.num_bytes, "0" * 64)
    with pytest.raises(CorruptObjectError):
        download(store, wrong, source.parent / "copy")
