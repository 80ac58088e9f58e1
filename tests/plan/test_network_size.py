import pytest

from hdrbatch.plan.network_size import mean_num_photos, multiply_adds_per_pixel, num_parameters
from hdrbatch.specs.variant import InputSpec, NetworkSpec, VariantSpec

torch = pytest.importorskip("torch", reason="torch is not installed: no network can be built")


def variant(mode="both", ev=(0.0,), brackets="fixed", **network):
    return VariantSpec(
        inputs=InputSpec(mode=mode, ev=ev, brackets=brackets), network=NetworkSpec(width=4, **network)
    )


VARIANTS = [
    variant(),
    variant(depth=2, ev=(-2.0, 0.0, 2.0)),
    variant(depth=1, mode="candidates", masks=False),
    variant(fusion="stacked", ev=(-2.0, 2.0)),
    variant(fusion="stacked", mode="photographs", masks=False, depth=3),
]


@pytest.mark.parametrize("spec", VARIANTS)
def test_the_parameters_are_those_of_the_network_that_is_built(spec):
    from hdrbatch.learning.model import build_network

    assert num_parameters(spec) == sum(part.numel() for part in build_network(spec).parameters())


@pytest.mark.parametrize("spec", VARIANTS)
def test_the_arithmetic_is_that_of_the_network_that_is_built(spec):
    from torch.utils.flop_counter import FlopCounterMode

    from hdrbatch.learning.inputs import channels_per_photo, channels_together
    from hdrbatch.learning.model import build_network

    network = build_network(spec).eval()
    photos = torch.zeros(1, len(spec.inputs.ev), channels_per_photo(spec.inputs, spec.network), 32, 32)
    together = torch.zeros(1, channels_together(spec.network), 32, 32)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(photos, together)
    assert multiply_adds_per_pixel(spec) == counter.get_total_flops() / 2 / 32**2


def test_any_bracket_computes_as_much_as_one_of_the_mean_number_that_training_draws():
    import numpy as np

    from hdrbatch.learning.data import random_stops

    spec = variant(brackets="any")
    rng = np.random.default_rng(0)
    drawn = [random_stops(rng, spec.inputs, spec.training.batch).shape[1] for _ in range(2000)]
    mean = round(sum(drawn) / len(drawn))
    assert mean_num_photos(spec) == mean
    fixed = variant(ev=tuple(float(ev) for ev in range(mean)))
    assert multiply_adds_per_pixel(spec) == multiply_adds_per_pixel(fixed)
