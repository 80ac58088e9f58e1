import pytest
from pydantic import ValidationError

from hdrbatch.specs.simulated_camera import CameraSpec


@pytest.mark.parametrize(
    "response", ["linear", "gamma:2.2", "sigmoid:0.9,0.6", "emor:/data/emor.txt:0", "emor:a b.txt:-.5,1e-3"]
)
def test_a_camera_takes_every_response_curve(response):
    assert CameraSpec(response=response).response == response


@pytest.mark.parametrize(
    "response", ["emor:emor.txt", "emor::1", "emor:emor.txt:", "emor:e.txt:1,x", "gamma:0"]
)
def test_a_camera_rejects_an_invalid_response_curve(response):
    with pytest.raises(ValidationError, match="no such response curve; use .* or emor:"):
        CameraSpec(response=response)
