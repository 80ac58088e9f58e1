"""What the jobs run lies where nobody else can write."""

import os
import stat
from pathlib import Path

import pytest

from hdrbatch.errors import SetUpError
from hdrbatch.submit.slurm.arrays import SubmissionRequest, submit_plan
from tests.submit.fake_slurm.plans import indices, slurm_cluster


def submit(store, cluster, number=2):
    return submit_plan(indices(number), store, cluster, set(), SubmissionRequest(range(number)))


@pytest.fixture
def open_umask():
    earlier = os.umask(0o002)
    yield
    os.umask(earlier)


@pytest.mark.parametrize("number", [1, 3])
def test_folders_and_pickles_of_jobs_are_the_user_s_alone(
    number, open_umask, fake_slurm, folder_store, tmp_path
):
    (submitted,) = submit(folder_store, slurm_cluster(tmp_path / "logs"), number)
    folder = Path(submitted.folder)
    folders = [folder, folder.parent, tmp_path / "logs"]
    assert [stat.S_IMODE(one.stat().st_mode) for one in folders] == [0o700] * 3
    files = [one for one in folder.iterdir() if not one.is_symlink()]
    assert sum(one.suffix == ".pkl" for one in files) == number
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}


@pytest.mark.parametrize("place", ["logs", "logs/PLAN", "."])
def test_nothing_is_submitted_if_others_could_change_what_the_jobs_run(
    place, fake_slurm, folder_store, tmp_path
):
    shared = tmp_path / "shared" / place.replace("PLAN", indices(2).id)
    shared.mkdir(parents=True)
    for one in (tmp_path / "shared", tmp_path / "shared" / "logs"):
        if one.exists():
            one.chmod(0o755)
    shared.chmod(0o775)
    with pytest.raises(SetUpError, match="others can (write to|replace) it.*set folder in the cluster file"):
        submit(folder_store, slurm_cluster(tmp_path / "shared" / "logs"))
    assert fake_slurm.jobs == {}


def test_a_folder_that_cannot_be_created_is_bad_input(fake_slurm, folder_store, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SetUpError, match="cannot be created .*set folder in the cluster file"):
        submit(folder_store, slurm_cluster(tmp_path / "file" / "logs"))
