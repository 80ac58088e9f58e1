"""Progress of a render in the store, so that any machine can resume it."""

import hashlib
import json
import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np

from hdrbatch.blender.sampling import SampleSum
from hdrbatch.errors import HdrbatchError, InterruptedRunError, ObjectNotFoundError
from hdrbatch.storage import keys
from hdrbatch.storage.transfer import upload
from hdrbatch.worker.context import TaskContext

NUM_READS = 3
"""Reads of a stored sum that cannot be verified before it is discarded: the transfer may be at fault."""
_FORMAT = "hdrbatch render progress 1"

_log = logging.getLogger(__name__)


class StoredProgress:
    """The sum of a task's samples so far: one object, with its own SHA-256.

    Parameters
    ----------
    context
        The task; its digest is in the object's key and in the object.
    total_samples
        Samples per pixel that the task renders.
    valid_samples
        Sample counts to resume from: the ends of all chunks except the task's last. Empty if the task is a
        single chunk; then nothing is ever stored.
    shape
        Shape of the picture: (height, width, 3).
    made_by
        The renderer and its version; samples of another one are rejected.
    part
        Name of one of several pictures of the task; empty for its first.
    """

    def __init__(
        self,
        context: TaskContext,
        *,
        total_samples: int,
        valid_samples: Collection[int],
        shape: tuple[int, int, int],
        made_by: str,
        part: str = "",
    ) -> None:
        self._context, self._store = context, context.store
        self.key = keys.progress(context.task.kind, context.task.id, context.task.digest, part)
        self._total_samples, self._valid_samples, self._shape = total_samples, valid_samples, shape
        self._identity = {
            "format": _FORMAT,
            "task": context.task.digest,
            "shape": list(shape),
            "made_by": made_by,
        }
        self._num_stored = 0
        if valid_samples:
            context.discard_when_done(self.key)

    def load(self) -> SampleSum | None:
        """Return the sum that an earlier run stored, or None if there is none to resume from."""
        if not self._valid_samples:
            return None
        try:
            done = self._read()
        except ObjectNotFoundError:
            return None
        except (HdrbatchError, ValueError) as error:
            _log.warning("the stored progress cannot be used; the render starts from scratch: %s", error)
            return None
        self._num_stored = done.samples
        _log.info("resuming from sample %d of %d", done.samples, self._total_samples)
        return done

    def after_chunk(self, done: SampleSum) -> None:
        """Store the sum if a run can resume from it, and end this run if a stop is requested.

        A failing store loses this progress, not the render.

        Raises
        ------
        InterruptedRunError
            If a stop is requested.
        """
        if done.samples not in self._valid_samples:
            return
        path = self._context.working_folder() / "progress"
        try:
            self._write(path, done)
            upload(self._store, self.key, path)
            self._num_stored = done.samples
        except (HdrbatchError, OSError) as error:
            _log.warning("the progress could not be stored; rendering continues: %s", error)
        finally:
            path.unlink(missing_ok=True)
        self.stop_if_requested()

    def stop_if_requested(self) -> None:
        """Raise InterruptedRunError if a stop is requested."""
        if self._context.stop.requested:
            raise InterruptedRunError(
                f"stopped after a chunk, as requested: {self._num_stored} of {self._total_samples} samples "
                "are stored; rerun the same command to resume"
            )

    def _read(self) -> SampleSum:
        for _ in range(NUM_READS - 1):
            try:
                return self._decoded(self._store.get_bytes(self.key))
            except ValueError as error:
                _log.warning("%s: %s (reading it again)", self.key, error)
        return self._decoded(self._store.get_bytes(self.key))

    def _decoded(self, data: bytes) -> SampleSum:
        sha256, _, content = data.partition(b"\n")
        if hashlib.sha256(content).hexdigest().encode() != sha256:
            raise ValueError("it is damaged (its SHA-256 differs)")
        header, _, sums = content.partition(b"\n")
        values = json.loads(header)
        samples = values.pop("samples", None)
        if values != self._identity or samples not in self._valid_samples:
            raise ValueError(f"it belongs to another render: {header.decode()}")
        radiance = np.frombuffer(sums, "<f8").reshape(self._shape)
        return SampleSum(samples, radiance)

    def _write(self, path: Path, done: SampleSum) -> None:
        header = json.dumps(self._identity | {"samples": done.samples}).encode() + b"\n"
        sums = np.ascontiguousarray(done.radiance, "<f8").tobytes()
        sha256 = hashlib.sha256(header)
        sha256.update(sums)
        with path.open("wb") as file:
            file.writelines((sha256.hexdigest().encode() + b"\n", header, sums))
