"""Leases: at most one process at a time does something with a name, in any store.

Each process draws a ticket, and the lowest one holds the lease. Nobody needs to compare clocks: tickets are
numbered by what the store already lists, and a holder counts as dead once nobody has seen its counter change
for a while. A store needs no conditional writes, which many S3 servers ignore without an error.

References
----------
L. Lamport, "A New Solution of Dijkstra's Concurrent Programming Problem", Communications of the ACM 17(8),
1974 (the bakery algorithm; here with waiting and dead customers).
"""

import getpass
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from hdrbatch.errors import HdrbatchError, ObjectNotFoundError, StoreError
from hdrbatch.records.base import PlainText, Record, parse_record
from hdrbatch.storage import keys
from hdrbatch.storage.base import Store

HEARTBEAT_S = 5.0
"""Seconds between two changes of a holder's counter."""
NEWS_S = 1.0
"""Seconds after which the tasks in progress are renewed, if they have changed."""
EXPIRY_S = 60.0
"""Seconds without a change after which a holder on another machine counts as dead."""
POLL_S = 0.3
"""Seconds between two looks at another process's ticket."""

Purpose = Literal["run", "submission", "publication"]

_log = logging.getLogger(__name__)


class Ticket(Record):
    """A process's place in the queue for a lease.

    ``counter`` grows while the process lives. ``machine``, ``pid`` and ``started`` identify it for processes
    on the same machine. ``running`` are the names of the tasks in progress.
    """

    title: ClassVar[str] = "ticket of a lease"
    plan: PlainText
    purpose: Purpose
    user: PlainText
    host: PlainText
    machine: PlainText
    pid: Annotated[int, Field(gt=0, lt=2**31)]
    started: PlainText
    counter: int = 0
    running: tuple[PlainText, ...] = ()

    @classmethod
    def of_this_process(cls, plan: str, purpose: Purpose) -> Self:
        """Return a new ticket."""
        return cls(
            plan=plan,
            purpose=purpose,
            user=_user(),
            host=os.uname().nodename,
            machine=_machine(),
            pid=os.getpid(),
            started=_start_of(os.getpid()) or "",
        )

    @property
    def is_alive_here(self) -> bool | None:
        """Whether its process runs; None if it belongs to another machine."""
        if self.machine != _machine():
            return None
        if (started := _start_of(self.pid)) is not None:
            return started == self.started
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return None  # of another user, and hidden from this one
        return False  # a zombie

    @property
    def holder(self) -> str:
        """Who holds it, for messages."""
        return f"process {self.pid} of {self.user} on {self.host}"


class Lease:
    """A lease on a name, held within the context.

    Parameters
    ----------
    store, name
        Where, and on what.
    ticket
        This process's ticket.
    on_held
        Called with the ticket of another living holder; raises an error, or returns to wait for its end.

    Raises
    ------
    StoreError
        On entering, if the store fails.
    """

    def __init__(self, store: Store, name: str, ticket: Ticket, on_held: Callable[[Ticket], None]) -> None:
        self._store, self._prefix, self._ticket = store, keys.leases(name), ticket
        self._on_held = on_held
        self._id = secrets.token_hex(8)
        self._key = ""
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._is_lost = self._has_news = False
        self._expired: set[str] = set()
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def __enter__(self) -> Self:
        try:
            self._draw()
            self._wait_for_turn()
        except BaseException:
            self._give_back()
            raise
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._give_back()

    @property
    def is_lost(self) -> bool:
        """Whether another process has taken the lease over, because this one seemed dead to it."""
        return self._is_lost

    def show_running(self, names: Sequence[str]) -> None:
        """Let others know the tasks in progress, within a second or so."""
        with self._lock:
            if tuple(names) != self._ticket.running:
                self._ticket = self._ticket.model_copy(update={"running": tuple(names)})
                self._has_news = True

    def _draw(self) -> None:
        """Draw the next number; while ``choosing`` is stored, others wait for it to be known."""
        choosing = f"{self._prefix}choosing-{self._id}.json"
        while not self._key:
            self._store.put_bytes(choosing, self._ticket.to_bytes())
            number = 1 + max((_number_of(key) for key in self._tickets()), default=0)
            key = f"{self._prefix}{number:08d}-{self._id}.json"
            self._store.put_bytes(key, self._ticket.to_bytes())
            # Whoever takes this process for dead deletes that: its number may then be too low.
            if choosing in self._listed():
                self._key = key
            else:
                self._store.delete(key)
            self._store.delete(choosing)

    def _wait_for_turn(self) -> None:
        seen: dict[str, tuple[bytes, float]] = {}
        while (before := self._before_this()) is not None:
            try:
                data = self._store.get_bytes(before)
            except ObjectNotFoundError:
                continue
            state = self._state(before, data, seen)
            if state == "dead":
                self._expired.add(before)
                self._store.delete(before)
                continue
            if state == "alive" and before in self._tickets():
                self._on_held(parse_record(data, before, Ticket))
            time.sleep(POLL_S)

    def _before_this(self) -> str | None:
        """Return a process that is still choosing its number, else the ticket that holds the lease."""
        listed = self._listed()
        if self._key not in listed:
            raise StoreError(f"{self._store.url}: {self._key} has disappeared; rerun the command")
        choosing = [key for key in listed if key.startswith(f"{self._prefix}choosing-")]
        first = min(key for key in listed if key not in choosing)
        return choosing[0] if choosing else (first if first != self._key else None)

    def _state(
        self, key: str, data: bytes, seen: dict[str, tuple[bytes, float]]
    ) -> Literal["alive", "dead", "unknown"]:
        """Judge another process: by its machine's table of processes, or by whether its counter changes."""
        try:
            is_alive = parse_record(data, key, Ticket).is_alive_here
        except HdrbatchError:
            is_alive = None  # damaged: nobody renews it
        if is_alive is not None:
            return "alive" if is_alive else "dead"
        now_s = time.monotonic()
        if key not in seen:
            seen[key] = (data, now_s)
        first, since_s = seen[key]
        if data != first:
            seen[key] = (data, now_s)
            return "alive"
        if now_s - since_s > EXPIRY_S:
            _log.warning(
                "%s: %s has not changed for %.0f s: its holder is dead", self._store.url, key, EXPIRY_S
            )
            return "dead"
        return "unknown"

    def _beat(self) -> None:
        """Renew the ticket until the end, as long as nobody has taken it away."""
        last_s = time.monotonic()
        while not self._end.wait(min(NEWS_S, HEARTBEAT_S)):
            if not self._has_news and time.monotonic() - last_s < HEARTBEAT_S:
                continue
            last_s = time.monotonic()
            with suppress(HdrbatchError):  # a store that fails for a moment
                listed = self._listed()
                if self._key not in listed:
                    self._is_lost = True
                    return
                for key in self._expired.intersection(listed):
                    self._store.delete(key)  # renewed while it was deleted
                with self._lock:
                    self._ticket = self._ticket.model_copy(update={"counter": self._ticket.counter + 1})
                    self._has_news = False
                self._store.put_bytes(self._key, self._ticket.to_bytes())

    def _give_back(self) -> None:
        with suppress(HdrbatchError):  # then it expires
            self._store.delete(f"{self._prefix}choosing-{self._id}.json")
            if self._key:
                self._store.delete(self._key)

    def _listed(self) -> list[str]:
        return [found.key for found in self._store.list(self._prefix)]

    def _tickets(self) -> list[str]:
        choosing = f"{self._prefix}choosing-"
        return [key for key in self._listed() if not key.startswith(choosing)]


def lease_holder(store: Store, name: str) -> Ticket | None:
    """Return the ticket of the process that holds a lease, or None.

    One that has died on this machine does not count; whether one on another machine lives is not known.
    """
    prefix = keys.leases(name)
    for found in store.list(prefix):
        if found.key.startswith(f"{prefix}choosing-"):
            continue
        with suppress(HdrbatchError):  # released since it was listed, or damaged
            ticket = parse_record(store.get_bytes(found.key), found.key, Ticket)
            if ticket.is_alive_here is not False:
                return ticket
    return None


def _number_of(key: str) -> int:
    digits = key.rpartition("/")[2].partition("-")[0]
    return int(digits) if digits.isdecimal() else 0


def _user() -> str:
    """Return this user's name; in a container it may have none, but a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _machine() -> str:
    """Identify the table of processes that process ids refer to; empty if it is not known."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return f"unknown {secrets.token_hex(4)}"


def _start_of(pid: int) -> str | None:
    """Return when a process started, in ticks since this machine did; None if there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
