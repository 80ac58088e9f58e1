"""Records of a training run: metrics.jsonl, which is byte-identical in every run, and TensorBoard's files."""

import json
from pathlib import Path

from torch.utils.tensorboard.writer import SummaryWriter

METRICS = "metrics.jsonl"
TENSORBOARD = "tensorboard"


class Journal:
    """Writer of each record to metrics.jsonl and to TensorBoard.

    Parameters
    ----------
    directory : Path
        Folder of the training run.
    lines : str
        Content of metrics.jsonl at the checkpoint from which training resumes; empty for a new run.
    step : int
        The step of that checkpoint; later steps in TensorBoard's files are purged.
    """

    def __init__(self, directory: Path, *, lines: str, step: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / METRICS
        self._lines = [lines]
        self.path.write_text(lines, encoding="utf-8")
        self._board = SummaryWriter(str(directory / TENSORBOARD), purge_step=step + 1 if step else None)
        # A resumed training run may be on a fresh machine without TensorBoard's earlier files.
        for line in lines.splitlines():
            self._show(**json.loads(line))

    def record(self, step: int, **values: float) -> None:
        """Write one line with the step and its values, but no time."""
        line = json.dumps({"step": step, **values}) + "\n"
        self._lines.append(line)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        self._show(step, **values)
        # An exception may end the training at any step; its curve is needed most then.
        self._board.flush()

    def _show(self, step: int, **values: float) -> None:
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    @property
    def lines(self) -> str:
        """Content of metrics.jsonl, for a checkpoint."""
        return "".join(self._lines)

    def close(self) -> None:
        """Close TensorBoard's file."""
        self._board.close()
