from typing import Any

import numpy as np
import pytest
import torch

from hdrbatch.imaging.jpeg import jpeg_compressed
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.variation import DrawnCurves
from hdrbatch.learning.photography import Batch, Bracket, Camera, photographed
from hdrbatch.specs.simulated_camera import TrainingCameraSpec

SRGB = parse_response("srgb")
ONE_CAMERA = Camera(None, None)


def bracket(*brackets: tuple[float, ...], errors: tuple[tuple[float, ...], ...] | None = None) -> Bracket:
    evs_bn = np.asarray(brackets, dtype=np.float64)
    return Bracket(evs_bn, np.zeros_like(evs_bn) if errors is None else np.asarray(errors))


def wall(*radiance: float) -> torch.Tensor:
    return torch.tensor(radiance)[:, None, None, None].expand(-1, 3, 16, 16)


def taken(reference_bchw: torch.Tensor, evs: Bracket, camera: Camera = ONE_CAMERA, **spec: Any) -> Batch:
    noise = [torch.Generator().manual_seed(item) for item in range(len(reference_bchw))]
    settings = TrainingCameraSpec.model_validate({"noise": False, **spec})
    return photographed(reference_bchw, [reference_bchw], evs, camera, settings, noise)


def test_photographs_of_a_known_radiance_are_the_quantised_response() -> None:
    batch = taken(wall(0.1), bracket((-2, 0, 2)))

    assert batch.exposures_bn.tolist() == [[0.25, 1.0, 4.0]]
    codes = torch.round(SRGB.apply(torch.tensor([0.025, 0.1, 0.4])) * 255) / 255
    torch.testing.assert_close(batch.photos_bnchw, codes[None, :, None, None, None].expand(1, 3, 3, 16, 16))
    assert batch.curve == SRGB


def test_radiance_counts_in_the_middle_photographs_exposure() -> None:
    batch = taken(wall(0.2, 0.2), bracket((-3, -1, 1), (0, 2, 3)))

    torch.testing.assert_close(batch.reference_bchw[:, 0, 0, 0], torch.tensor([0.1, 0.8]))
    assert batch.exposures_bn.tolist() == [[0.25, 1.0, 4.0], [0.25, 1.0, 2.0]]
    middle = torch.round(SRGB.apply(torch.tensor([0.1, 0.8])) * 255) / 255
    torch.testing.assert_close(batch.photos_bnchw[:, 1, 0, 0, 0], middle)


def test_what_one_unit_is_in_ev_0_units_undoes_the_scale() -> None:
    batch = taken(wall(0.2, 0.7), bracket((-3, -1, 1), (0, 2, 3)))

    torch.testing.assert_close(batch.reference_bchw * batch.ev0_per_unit_b111, wall(0.2, 0.7))


def test_of_two_photographs_the_shorter_is_the_middle_one() -> None:
    batch = taken(wall(0.1), bracket((1, 3)))

    assert batch.exposures_bn.tolist() == [[1.0, 4.0]]
    torch.testing.assert_close(batch.reference_bchw.unique(), torch.tensor([0.2]))


def test_each_photograph_is_taken_of_its_own_source() -> None:
    reference, *sources = wall(0.1), wall(0.4), wall(0.1), wall(0.025)
    spec = TrainingCameraSpec(noise=False, response="linear")

    batch = photographed(
        reference, sources, bracket((-2, 0, 2)), ONE_CAMERA, spec, [torch.Generator().manual_seed(0)]
    )

    torch.testing.assert_close(
        batch.photos_bnchw, torch.full_like(batch.photos_bnchw, 0.1), atol=0.5 / 255, rtol=0
    )
    assert torch.equal(batch.reference_bchw, reference)


def test_every_photograph_and_every_item_has_new_noise() -> None:
    batch = taken(wall(0.2, 0.2), bracket((-2, 0, 2), (-2, 0, 2)), noise=True)

    flat = batch.photos_bnchw.flatten(2).flatten(0, 1)
    assert (flat.std(dim=1) > 0).all()
    correlation = torch.corrcoef(flat) - torch.eye(6)
    assert correlation.abs().max() < 0.15


def test_an_item_is_photographed_alone_as_among_others() -> None:
    evs, reference = bracket((-2, 0, 2), (-1, 1, 2)), wall(0.2, 0.3)
    spec = TrainingCameraSpec(jpeg_quality=(90, 90))
    camera = Camera(DrawnCurves("gamma", np.asarray([[1.8, 2.4]])), 90)

    def photos(items: slice) -> torch.Tensor:
        noise = [torch.Generator().manual_seed(item) for item in range(2)][items]
        share = reference[items]
        return photographed(share, [share], evs.share(items), camera.share(items), spec, noise).photos_bnchw

    together = photos(slice(0, 2))
    assert torch.equal(photos(slice(0, 1))[0], together[0])
    assert torch.equal(photos(slice(1, 2))[0], together[1])


def test_stated_exposures_are_off_by_the_errors_and_count_from_the_middle_one() -> None:
    exact, stated = (
        taken(wall(0.1), bracket((-2, 0, 2), errors=errors))
        for errors in (((0.0, 0.0, 0.0),), ((-0.25, 0.5, 0.75),))
    )

    torch.testing.assert_close(torch.log2(stated.exposures_bn), torch.tensor([[-2.75, 0.0, 2.25]]))
    assert torch.equal(stated.photos_bnchw, exact.photos_bnchw)
    assert torch.equal(stated.reference_bchw, exact.reference_bchw)
    assert torch.equal(stated.ev0_per_unit_b111, exact.ev0_per_unit_b111)


def test_stated_exposures_never_fall_however_large_the_errors_are() -> None:
    found = bracket((-1, -0.5, 0, 0.5), errors=((2.0, -2.0, 0.3, -1.0),)).stated_exposures_bn

    assert (np.diff(found, axis=1) >= 0).all()
    assert found[0, 1] == 1


def test_each_bracket_of_a_batch_has_its_own_curve() -> None:
    curves = DrawnCurves("sigmoid", np.asarray([[0.8, 1.0], [0.5, 0.7]]))

    batch = taken(wall(0.2, 0.2), bracket((0,), (0,)), Camera(curves, None), response="varied")

    expected = [
        parse_response(name).apply(torch.tensor(0.2)) for name in ("sigmoid:0.8,0.5", "sigmoid:1.0,0.7")
    ]
    found = batch.photos_bnchw[:, 0, 0, 0, 0]
    torch.testing.assert_close(found, torch.stack(expected), atol=0.5 / 255, rtol=0)
    assert found[0] != found[1]
    torch.testing.assert_close(
        batch.curve.invert(batch.photos_bnchw[:, 0]), wall(0.2, 0.2), atol=0.01, rtol=0
    )


@pytest.mark.parametrize("quality", [30, 95])
def test_every_photograph_goes_through_jpeg(quality: int) -> None:
    radiance = torch.rand(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
    evs = bracket((-1, 0, 1), (-1, 0, 1))

    plain, compressed = (taken(radiance, evs, Camera(None, found)) for found in (None, quality))

    for item in range(2):
        for n in range(3):
            expected = jpeg_compressed(plain.photos_bnchw[item, n], quality, channel_axis=0)
            torch.testing.assert_close(compressed.photos_bnchw[item, n], expected)
    assert not torch.equal(compressed.photos_bnchw, plain.photos_bnchw)


def test_a_share_of_a_camera_has_the_curves_of_its_items() -> None:
    curves = DrawnCurves("gamma", np.asarray([[1.8, 2.0, 2.2, 2.4]]))

    share = Camera(curves, 80).share(slice(2, 4))

    assert share.curves is not None
    assert share.curves.parameters.tolist() == [[2.2, 2.4]]
    assert share.jpeg_quality == 80
    assert ONE_CAMERA.share(slice(0, 1)) == ONE_CAMERA
