"""The record of a training: metrics.jsonl, whose bytes are the same in every run, and TensorBoard's files."""

import json
from pathlib import Path

from torch.utils.tensorboard.writer import SummaryWriter

METRICS = "metrics.jsonl"
TENSORBOARD = "tensorboard"


class Journal:
    """Writes each record to metrics.jsonl and to TensorBoard.

    Parameters
    ----------
    directory : Path
        Of the training.
    lines : str
        What metrics.jsonl held at the checkpoint from which the training goes on; empty for a new one.
    step : int
        The step of that checkpoint; what TensorBoard has beyond it is purged.
    """

    def __init__(self, directory: Path, *, lines: str, step: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / METRICS
        self._lines = [lines]
        self.path.write_text(lines, encoding="utf-8")
        self._board = SummaryWriter(str(directory / TENSORBOARD), purge_step=step + 1 if step else None)
        # A resumed training may be on a fresh machine, where TensorBoard's files begin anew.
        for line in lines.splitlines():
            self._show(**json.loads(line))

    def record(self, step: int, **values: float) -> None:
        """Write one line: the step and its values. No clock is in it."""
        line = json.dumps({"step": step, **values}) + "\n"
        self._lines.append(line)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        self._show(step, **values)
        # An exception may end the training at any step; its curve is wanted then above all.
        self._board.flush()

    def _show(self, step: int, **values: float) -> None:
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    @property
    def lines(self) -> str:
        """All that metrics.jsonl holds, for a checkpoint."""
        return "".join(self._lines)

    def close(self) -> None:
        """Close TensorBoard's file."""
        self._board.close()
