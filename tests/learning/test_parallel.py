import multiprocessing
import os
import pickle
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import distributed

from hdrbatch.errors import TrainingError
from hdrbatch.learning import parallel
from hdrbatch.learning.parallel import Rank, num_processes_for, rank_device, ranks

CPU = torch.device("cpu")


def average(rank: Rank, values: torch.Tensor, folder: Path) -> None:
    """Change the received value, and average it with that of rank 0."""
    values += 10
    values = rank.mean(values)
    (folder / f"rank-{rank.number}").write_bytes(pickle.dumps((rank, values, torch.get_num_threads())))


def ask_until_told(rank: Rank, folder: Path) -> None:
    asked = 1
    while not rank.stop_requested():
        asked += 1
    (folder / "asked").write_text(str(asked))


def fail(rank: Rank) -> None:
    raise ValueError("no such picture")


def hang(rank: Rank) -> None:
    distributed.barrier()
    time.sleep(1000)


def test_one_process_is_rank_0_and_starts_no_other(tmp_path: Path) -> None:
    with ranks(1, CPU, tmp_path / "meeting-point", fail, ()) as rank:
        assert rank == Rank(0, 1, CPU)
        assert multiprocessing.active_children() == []
        assert rank.stop_requested(lambda: True)
        assert not rank.stop_requested(lambda: False)
        assert not rank.stop_requested()
        assert rank.mean(torch.tensor(3.0)) == 3


def test_processes_average_what_each_has_of_its_own(tmp_path: Path) -> None:
    values = torch.tensor([1.0, 2.0])

    with ranks(2, CPU, tmp_path / "meeting-point", average, (values, tmp_path)) as rank:
        assert rank == Rank(0, 2, CPU)
        mean = rank.mean(values)

    # The other's tensor is no view of this one: the means are of 1 and 11, and of 2 and 12.
    assert mean.tolist() == [6.0, 7.0]
    assert values.tolist() == [1.0, 2.0]
    other, its_mean, num_threads = pickle.loads((tmp_path / "rank-1").read_bytes())
    assert other == Rank(1, 2, CPU)
    assert torch.equal(its_mean, mean)
    assert num_threads == 1
    assert multiprocessing.active_children() == []
    assert not distributed.is_initialized()


def test_all_processes_learn_at_the_same_step_that_rank_0_should_stop(tmp_path: Path) -> None:
    answers = iter([False, False, True])

    with ranks(2, CPU, tmp_path / "meeting-point", ask_until_told, (tmp_path,)) as rank:
        while not rank.stop_requested(lambda: next(answers)):
            pass

    assert (tmp_path / "asked").read_text() == "3"


def test_a_failed_process_is_reported_and_none_is_left_running(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "FAILURE_TIMEOUT_S", 120.0)  # on a busy machine its last words take a while

    def talk() -> None:
        with ranks(2, CPU, tmp_path / "meeting-point", fail, ()) as rank:
            for _ in range(1000):
                rank.stop_requested()

    with pytest.raises(TrainingError, match="1 of 2 training processes ended early; see their output above"):
        talk()

    assert multiprocessing.active_children() == []
    assert not distributed.is_initialized()
    assert "ValueError: no such picture" in capfd.readouterr().err


def test_a_process_that_hangs_is_ended_when_rank_0_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "FAILURE_TIMEOUT_S", 0.2)
    children = []

    def fail_beside_it() -> None:
        with ranks(2, CPU, tmp_path / "meeting-point", hang, ()):
            distributed.barrier()
            children.extend(multiprocessing.active_children())
            # The scheduler signals every process; rank 0 decides when to stop.
            for warning in (signal.SIGTERM, signal.SIGUSR2):
                os.kill(children[0].pid or 0, warning)
            raise RuntimeError("the driver is gone")

    with pytest.raises(RuntimeError, match="the driver is gone"):
        fail_beside_it()

    assert [child.exitcode for child in children] == [-signal.SIGKILL]
    assert multiprocessing.active_children() == []


def test_a_process_that_never_ends_is_killed_after_the_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "SHUTDOWN_TIMEOUT_S", 0.2)

    with ranks(2, CPU, tmp_path / "meeting-point", hang, ()):
        distributed.barrier()

    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("name", "number", "count", "own"),
    [("cpu", 1, 2, "cpu"), ("cuda", 2, 4, "cuda:2"), ("cuda", 0, 1, "cuda"), ("cuda:3", 0, 1, "cuda:3")],
)
def test_of_several_gpus_each_process_has_its_own(name: str, number: int, count: int, own: str) -> None:
    assert rank_device(torch.device(name), number, count) == torch.device(own)


@pytest.mark.parametrize(
    ("name", "num_gpus", "batch", "processes"),
    [
        ("cpu", 8, 4, 1),
        ("cuda:1", 8, 4, 1),
        ("cuda", 1, 4, 1),
        ("cuda", 4, 4, 4),
        ("cuda", 4, 6, 3),
        ("cuda", 8, 4, 4),
    ],
)
def test_a_batch_is_shared_by_as_many_gpus_as_cut_it_evenly(
    monkeypatch: pytest.MonkeyPatch, name: str, num_gpus: int, batch: int, processes: int
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: num_gpus)

    assert num_processes_for(torch.device(name), batch) == processes


def test_processes_meet_in_a_folder_whose_name_has_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "my scratch"
    folder.mkdir()

    with ranks(2, CPU, folder / "meeting-point", ask_until_told, (folder,)) as rank:
        assert rank.stop_requested(lambda: True)

    assert (folder / "asked").read_text() == "1"
