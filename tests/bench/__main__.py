"""``make bench``: prints what was measured on this machine; asserts nothing.

python -m tests.bench [NAME [NUMBER ...] ...] runs those benchmarks only; faults takes a number and a seed.
"""

import sys

from tests.bench import (
    alignment,
    chunks,
    denoising,
    engines,
    estimates,
    faults,
    fuzz,
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
    "fuzz": fuzz.run,
    "staging": staging.run,
    "faults": faults.run,
    "submission": submission.run,
    "training": training.run,
    "photographs": photographs.run,
    "alignment": alignment.run,
    "reconstruction": reconstruction.run,
}


def main(words: list[str]) -> None:
    chosen: dict[str, list[int]] = {}
    for word in words:
        if word.isdecimal() and chosen:
            list(chosen.values())[-1].append(int(word))
        elif word in BENCHMARKS:
            chosen[word] = []
        else:
            sys.exit(f"no benchmark {word!r}: there are {', '.join(BENCHMARKS)}")
    for name, numbers in (chosen or dict.fromkeys(BENCHMARKS, ())).items():
        print(f"== {name}", flush=True)
        BENCHMARKS[name](*numbers)


main(sys.argv[1:])
