"""What the shell completes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hdrbatch.plan.stored_plans import save_plan
from tests.report.conftest import Shop
from tests.submit.fake_slurm.plans import indices

PLAN = indices(1)


@pytest.fixture
def completed(tmp_path):
    """What the program suggests for a command line whose last word is not finished, as bash asks it."""
    shop = Shop(tmp_path / "shop")
    shop.add_dataset("local", num_train=1, num_test=1)
    shop.add_sweep("small", "local")
    save_plan(shop.store, PLAN)
    program = shutil.which("hdrbatch", path=str(Path(sys.executable).parent))

    def complete(*words, store=shop.store.url):
        environment = {
            **os.environ,
            "HDRBATCH_STORE": store,
            "_HDRBATCH_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["hdrbatch", *words]),
            "COMP_CWORD": str(len(words)),
        }
        done = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.stdout.split()

    return complete


@pytest.mark.skipif(
    shutil.which("hdrbatch", path=str(Path(sys.executable).parent)) is None,
    reason="hdrbatch is not installed",
)
def test_jobs_plans_models_and_datasets_are_completed(completed, tmp_path):
    for command in ("render", "sweep"):
        assert {"local", "local-sweep"} <= set(completed(command, "loc"))
    for command in ("status", "logs", "retry", "cancel"):
        assert completed(command, "many") == [PLAN.id]
    assert completed("dataset", "show", "lo") == ["local"]
    assert completed("evaluate", "small/l") == ["small/ldr"]
    assert completed("reconstruct", "--model", "small/") == ["small/candidates", "small/ldr"]
    assert completed("status", "x") == []
    assert completed("status", "", store="s3://") == []
    elsewhere = completed("status", "--store", str(tmp_path / "empty"), "many")
    assert elsewhere == []
