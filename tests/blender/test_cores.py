import os
import subprocess
import sys
from pathlib import Path

import pytest

from hdrbatch.blender.cores import limited_to_cores

PROGRAM = """
import sys, time
from pathlib import Path
from hdrbatch.blender.cores import limited_to_cores
with limited_to_cores(1):
    from hdrbatch.blender.rendering import render_image
    from hdrbatch.scenes.build import build_scene
from hdrbatch.blender.sampling import RenderSettings
build_scene("street", 1)
wall, cpu = time.perf_counter(), time.process_time()
render_image(RenderSettings(96, 72, num_threads=1), 16, Path(sys.argv[1]))
print((time.process_time() - cpu) / (time.perf_counter() - wall))
"""


def test_all_cores_are_there_again_after_the_block():
    before = os.sched_getaffinity(0)
    with limited_to_cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
    with limited_to_cores(10_000):
        assert os.sched_getaffinity(0) == before


def test_a_render_with_one_thread_takes_one_core(tmp_path):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert float(done.stdout) < 1.2
