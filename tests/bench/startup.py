"""How long the command line takes to answer."""

import subprocess
import sys
import time

NUM_RUNS = 7


def run() -> None:
    """Print the median wall time of ``hdrbatch --help`` beside that of an empty Python."""
    help_s = median_s([sys.executable, "-m", "hdrbatch", "--help"])
    empty_s = median_s([sys.executable, "-c", "pass"])
    print(f"hdrbatch --help: {help_s:.2f} s (an empty Python: {empty_s:.2f} s), median of {NUM_RUNS}")


def median_s(command: list[str]) -> float:
    """Median wall seconds of a command."""
    times_s = []
    for _ in range(NUM_RUNS):
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times_s.append(time.perf_counter() - begin)
    return sorted(times_s)[NUM_RUNS // 2]
