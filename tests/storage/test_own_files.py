"""Users' own files in the store: damage is found, and fixed by the next render command."""

from hdrbatch.plan.user_files import upload_user_files
from hdrbatch.specs.render_job import RenderJob
from hdrbatch.storage.verification import verify_receipts


def test_a_damaged_own_file_is_found_and_stored_again_once_it_is_withdrawn(tmp_path, folder_store):
    (tmp_path / "town.hdr").write_bytes(b"content")
    own = {"folder": str(tmp_path)}
    job = RenderJob.model_validate({"dataset": "tiny", "scenes": {"train": (), "test": (), "own": (own,)}})
    upload_user_files(folder_store, job.scenes.catalogue())
    assert [verified.damage for verified in verify_receipts(folder_store)] == [()]
    (stored,) = folder_store.list("inputs/")
    folder_store.put_bytes(stored.key, b"Content")
    (found,) = verify_receipts(folder_store)
    assert found.key == stored.key
    assert "its SHA-256 does not match" in found.damage[0]
    folder_store.delete(found.key)
    upload_user_files(folder_store, job.scenes.catalogue())
    assert folder_store.get_bytes(stored.key) == b"content"
