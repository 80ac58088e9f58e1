"""Several processes that train one network on one machine, each on its own GPU.

The original process is rank 0: it validates, writes and logs. It starts the other processes, which compute
their share of every batch and end with it.
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

MAX_WAIT = timedelta(minutes=15)
"""Time that processes wait for each other: a validation may take long, and a process may have died."""
SHUTDOWN_TIMEOUT_S = 30.0
"""Seconds that the other processes have to end once rank 0 has finished; none if it failed."""
FAILURE_TIMEOUT_S = 5.0
"""Seconds that a failed process has to end once rank 0 has lost the connection to it."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Rank:
    """One of the training processes.

    Attributes
    ----------
    number, count : int
        Number of this process, from 0, and the number of processes.
    device : torch.device
        Device on which it computes.
    """

    number: int
    count: int
    device: torch.device

    def stop_requested(self, should_stop: Callable[[], bool] = lambda: False) -> bool:
        """Return whether rank 0 should stop; all ranks must call this, and get the same answer."""
        stop = should_stop()
        if self.count == 1:
            return stop
        # Always on the CPU, since every step would have to wait for a GPU.
        shared = torch.tensor([int(stop)])
        distributed.broadcast(shared, src=0)
        return bool(shared.item())

    def mean(self, value: Tensor) -> Tensor:
        """Average a value over all ranks, which must all call this; does not wait for the result."""
        if self.count == 1:
            return value
        total = value.clone()
        distributed.all_reduce(total)
        return total / self.count


def rank_device(device: torch.device, number: int, count: int) -> torch.device:
    """Return the device of a rank; with several GPUs each rank has its own.

    >>> rank_device(torch.device("cuda"), 1, 4)
    device(type='cuda', index=1)
    """
    return torch.device("cuda", number) if device.type == "cuda" and count > 1 else device


def num_processes_for(device: torch.device, batch: int) -> int:
    """Return how many processes share a batch: at most one for each GPU, so that all shares are equal.

    A device with a number means that GPU only.
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
    """Run the body as rank 0, in parallel with ``count - 1`` processes that run ``follow(rank, *arguments)``.

    Parameters
    ----------
    count : int
        Number of processes that share the work; with 1 no process is started.
    device : torch.device
        The CPU, or the GPUs.
    meeting_point : Path
        A file that does not exist yet, through which the processes find each other.
    follow : callable
        A module-level function, since it is started in a fresh interpreter.
    arguments : sequence
        Its arguments after the rank.

    Raises
    ------
    TrainingError
        If another process failed.
    """
    if count == 1:
        yield Rank(0, 1, device)
        return
    context = multiprocessing.get_context("spawn")
    threads = max(1, torch.get_num_threads() // count)
    # By value: torch would share the memory of tensors, and all processes would change one optimiser's state.
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
        patience_s = SHUTDOWN_TIMEOUT_S
    except RuntimeError as error:
        if failed := _failed(followers):
            raise TrainingError(
                f"{failed} of {count} training processes ended early; see their output above"
            ) from error
        raise
    finally:
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for process in followers:
            process.join(patience_s)
            if process.is_alive():
                # It ignores the signals that the scheduler sends to every process, such as SIGTERM.
                process.kill()
                process.join()


def _failed(followers: Sequence[BaseProcess]) -> int:
    """Return how many processes ended with an error; waits for a lost process that is still ending."""
    ended = wait([process.sentinel for process in followers], FAILURE_TIMEOUT_S)
    for process in followers:
        if process.sentinel in ended:
            # The end of a process is visible a moment before its exit code.
            process.join(FAILURE_TIMEOUT_S)
    return sum(process.exitcode not in (None, 0) for process in followers)


def _join(number: int, count: int, device: torch.device, meeting_point: Path) -> Rank:
    own = rank_device(device, number, count)
    if own.type == "cuda":
        torch.cuda.set_device(own)
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if own.type == "cuda" else "gloo",
        # Not as a URI: torch does not decode it, and would wait for a folder "a%20b".
        store=distributed.FileStore(str(meeting_point), count),  # type: ignore[attr-defined]
        rank=number,
        world_size=count,
        timeout=MAX_WAIT,
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
    _die_with_parent(parent)
    # The scheduler's warning reaches every process of the step; rank 0 decides when to stop.
    for warning in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
        signal.signal(warning, signal.SIG_IGN)
    torch.set_num_threads(threads)
    rank = _join(number, count, device, meeting_point)
    try:
        follow(rank, *pickle.loads(sent))  # noqa: S301
    finally:
        distributed.destroy_process_group()


def _die_with_parent(parent: int) -> None:
    """Make Linux end this process if its parent is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
