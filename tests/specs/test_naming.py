import re

import pytest

from hdrbatch.specs.key_reference import variant_keys
from hdrbatch.specs.naming import key_label, value_text, variant_name


def test_labels_of_keys_are_unique():
    labels = [key_label(key) for key in variant_keys()]
    assert len(set(labels)) == len(labels)


def test_a_label_can_stand_in_a_name():
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", key_label(key)) for key in variant_keys())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (1.0, "1"),
        (-0.5, "m0_5"),
        (1e-5, "1e-05"),
        (1e20, "1e20"),
        (True, "on"),
        ("sigmoid:0.9,0.6", "sigmoid_0_9_0_6"),
        ((85, 98), "85-98"),
    ],
)
def test_a_value_is_written_so_that_it_can_stand_in_a_name(value, text):
    assert value_text(value) == text


def test_a_word_of_the_previous_key_is_omitted_from_a_name():
    settings = {"network.dropout": 0.3, "network.dropout_at": "decoder"}
    assert variant_name("g", settings) == "g-dropout-0_3-at-decoder"
    assert variant_name("g", {"network.dropout_at": "decoder"}) == "g-dropout-at-decoder"
    assert variant_name("g", {"camera.response": "srgb"}) == "g-camera-response-srgb"
