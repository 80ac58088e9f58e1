import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs.load import load_yaml
from hdrbatch.specs.sweep import SweepSpec

SWEEP = """\
sweep: tiny
dataset: tiny
base:
  network: {width: 8, depth: 2}
variants:
  one: {}
  three:
    inputs.mode: candidates
    inputs.ev: [-2, 0, 2]
"""


def load(tmp_path, text):
    path = tmp_path / "sweep.yaml"
    path.write_text(text)
    return load_yaml(path, SweepSpec)


def test_a_variant_overrides_only_what_it_names(tmp_path):
    variants = load(tmp_path, SWEEP).resolved()
    assert variants["one"].network == variants["three"].network
    assert variants["one"].inputs.mode == "ldr"
    assert variants["three"].inputs.ev == (-2.0, 0.0, 2.0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("inputs.mode: cand", "inputs.mod: cand", "variant three: there is no key 'inputs.mod': use one of"),
        ("inputs.ev: [-2, 0, 2]", "inputs.ev: [0]", "mode candidates takes 3 exposure"),
        ("width: 8", "width: 0", "base.network.width: 0 not valid"),
        ("  one: {}\n", "  one: {network.depth: 40}\n", "variant one"),
    ],
)
def test_a_bad_sweep_is_refused(tmp_path, old, new, expected):
    assert old in SWEEP
    with pytest.raises(SpecError) as refused:
        load(tmp_path, SWEEP.replace(old, new))
    assert expected in str(refused.value)


def test_a_sweep_without_variants_is_refused(tmp_path):
    with pytest.raises(SpecError, match="variants"):
        load(tmp_path, "sweep: tiny\ndataset: tiny\nvariants: {}\n")
