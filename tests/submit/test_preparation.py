import pytest

from hdrbatch.errors import SpecError
from hdrbatch.submit.preparation import prepare_render, prepare_sweep
from tests.conftest import TINY_JOB, TINY_SWEEP

RESPONSE = "emor:/no/such/file.txt:0.5"
SWEEPS = {
    "the camera of the training": f"base:\n  camera: {{response: '{RESPONSE}'}}\n ",
    "the curve that inverts photographs": f"base:\n  inputs: {{response: '{RESPONSE}'}}\n ",
}


def test_a_response_curve_whose_file_is_missing_is_refused_before_anything_is_rendered(
    folder_store, tmp_path
):
    (tmp_path / "job.yaml").write_text(f"{TINY_JOB}camera: {{response: '{RESPONSE}'}}\n")
    with pytest.raises(
        SpecError, match=r"job.yaml: response curve emor: the file /no/such/file.txt cannot be read"
    ):
        prepare_render(folder_store, str(tmp_path / "job.yaml"))


@pytest.mark.parametrize("place", SWEEPS)
def test_a_response_curve_of_a_sweep_whose_file_is_missing_is_refused(folder_store, tmp_path, place):
    (tmp_path / "sweep.yaml").write_text(TINY_SWEEP.replace("base:\n ", SWEEPS[place]))
    with pytest.raises(
        SpecError, match=r"sweep.yaml: response curve emor: the file /no/such/file.txt cannot be read"
    ):
        prepare_sweep(folder_store, str(tmp_path / "sweep.yaml"), dataset_may_be_missing=True)
