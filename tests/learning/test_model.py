from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hdrbatch.errors import UserError
from hdrbatch.learning.model import build_network, load_model, save_model
from hdrbatch.specs.training import VariantSpec

CPU = torch.device("cpu")
Make = Callable[..., VariantSpec]


def test_a_saved_model_is_loaded_with_its_weights_and_its_variant(
    tmp_path: Path, small_variant: Make
) -> None:
    variant = small_variant(mode="candidates", output="radiance", dropout=0.5)
    network = build_network(variant).eval()
    save_model(tmp_path / "model.pt", network, variant)

    loaded = load_model(tmp_path / "model.pt", CPU)

    x = torch.rand(1, 12, 8, 8)
    assert loaded.variant == variant
    assert torch.equal(loaded.network(x), network(x))


def test_the_same_weights_give_the_same_bytes_under_any_name(tmp_path: Path, small_variant: Make) -> None:
    for name in ("a.pt", "another.pt"):
        save_model(tmp_path / name, build_network(small_variant(seed=5)), small_variant(seed=5))

    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


def test_seed_0_is_a_seed_and_decides_the_weights(small_variant: Make) -> None:
    first, same, other = (
        build_network(small_variant(output="radiance", seed=seed)).last.weight for seed in (0, 0, 1)
    )

    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_a_residual_network_starts_at_zero_and_a_radiance_network_does_not(small_variant: Make) -> None:
    assert build_network(small_variant(output="residual")).last.weight.abs().sum() == 0
    assert build_network(small_variant(output="radiance")).last.weight.abs().sum() > 0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none.pt: there is no such model file: give the model.pt"):
        load_model(tmp_path / "none.pt", CPU)


@pytest.mark.parametrize(
    "content", [b"", b"no model", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(50)]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "picture.png").write_bytes(content)

    with pytest.raises(
        UserError, match=r"picture.png: not a model file, or a damaged one: give the model.pt"
    ):
        load_model(tmp_path / "picture.png", CPU)


def test_a_folder_and_a_cut_file_are_refused(tmp_path: Path, small_variant: Make) -> None:
    path = tmp_path / "model.pt"
    save_model(path, build_network(small_variant()), small_variant())
    path.write_bytes(path.read_bytes()[:-100])

    for unusable in (path, tmp_path):
        with pytest.raises(UserError, match="not a model file, or a damaged one"):
            load_model(unusable, CPU)


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], torch.zeros(3)])
def test_another_programs_torch_file_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pt")

    with pytest.raises(UserError, match=r"other.pt: a torch file, but not a model of hdrbatch"):
        load_model(tmp_path / "other.pt", CPU)


def test_a_later_version_is_refused_with_both_versions(tmp_path: Path) -> None:
    torch.save({"format": "hdrbatch model", "version": 99}, tmp_path / "later.pt")

    with pytest.raises(UserError, match=r"model version 99, while this hdrbatch reads version 1"):
        load_model(tmp_path / "later.pt", CPU)


def test_weights_of_another_network_are_refused(tmp_path: Path, small_variant: Make) -> None:
    save_model(
        tmp_path / "model.pt", build_network(small_variant(mode="candidates")), small_variant(mode="ldr")
    )

    with pytest.raises(UserError, match=r"model.pt: the model's parts do not fit together"):
        load_model(tmp_path / "model.pt", CPU)
