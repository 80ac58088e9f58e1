"""Progress of a running plan: bars on a terminal, occasional lines elsewhere."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.progress import Task as Bar
from rich.table import Column
from rich.text import Text

from hdrbatch.plan.task import Plan, Task
from hdrbatch.storage.receipts import TaskRef

LOG_TAIL_LINES = 12
LINE_INTERVAL_S = 10.0
MIN_DONE_FOR_ESTIMATE = 3
MIN_SECONDS_FOR_ESTIMATE = 3.0


class Progress:
    """Display of one plan's run: bars on a terminal, elsewhere a line at most every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Bars | None = None
        self._bar_of_kind: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}
        self._messages: dict[str, str] = {}
        """Last progress message of each running task, by task id."""
        self._counts: dict[str, list[int]] = {}
        self._begun: dict[str, tuple[float, int]] = {}
        """Start time of each stage's first task in this run, and the number of tasks done before."""
        self._started_s = 0.0
        self._last_line_s = 0.0

    @contextmanager
    def running(self, plan: Plan, done: set[TaskRef]) -> Iterator[None]:
        """Show the plan's stages within the context."""
        self._started_s = self._last_line_s = time.monotonic()
        self._counts = {
            stage.kind: [sum(task.ref in done for task in stage.tasks), len(stage.tasks)]
            for stage in plan.stages
        }
        self._begun = {}
        self._names = {kind: [] for kind in self._counts}
        if not self._console.is_terminal:
            yield
            return
        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()]
        times = [
            TimeElapsedColumn(),
            _RemainingColumn(self),
            TextColumn(
                "{task.fields[names]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
            ),
        ]
        with Bars(*columns, *times, console=self._console) as self._bars:
            for kind, (num_done, total) in self._counts.items():
                bar = self._bars.add_task(kind, total=total, completed=num_done, names="", start=False)
                self._bar_of_kind[kind] = bar
            yield
        self._bars = None

    def started(self, task: Task) -> None:
        """Show that a task has started."""
        self._begun.setdefault(task.kind, (time.monotonic(), self._counts[task.kind][0]))
        self._names[task.kind].append(task.id)
        if self._bars is not None:
            self._bars.start_task(self._bar_of_kind[task.kind])  # type: ignore[arg-type]
        self._show(task.kind)

    def report(self, task: Task, message: str) -> None:
        """Show a running task's progress message."""
        if self._messages.get(task.id) != message:
            self._messages[task.id] = message
            self._show(task.kind)

    def finished(self, task: Task) -> None:
        """Show that a task is done."""
        self._names[task.kind].remove(task.id)
        self._counts[task.kind][0] += 1
        if self._bars is not None:
            self._bars.advance(self._bar_of_kind[task.kind])  # type: ignore[arg-type]
        self._show(task.kind)

    def failed(self, task: Task, reason: str, log: Sequence[str]) -> None:
        """Show why a task failed, and the end of its log."""
        self._names[task.kind].remove(task.id)
        self._console.print(Text(f"{task.kind} {task.id} {reason}; the end of its log:", style="bold red"))
        for line in log[-LOG_TAIL_LINES:] or ["(the log is empty)"]:
            self._console.print(Text(f"  | {line}"))
        self._show(task.kind)

    def requeued(self, task: Task) -> None:
        """Show that a running task was put back in the queue."""
        self._names[task.kind].remove(task.id)
        self._show(task.kind)

    def blocked(self, task: Task, lost: Sequence[TaskRef]) -> None:
        """Show that a task is blocked, since a task that it needs failed."""
        names = ", ".join(need.id for need in lost[:3]) + (", ..." if lost[3:] else "")
        self._console.print(Text(f"{task.kind} {task.id} is blocked: it needs {names}", style="yellow"))

    def message(self, text: str) -> None:
        """Print a message between the bars or lines."""
        self._console.print(Text(text))

    def _show(self, kind: str) -> None:
        num_done, total = self._counts[kind]
        names = self._names[kind]
        if self._bars is not None:
            shown = self._of_names(names[:2]) + (f" +{len(names) - 2}" if names[2:] else "")
            self._bars.update(self._bar_of_kind[kind], names=shown)  # type: ignore[arg-type]
            return
        now = time.monotonic()
        if num_done == total or now - self._last_line_s >= LINE_INTERVAL_S:
            self._last_line_s = now
            passed_s, left = now - self._started_s, self._time_left(kind)
            running = "".join(f"; {self._of_names([name])}" for name in names if name in self._messages)
            done = f"{kind}: {num_done} of {total} done after {passed_s:.0f} s{left}"
            self._console.print(Text(done + running))

    def _of_names(self, names: Sequence[str]) -> str:
        return ", ".join(f"{name} {self._messages.get(name, '')}".rstrip() for name in names)

    def _time_left(self, kind: str) -> str:
        """Return the remaining time, estimated from the stage's rate; empty if the rate is unknown."""
        num_done, total = self._counts[kind]
        rate = self._rate_per_s(kind)
        if rate is None or num_done == total:
            return ""
        seconds = (total - num_done) / rate
        return f", about {seconds:.0f} s left" if seconds < 120 else f", about {seconds / 60:.0f} min left"

    def _rate_per_s(self, kind: str) -> float | None:
        """Return tasks per second in this run; None while too few are done."""
        begun_s, num_before = self._begun.get(kind, (0.0, 0))
        num_new = self._counts[kind][0] - num_before
        passed_s = time.monotonic() - begun_s
        return (
            num_new / passed_s
            if num_new >= MIN_DONE_FOR_ESTIMATE and passed_s >= MIN_SECONDS_FOR_ESTIMATE
            else None
        )


class _RemainingColumn(ProgressColumn):
    """Column with the tasks per minute and the remaining time."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(Column(no_wrap=True))
        self._progress = progress

    def render(self, task: Bar) -> Text:
        rate = self._progress._rate_per_s(task.description)  # noqa: SLF001 (of the same module)
        left = self._progress._time_left(task.description)  # noqa: SLF001
        return Text(f"{rate * 60:.1f}/min{left}" if rate else "", style="cyan")
