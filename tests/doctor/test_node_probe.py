"""The doctor's checks at the place where a task would run."""

import pytest

from hdrbatch.doctor import node_probe
from hdrbatch.doctor.checks import check_store
from hdrbatch.doctor.node_probe import inside_findings, probe
from hdrbatch.errors import HdrbatchError
from tests.submit.fake_slurm.plans import slurm_cluster

KEY = "doctor-0123"
ANOTHER = "is not the store of the submitting machine; use a folder that all nodes share"


def test_a_store_without_the_object_of_the_machine_that_submits_is_another_one(folder_store):
    with pytest.raises(HdrbatchError, match=f"{folder_store.url} {ANOTHER}"):
        check_store(folder_store.url, KEY)
    folder_store.put_bytes(KEY, b"hdrbatch")
    assert "can be written and read" in check_store(folder_store.url, KEY)
    assert "can be written and read" in check_store(folder_store.url)


def test_the_self_check_looks_for_that_object_where_a_worker_runs(launch, scratch, folder_store):
    def store_of():
        (found,) = [
            one for one in inside_findings(launch, "index_dataset", scratch, KEY) if one.subject == "store"
        ]
        return found

    assert not store_of().is_good
    assert ANOTHER in store_of().text
    folder_store.put_bytes(KEY, b"hdrbatch")
    assert store_of().is_good


def requeue_of(tmp_path, monkeypatch):
    """What the probe of a node finds of requeueing there."""
    monkeypatch.setattr(node_probe, "inside_findings", lambda *_: iter(()))
    (tmp_path / "marker").touch()
    cluster = slurm_cluster(tmp_path / "logs", scratch=str(tmp_path / "scratch"))
    found = probe("render_exposure", "store", KEY, tmp_path / "marker", cluster)
    return next(one for one in found if one.subject == "requeue")


def test_a_node_without_scontrol_is_found(fake_slurm, tmp_path, monkeypatch):
    assert requeue_of(tmp_path, monkeypatch).is_good
    (fake_slurm.folder / "bin" / "scontrol").unlink()
    monkeypatch.setenv("PATH", str(fake_slurm.folder / "bin"))
    found = requeue_of(tmp_path, monkeypatch)
    assert not found.is_good
    assert "scontrol is not in the PATH of jobs on this node, so an element can requeue" in found.text


def test_a_node_that_cannot_reach_the_controller_is_found(fake_slurm, tmp_path, monkeypatch):
    fake_slurm.control(scontrol_ping="fail: Unable to contact slurm controller")
    found = requeue_of(tmp_path, monkeypatch)
    assert not found.is_good
    assert "Unable to contact" in found.text
