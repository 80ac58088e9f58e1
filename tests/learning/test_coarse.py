import numpy as np
import pytest
import torch

from hdrbatch.learning.coarse import CoarseChange, downscaled

WHOLE = (slice(0, 32), slice(0, 48))


def constant(*values: float) -> torch.Tensor:
    """(1, 3, 1, N): a row of pixels."""
    return torch.tensor(values).expand(1, 3, 1, -1)


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1.0)])
def test_pictures_are_reduced_to_the_shorter_side_of_training_and_keep_their_type(
    dtype: type[np.generic], white: float
) -> None:
    photo = np.full((60, 120, 3), white, dtype=dtype)
    photo[:, :60] = 0

    found = downscaled([photo, photo], 20)

    assert found is not None
    assert [one.shape for one in found] == [(20, 40, 3)] * 2
    assert found[0].dtype == dtype
    assert (found[0][:, :20] == 0).all()
    assert (found[0][:, 20:] == white).all()


def test_pictures_that_are_hardly_larger_are_not_reduced() -> None:
    assert downscaled([np.zeros((100, 800, 3), np.float32)], 40) is None


def test_areas_that_are_clipped_in_the_downscaled_picture_get_its_change() -> None:
    ones, gate = torch.ones(1, 3, 32, 48), torch.ones(1, 3, 32, 48)
    gate[:, 1] = 0
    coarse = CoarseChange(5 * torch.ones(1, 3, 4, 6), torch.ones(1, 3, 4, 6), 32, 48)

    found = coarse.blended(ones, gate, WHOLE)

    torch.testing.assert_close(found[:, [0, 2]], torch.full((1, 2, 32, 48), 5.0))
    assert (found[:, 1] == 1).all()


def test_areas_too_small_for_the_downscaled_picture_keep_the_change_at_full_size() -> None:
    ones = torch.ones(1, 3, 32, 48)
    coarse = CoarseChange(5 * torch.ones(1, 3, 4, 6), torch.zeros(1, 3, 4, 6), 32, 48)

    assert torch.equal(coarse.blended(ones, ones, WHOLE), ones)


def test_the_change_beside_what_is_clipped_is_not_mixed_in() -> None:
    values, clipped = [5.0] * 6 + [99.0] * 6, [1.0] * 6 + [0.0] * 6
    coarse = CoarseChange(constant(*values), constant(*clipped), 1, 48)

    found = coarse.blended(constant(*[1.0] * 48), constant(*[1.0] * 48), (slice(0, 1), slice(0, 48)))

    # Four pixels each; the last ones lie far from the clipped ones.
    torch.testing.assert_close(found[0, 0, 0, :20], torch.full((20,), 5.0))
    assert (found <= 5.0001).all()
    assert (found[0, 0, 0, -12:] == 1).all()


def test_a_grid_from_pixel_to_pixel_is_smoothed_away() -> None:
    grid = torch.ones(1, 3, 8, 12)
    grid[..., ::2, :] += 0.2
    grid[..., ::2] -= 0.1
    ones = torch.ones(1, 3, 32, 48)

    found = CoarseChange(grid, torch.ones_like(grid), 32, 48).blended(ones, ones, WHOLE)

    inner = found[..., 12:-12, 12:-12]
    assert (inner - 1.05).abs().max() < 1e-5


def test_parts_of_the_picture_get_what_the_whole_gets() -> None:
    generator = torch.Generator().manual_seed(0)
    coarse = CoarseChange(
        torch.rand(1, 3, 4, 6, generator=generator), torch.rand(1, 3, 4, 6, generator=generator), 32, 48
    )
    output, gate = (torch.rand(1, 3, 32, 48, generator=generator) for _ in range(2))
    part = (slice(8, 20), slice(16, 48))

    whole = coarse.blended(output, gate, WHOLE)

    found = coarse.blended(output[:, :, *part], gate[:, :, *part], part)
    torch.testing.assert_close(found, whole[:, :, *part])
