"""Context of a running task: payload, inputs, output paths and time measurement."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from hdrbatch.errors import MissingInputError, TaskError
from hdrbatch.plan.task import Task
from hdrbatch.records.base import RecordType, parse_record
from hdrbatch.records.file_entry import FileEntry
from hdrbatch.storage.base import Store
from hdrbatch.storage.cache import NodeCache
from hdrbatch.storage.receipts import Receipt, TaskRef, read_receipt
from hdrbatch.storage.transfer import download, download_all, run_concurrently
from hdrbatch.stored_names import path_below
from hdrbatch.worker.stop import StopRequest
from hdrbatch.worker.usage import Usage


class TaskContext:
    """One running task on this machine.

    Parameters
    ----------
    task
        The task to run.
    store
        Store that inputs are fetched from.
    scratch
        An empty folder that is removed after the task.
    num_threads
        Number of threads that the task may use.
    device
        Device of torch: ``cpu``, ``cuda`` or ``cuda:N``.
    cache
        The node's cache of inputs, or None.
    stop
        Becomes true when the task should save its progress and raise InterruptedRunError.
    usage
        Time and memory used so far, for the receipt.

    Raises
    ------
    MissingInputError
        If a task that this one needs has no receipt.
    """

    def __init__(
        self,
        task: Task,
        store: Store,
        scratch: Path,
        *,
        num_threads: int,
        stop: StopRequest,
        usage: Usage,
        device: str = "cpu",
        cache: NodeCache | None = None,
    ) -> None:
        self.task = task
        self.store = store
        self.scratch = scratch
        self.num_threads = num_threads
        self.device = device
        self.cache = cache
        self.stop = stop
        self.usage = usage
        self._outputs: dict[str, Path] = {}
        self._discarded_prefixes: list[str] = []
        self.inputs: Mapping[TaskRef, Receipt] = self._receipts_of_needs()
        self._entries = {entry.key: entry for receipt in self.inputs.values() for entry in receipt.files}

    def _receipts_of_needs(self) -> dict[TaskRef, Receipt]:
        read = run_concurrently([partial(read_receipt, self.store, ref) for ref in self.task.needs])
        receipts = dict(zip(self.task.needs, read, strict=True))
        missing = [ref.id for ref, receipt in receipts.items() if receipt is None]
        if missing:
            raise MissingInputError(
                f"{len(missing)} of {len(receipts)} input(s) are not done: {', '.join(missing[:5])}"
                f"{', ...' if len(missing) > 5 else ''}; rerun the command to produce them"
            )
        return {ref: receipt for ref, receipt in receipts.items() if receipt is not None}

    def input_file(self, key: str) -> Path:
        """Fetch an input by its key to scratch, verified against its receipt."""
        if key not in self._entries:
            raise MissingInputError(f"{key} is in no receipt of the tasks that {self.task.id} needs")
        return self.fetch(self._entries[key])

    def input_record(self, key: str, record: type[RecordType]) -> RecordType:
        """Fetch, verify and parse an input that is a record; raise CorruptObjectError if it is not valid."""
        return parse_record(self.input_file(key).read_bytes(), key, record)

    def fetch(self, entry: FileEntry) -> Path:
        """Fetch any stored file to scratch, verified."""
        self.fetch_all([entry])
        return self._local_path(entry)

    def fetch_all(self, entries: Iterable[FileEntry]) -> None:
        """Fetch stored files concurrently; :meth:`fetch` and :meth:`input_file` then find them."""
        missing = {entry: path for entry in entries if not (path := self._local_path(entry)).exists()}
        if missing:
            with self.usage.phase("inputs"):
                fetch = download if self.cache is None else self.cache.fetch
                download_all(self.store, missing, fetch)

    def fetch_inputs(self, names: Iterable[str]) -> None:
        """Fetch inputs concurrently, by key; a missing one raises only when it is requested."""
        self.fetch_all(self._entries[key] for key in names if key in self._entries)

    def _local_path(self, entry: FileEntry) -> Path:
        return path_below(self.scratch / "inputs", entry.key)

    def output_file(self, key: str) -> Path:
        """Return the path where the task must write the file to be stored under this key."""
        path = path_below(self.scratch / "outputs", key)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._outputs[key] = path
        return path

    def working_folder(self) -> Path:
        """Create and return a folder for files that are not outputs."""
        path = self.scratch / "work"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def discard_when_done(self, prefix: str) -> None:
        """Register stored objects, by prefix, that become useless once this task has its receipt."""
        self._discarded_prefixes.append(prefix)

    def discard(self) -> None:
        """Delete the objects registered by :meth:`discard_when_done`."""
        for prefix in self._discarded_prefixes:
            for found in list(self.store.list(prefix)):
                self.store.delete(found.key)

    def finished_outputs(self) -> dict[str, Path]:
        """Return the files to store, by key; raise TaskError if an expected one is missing."""
        for key in self.task.outputs:
            path = self._outputs.get(key)
            if path is None or not path.is_file() or path.stat().st_size == 0:
                raise TaskError(f"{self.task.kind} {self.task.id} did not produce {key}")
        return self._outputs
