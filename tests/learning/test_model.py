from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import parse_response
from hdrbatch.imaging.sensor import Sensor
from hdrbatch.learning.inputs import channels_per_photo, channels_together, network_input
from hdrbatch.learning.model import build_network, load_model, save_model
from hdrbatch.provenance.versions import version_of
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec
from tests.learning.forgeries import forged

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]


LADDER = (-2.0, 0.0, 2.0)


@pytest.mark.parametrize("fusion", ["stacked", "attention"])
def test_a_saved_model_is_loaded_with_its_weights_and_its_variant(
    tmp_path: Path, small_variant: Make, fusion: str
) -> None:
    variant = small_variant(
        inputs={"ev": LADDER}, network={"fusion": fusion, "output": "radiance", "dropout": 0.5}
    )
    network = build_network(variant).eval()
    save_model(tmp_path / "model.pt", network, variant)

    loaded = load_model(tmp_path / "model.pt", CPU)

    photos = torch.rand(1, 3, channels_per_photo(variant.inputs, variant.network), 8, 8)
    together = torch.rand(1, channels_together(variant.network), 8, 8)
    assert loaded.variant == variant
    assert not loaded.network.training
    assert torch.equal(loaded.network(photos, together), network(photos, together))


@pytest.mark.parametrize("mode", ["photographs", "candidates", "both"])
@pytest.mark.parametrize("fusion", ["stacked", "attention"])
@pytest.mark.parametrize("masks", [True, False])
def test_the_network_takes_what_its_inputs_make(
    small_variant: Make, mode: str, fusion: str, masks: bool
) -> None:
    inputs = InputSpec.model_validate({"mode": mode, "ev": (*LADDER, 4.0)})
    network = NetworkSpec.model_validate({"width": 4, "depth": 1, "fusion": fusion, "masks": masks})
    photos, exposures = torch.rand(2, 4, 3, 8, 8), torch.tensor([[0.25, 1.0, 4.0, 16.0]] * 2)

    given = network_input(photos, exposures, inputs, network, parse_response("srgb"), Sensor())
    built = build_network(VariantSpec(inputs=inputs, network=network))

    assert built(given.photos_bnkhw, given.together_bkhw).shape == (2, 3, 8, 8)


def test_the_plain_network_has_the_seeds_19_convolutions_and_4_poolings() -> None:
    plain = VariantSpec.model_validate(
        {"network": {"fusion": "stacked", "masks": False, "output": "radiance", "width": 4, "depth": 4}}
    )

    modules = list(build_network(plain).modules())

    assert sum(isinstance(module, nn.Conv2d) for module in modules) == 19
    assert sum(isinstance(module, nn.MaxPool2d) for module in modules) == 4


def test_the_same_weights_give_the_same_bytes_under_any_name(tmp_path: Path, small_variant: Make) -> None:
    for name in ("a.pt", "another.pt"):
        save_model(tmp_path / name, build_network(small_variant(seed=5)), small_variant(seed=5))

    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


@pytest.mark.parametrize("fusion", ["stacked", "attention"])
def test_seed_0_is_a_seed_and_decides_the_weights(small_variant: Make, fusion: str) -> None:
    first, same, other = (
        build_network(small_variant(network={"fusion": fusion}, seed=seed)).state_dict() for seed in (0, 0, 1)
    )

    drawn = [name for name, value in first.items() if value.std() > 0]
    assert len(drawn) >= 11
    for name in drawn:
        assert torch.equal(first[name], same[name])
        assert not torch.equal(first[name], other[name])


def test_a_residual_network_starts_at_zero_and_a_radiance_network_does_not(small_variant: Make) -> None:
    for output, starts_at_zero in (("residual", True), ("radiance", False)):
        network = build_network(small_variant(network={"output": output}))
        assert (network.unet.last.weight.abs().sum() == 0) == starts_at_zero


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.pt: the model file does not exist; give the model.pt"):
        load_model(tmp_path / "none.pt", CPU)


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(50)]
)
def test_a_file_of_another_kind_is_rejected(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(content)

    with pytest.raises(
        UserError, match=r"picture.png: not a model file, or a damaged one; give the model.pt"
    ):
        load_model(tmp_path / "picture.png", CPU)


def test_a_folder_and_a_cut_file_are_rejected(tmp_path: Path, small_variant: Make) -> None:
    path = tmp_path / "model.pt"
    save_model(path, build_network(small_variant()), small_variant())
    path.write_bytes(path.read_bytes()[:-100])

    for unusable in (path, tmp_path):
        with pytest.raises(UserError, match="not a model file, or a damaged one"):
            load_model(unusable, CPU)


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], torch.zeros(3)])
def test_another_programs_torch_file_is_rejected(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pt")

    with pytest.raises(UserError, match=r"other.pt: a torch file, but not a model of hdrbatch"):
        load_model(tmp_path / "other.pt", CPU)


def test_another_version_is_rejected_with_both_versions(tmp_path: Path) -> None:
    torch.save({"format": "hdrbatch model", "version": 99}, tmp_path / "later.pt")
    torch.save({"format": "hdrbatch model", "version": 1}, tmp_path / "earlier.pt")

    with pytest.raises(
        UserError, match=f"model version 99, but this hdrbatch reads version {version_of('model')}"
    ):
        load_model(tmp_path / "later.pt", CPU)
    with pytest.raises(UserError, match=r"model version 1, .*; retrain the variant, or use the hdrbatch"):
        load_model(tmp_path / "earlier.pt", CPU)


def test_weights_of_another_network_are_rejected(tmp_path: Path, small_variant: Make) -> None:
    save_model(tmp_path / "model.pt", build_network(small_variant()), small_variant(network={"width": 6}))

    with pytest.raises(
        UserError, match=r"model.pt: the variant and the weights of the model are not consistent"
    ):
        load_model(tmp_path / "model.pt", CPU)


@pytest.mark.parametrize("seed", range(60))
def test_a_forged_model_is_refused_by_name_or_can_be_used(
    tmp_path: Path, small_variant: Make, seed: int
) -> None:
    path, variant = tmp_path / "model.pt", small_variant(network={"width": 2, "depth": 1})
    save_model(path, build_network(variant), variant)
    path.write_bytes(forged(path.read_bytes(), seed))

    try:
        model = load_model(path, CPU)
    except UserError as error:
        assert "model.pt: " in str(error)  # noqa: PT017 (either is right)
        return

    values = model.network.state_dict().values()
    assert all(bool(torch.isfinite(value).all()) for value in values)


def test_a_model_that_describes_a_giant_is_refused_before_it_is_built(
    tmp_path: Path, small_variant: Make
) -> None:
    path, variant = tmp_path / "model.pt", small_variant(network={"width": 2, "depth": 1})
    save_model(path, build_network(variant), variant)
    content = torch.load(path, weights_only=True)
    content["variant"]["network"] |= {"width": 512, "depth": 6}
    content["variant"]["training"]["crop"] = 64
    torch.save(content, path)

    with pytest.raises(UserError, match="the weights are not as many as the network's"):
        load_model(path, CPU)
