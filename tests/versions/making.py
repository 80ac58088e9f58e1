"""Makes golden outputs of the tree that it stands in: ``python -m tests.versions.making OUT NAME...``.

It is a process of its own, so that the sources of an earlier commit can make theirs in the same way.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import hdrbatch
from tests.versions.products import PRODUCTS


def main(output: Path, names: list[str]) -> None:
    """Write the SHA-256 of every part of every product that this tree knows."""
    package = Path(hdrbatch.__path__[0]).resolve()
    assert package.parent == Path.cwd().resolve(), f"{package} is not of this tree"
    made = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if name not in PRODUCTS:
                continue
            begin = time.perf_counter()
            parts = PRODUCTS[name].make(Path(folder))
            made[name] = {part: hashlib.sha256(content).hexdigest() for part, content in parts}
            print(f"{name}: {time.perf_counter() - begin:.1f} s", flush=True)
    output.write_text(json.dumps(made))


if __name__ == "__main__":
    exit_code = 1
    try:
        main(Path(sys.argv[1]), sys.argv[2:])
        exit_code = 0
    except BaseException:  # noqa: BLE001 (Blender must not have a say in how the process ends)
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(exit_code)
