import cv2
import numpy as np
import pytest

from hdrbatch.errors import TaskError
from hdrbatch.imaging.rgbe import write_hdr


def test_values_are_read_back_to_the_precision_of_rgbe(tmp_path):
    radiance = np.random.default_rng(0).lognormal(0, 4, (37, 53, 3)).astype(np.float32)
    radiance[0, 0] = [2.5e6, 0.0, 0.0]
    radiance[0, 1] = [0.5, -0.5, 0.25]
    radiance[0, 2] = [-1.0, -2.0, -3.0]
    write_hdr(tmp_path / "a.hdr", radiance)
    assert (tmp_path / "a.hdr").read_bytes().startswith(b"#?RADIANCE")
    back = cv2.imread(str(tmp_path / "a.hdr"), cv2.IMREAD_UNCHANGED)[..., ::-1]
    error = np.abs(back - np.maximum(radiance, 0)) / np.maximum(radiance.max(axis=-1, keepdims=True), 1e-6)
    assert error.max() < 0.01


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_values_without_a_code_are_rejected(tmp_path, value):
    radiance = np.full((4, 4, 3), value, np.float32)
    with pytest.raises(TaskError, match="RGBE has no code for the NaN or infinite values"):
        write_hdr(tmp_path / "a.hdr", radiance)


def test_a_name_without_the_suffix_is_written_too(tmp_path):
    write_hdr(tmp_path / "part", np.ones((4, 4, 3), np.float32))
    assert (tmp_path / "part").read_bytes().startswith(b"#?RADIANCE")
