"""One holder at a time, whoever dies, in stores without conditional writes."""

import multiprocessing
import subprocess
import threading
import time

import pytest

from hdrbatch.errors import UserError
from hdrbatch.storage import keys, lease
from hdrbatch.storage.folder import FolderStore
from hdrbatch.storage.lease import Lease, Ticket, lease_holder
from tests.waiting import wait_until


def ticket(**more):
    return Ticket.of_this_process("plan", "run").model_copy(update=more)


def refuse(other):
    raise UserError(f"held by {other.holder}")


def wait(other):
    pass


def elsewhere(store, **more):
    """A ticket of a process on another machine."""
    other = ticket(machine="another", host="node7", **more)
    store.put_bytes(keys.leases("x") + "00000001-0000.json", other.to_bytes())
    return other


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(lease, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(lease, "EXPIRY_S", 0.6)
    monkeypatch.setattr(lease, "POLL_S", 0.02)


def test_a_second_holder_is_refused_and_nothing_is_left_of_both(store):
    with Lease(store, "x", ticket(), refuse):
        assert lease_holder(store, "x").plan == "plan"
        with pytest.raises(UserError, match="held by process"), Lease(store, "x", ticket(), refuse):
            raise AssertionError("two holders")
        with Lease(store, "y", ticket(), refuse):
            pass
        assert lease_holder(store, "x").plan == "plan"
    assert lease_holder(store, "x") is None
    assert list(store.list("")) == []


def hold_in_turn(folder, log, number):
    lease.POLL_S = 0.01
    for _ in range(3):
        with Lease(FolderStore(folder), "x", ticket(), wait):
            with log.open("a") as file:
                file.write(f"begin {number}\n")
            time.sleep(0.01)
            with log.open("a") as file:
                file.write(f"end {number}\n")


def test_processes_that_come_at_once_hold_it_one_after_the_other(tmp_path):
    context = multiprocessing.get_context("spawn")
    log = tmp_path / "log"
    processes = [context.Process(target=hold_in_turn, args=(tmp_path / "store", log, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    lines = log.read_text().splitlines()
    assert len(lines) == 24
    assert all(one.replace("begin", "end") == two for one, two in zip(lines[::2], lines[1::2], strict=True))


def test_threads_that_come_at_once_hold_it_one_after_the_other(store, quick):
    held, most = [], []

    def hold():
        with Lease(store, "x", ticket(), wait):
            held.append(1)
            most.append(len(held))
            time.sleep(0.02)
            held.pop()

    threads = [threading.Thread(target=hold) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 5


@pytest.mark.parametrize("name", ["00000001-0000.json", "choosing-0000.json"])
def test_a_process_that_died_on_this_machine_holds_nothing(name, folder_store):
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    for dead in (ticket(pid=ended.pid), ticket(started="1")):
        folder_store.put_bytes(keys.leases("x") + name, dead.to_bytes())
        assert lease_holder(folder_store, "x") is None
        with Lease(folder_store, "x", ticket(), refuse):
            pass
        assert list(folder_store.list("")) == []


def test_a_holder_elsewhere_whose_counter_stands_still_is_dead_after_a_while(folder_store, quick):
    elsewhere(folder_store)
    began_s = time.monotonic()
    with Lease(folder_store, "x", ticket(), refuse):
        assert time.monotonic() - began_s > lease.EXPIRY_S
        assert [found.key for found in folder_store.list("")] == [lease_key(folder_store)]


def lease_key(store):
    (found,) = [one.key for one in store.list("") if "0000.json" not in one.key]
    return found


def test_a_holder_elsewhere_whose_counter_grows_is_alive(folder_store, quick):
    other = elsewhere(folder_store)
    end = threading.Event()

    def beat():
        counter = 0
        while not end.wait(0.02):
            counter += 1
            elsewhere(folder_store, counter=counter)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(UserError, match="on node7"), Lease(folder_store, "x", ticket(), refuse):
            raise AssertionError("two holders")
    finally:
        end.set()
        thread.join()
    assert lease_holder(folder_store, "x").holder == other.holder


def test_a_damaged_ticket_that_nobody_renews_is_dead_after_a_while(folder_store, quick):
    folder_store.put_bytes(keys.leases("x") + "00000001-0000.json", b"{")
    with Lease(folder_store, "x", ticket(), refuse):
        pass


def test_a_holder_beats_and_names_what_is_in_progress(folder_store, quick):
    with Lease(folder_store, "x", ticket(), refuse) as held:
        held.show_running(["render_exposure/a"])
        wait_until(lambda: lease_holder(folder_store, "x").running == ("render_exposure/a",))
        counter = lease_holder(folder_store, "x").counter
        wait_until(lambda: lease_holder(folder_store, "x").counter > counter)
        assert not held.is_lost


def test_a_holder_whose_ticket_was_taken_away_knows_it(folder_store, quick):
    with Lease(folder_store, "x", ticket(), refuse) as held:
        folder_store.delete(lease_key(folder_store))
        wait_until(lambda: held.is_lost)
    assert list(folder_store.list("")) == []


def test_a_dead_holder_s_ticket_that_comes_back_is_deleted(folder_store, quick):
    elsewhere(folder_store)
    with Lease(folder_store, "x", ticket(), refuse):
        elsewhere(folder_store, counter=1)
        wait_until(lambda: len(list(folder_store.list(""))) == 1)


def test_whoever_was_taken_for_dead_while_choosing_draws_again(folder_store, monkeypatch):
    put = folder_store.put_bytes
    taken = []

    def put_and_take(key, data):
        put(key, data)
        if "choosing" in key and not taken:
            taken.append(key)
            folder_store.delete(key)

    monkeypatch.setattr(folder_store, "put_bytes", put_and_take)
    with Lease(folder_store, "x", ticket(), refuse):
        assert len(list(folder_store.list(""))) == 1
    assert taken
