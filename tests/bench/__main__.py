"""``make bench``: prints what was measured on this machine; asserts nothing.

python -m tests.bench [NAME ...] runs those benchmarks only.
"""

import sys

from tests.bench import (
    alignment,
    chunks,
    denoising,
    engines,
    estimates,
    photographs,
    reconstruction,
    rendering,
    scene_cost,
    staging,
    startup,
    submission,
    training,
)

BENCHMARKS = {
    "startup": startup.run,
    "rendering": rendering.run,
    "chunks": chunks.run,
    "scene_cost": scene_cost.run,
    "estimates": estimates.run,
    "denoising": denoising.run,
    "engines": engines.run,
    "staging": staging.run,
    "submission": submission.run,
    "training": training.run,
    "photographs": photographs.run,
    "alignment": alignment.run,
    "reconstruction": reconstruction.run,
}


def main(names: list[str]) -> None:
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        print(f"== {name}", flush=True)
        BENCHMARKS[name]()


main(sys.argv[1:])
