"""Several processes that train one network, a GPU each, on one machine.

The process that was there is rank 0: it validates, writes and talks. The others are started by it, compute
their share of every batch, and end with it.
"""

import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, multiprocessing

from hdrbatch.errors import TrainingError

LONGEST_WAIT = timedelta(minutes=15)
"""For each other: a validation may take long, and a process that died on its way here never comes."""
PATIENCE_S = 30.0
"""For the other processes to end once rank 0 has finished; where it failed they are ended at once."""
FAREWELL_S = 5.0
"""For a process that failed to end, once rank 0 has lost it."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Rank:
    """One of the processes.

    Attributes
    ----------
    number, count : int
        Which of how many.
    device : torch.device
        Where it computes.
    """

    number: int
    count: int
    device: torch.device

    def told_to_stop(self, should_stop: Callable[[], bool] = lambda: False) -> bool:
        """Tell whether rank 0 has been told to stop; all ranks must ask, and hear the same."""
        stop = should_stop()
        if self.count == 1:
            return stop
        # On the CPU, whatever the training is on: a GPU would have to be waited for at every step.
        told = torch.tensor([int(stop)])
        distributed.broadcast(told, src=0)
        return bool(told.item())

    def mean(self, value: Tensor) -> Tensor:
        """Average a value over all ranks, which must all ask; without waiting for it."""
        if self.count == 1:
            return value
        total = value.clone()
        distributed.all_reduce(total)
        return total / self.count


def rank_device(device: torch.device, number: int, count: int) -> torch.device:
    """Return the device of a rank: of several GPUs each has its own.

    >>> rank_device(torch.device("cuda"), 1, 4)
    device(type='cuda', index=1)
    """
    return torch.device("cuda", number) if device.type == "cuda" and count > 1 else device


def sharing_processes(device: torch.device, batch: int) -> int:
    """Return how many processes share a batch: one for each GPU, as far as the batch can be cut evenly.

    A device with a number is that GPU alone.
    """
    if device.type != "cuda" or device.index is not None:
        return 1
    return max(count for count in range(1, torch.cuda.device_count() + 1) if batch % count == 0)


@contextmanager
def ranks(
    count: int,
    device: torch.device,
    meeting_point: Path,
    follow: Callable[..., None],
    arguments: Sequence[Any],
) -> Iterator[Rank]:
    """Run the body as rank 0 beside ``count - 1`` processes that run ``follow(rank, *arguments)``.

    Parameters
    ----------
    count : int
        How many processes share the work; with one nothing is started.
    device : torch.device
        The CPU, or the GPUs.
    meeting_point : Path
        A file that does not exist yet, where the processes find each other.
    follow : callable
        A function of a module, since it is started in a fresh interpreter.
    arguments : sequence
        What it gets besides its rank.

    Raises
    ------
    TrainingError
        When another process failed.
    """
    if count == 1:
        yield Rank(0, 1, device)
        return
    context = multiprocessing.get_context("spawn")
    threads = max(1, torch.get_num_threads() // count)
    # By value: torch would share the memory of tensors, and all would change the one optimiser's state.
    sent = pickle.dumps(tuple(arguments))
    followers = [
        context.Process(
            target=_run_follower,
            args=(number, count, device, meeting_point, threads, os.getpid(), follow, sent),
            daemon=True,
        )
        for number in range(1, count)
    ]
    for process in followers:
        process.start()
    torch.set_num_threads(threads)
    patience_s = 0.0
    try:
        yield _join(0, count, device, meeting_point)
        patience_s = PATIENCE_S
    except RuntimeError as error:
        if failed := _failed(followers):
            raise TrainingError(
                f"{failed} of {count} training processes ended early: their words stand above in this log"
            ) from error
        raise
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for process in followers:
            process.join(patience_s)
            if process.is_alive():
                # It ignores what the scheduler sends to all, SIGTERM among it.
                process.kill()
                process.join()


def _failed(followers: Sequence[BaseProcess]) -> int:
    """How many ended with an error; one whose connection was lost takes a moment to end."""
    ended = wait([process.sentinel for process in followers], FAREWELL_S)
    for process in followers:
        if process.sentinel in ended:
            # Its end is seen a moment before its exit code.
            process.join(FAREWELL_S)
    return sum(process.exitcode not in (None, 0) for process in followers)


def _join(number: int, count: int, device: torch.device, meeting_point: Path) -> Rank:
    own = rank_device(device, number, count)
    if own.type == "cuda":
        torch.cuda.set_device(own)
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if own.type == "cuda" else "gloo",
        # Not by its URI: torch does not decode one, and would wait for a folder "a%20b".
        store=distributed.FileStore(str(meeting_point), count),  # type: ignore[attr-defined]
        rank=number,
        world_size=count,
        timeout=LONGEST_WAIT,
    )
    return Rank(number, count, own)


def _run_follower(
    number: int,
    count: int,
    device: torch.device,
    meeting_point: Path,
    threads: int,
    parent: int,
    follow: Callable[..., None],
    sent: bytes,
) -> None:
    _die_with(parent)
    # The scheduler's warning reaches every process of the step; rank 0 decides what it means.
    for warning in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
        signal.signal(warning, signal.SIG_IGN)
    torch.set_num_threads(threads)
    rank = _join(number, count, device, meeting_point)
    try:
        follow(rank, *pickle.loads(sent))  # noqa: S301
    finally:
        distributed.destroy_process_group()


def _die_with(parent: int) -> None:
    """Linux ends this process when the one that started it is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
