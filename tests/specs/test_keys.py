from hdrbatch.specs.keys import key_reference, variant_keys


def test_every_key_is_told_with_its_default_and_its_values():
    reference = {entry.key: entry for entry in key_reference()}
    assert tuple(reference) == variant_keys()
    assert all(entry.default and entry.values for entry in reference.values())


def test_the_values_of_a_key_are_told_in_words():
    values = {entry.key: entry.values for entry in key_reference()}
    assert values["network.fusion"] == "stacked, attention"
    assert values["network.masks"] == "true, false"
    assert values["training.fraction"] == "number > 0, <= 1"
    assert values["inputs.ev"] == "list of 1 to 9 numbers"
    assert values["camera.jpeg_quality"] == "list of 2 numbers or null"
    assert values["inputs.response"].startswith("a response curve")
    assert values["inputs.response"].endswith("or known, calibrated")


def test_a_default_is_told_as_it_is_written_in_a_sweep():
    defaults = {entry.key: entry.default for entry in key_reference()}
    assert defaults["inputs.ev"] == "[0]"
    assert defaults["camera.jpeg_quality"] == "null"
    assert defaults["network.masks"] == "true"
