import os

import numpy as np
import pytest

from hdrbatch.errors import UserError
from hdrbatch.imaging.response import parse_response

NUM_SAMPLES = 1024
LINEAR = np.linspace(0, 1, NUM_SAMPLES)
MEAN = LINEAR ** (1 / 2.2)
COMPONENTS = [np.sin(np.pi * LINEAR) * 0.2, np.sin(2 * np.pi * LINEAR) * 0.1]


def written(path, blocks):
    """Four numbers a line, with three-digit exponents as in the published file."""
    lines = []
    for name, numbers in blocks.items():
        lines.append(f"{name} =")
        texts = [f"{number:.7e}".replace("e-0", "e-00").replace("e+0", "e+00") for number in numbers]
        lines += ["   " + "  ".join(texts[start : start + 4]) for start in range(0, len(texts), 4)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@pytest.fixture
def emor(tmp_path):
    blocks = {"E": LINEAR, "f0": MEAN, "h(1)": COMPONENTS[0], "h(2)": COMPONENTS[1]}
    return written(tmp_path / "EMoR of mine.txt", blocks)


@pytest.mark.parametrize("coefficients", [(0.0,), (0.5,), (-0.2, 0.3)])
def test_the_curve_is_the_mean_and_its_weighted_components(emor, coefficients):
    curve = parse_response(f"emor:{emor}:{','.join(map(str, coefficients))}")
    expected = MEAN + sum(c * h for c, h in zip(coefficients, COMPONENTS, strict=False))
    np.testing.assert_allclose(curve.apply(LINEAR), expected, atol=2e-4)
    np.testing.assert_allclose(curve.invert(curve.apply(LINEAR)), LINEAR, atol=1e-9)
    assert parse_response(curve.name) == curve


def test_a_level_stretch_is_made_to_rise_and_keeps_its_ends(tmp_path):
    level = np.minimum(MEAN, 0.9)
    level[-1] = 1.0
    file = written(tmp_path / "emor.txt", {"E": LINEAR, "f0": level, "h(1)": COMPONENTS[0]})
    curve = parse_response(f"emor:{file}:0")
    np.testing.assert_array_equal(curve.apply(np.asarray([0.0, 1.0])), [0, 1])
    assert np.all(np.diff(curve.apply(LINEAR)) > 0)


def test_a_file_that_changed_is_read_again(emor):
    before = parse_response(f"emor:{emor}:0")
    written(emor, {"E": LINEAR, "f0": LINEAR, "h(1)": COMPONENTS[0], "h(2)": COMPONENTS[1]})
    os.utime(emor, ns=(1, 1))
    assert parse_response(f"emor:{emor}:0") != before


def test_a_curve_that_falls_is_rejected(emor):
    with pytest.raises(UserError, match=r"-30\.0: with these coefficients the curve does not rise from 0"):
        parse_response(f"emor:{emor}:-30")


def test_more_coefficients_than_components_are_rejected(emor):
    with pytest.raises(UserError, match="3 coefficients, but .* has 2 components; give at most as many"):
        parse_response(f"emor:{emor}:1,2,3")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"the file .*nowhere\.txt cannot be read \(No such file"):
        parse_response(f"emor:{tmp_path / 'nowhere.txt'}:1")


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ({"E": LINEAR, "f0": MEAN}, r"lacks a block E =, f0 = or h\(1\) ="),
        ({"E": LINEAR, "f0": MEAN, "h(1)": MEAN[:-1]}, "not of one length"),
        ({"E": LINEAR[::-1], "f0": MEAN, "h(1)": MEAN}, "E = of .* does not rise"),
    ],
)
def test_a_file_of_another_kind_is_rejected(tmp_path, blocks, words):
    file = written(tmp_path / "odd.txt", blocks)
    with pytest.raises(UserError, match=words):
        parse_response(f"emor:{file}:1")


@pytest.mark.parametrize("content", [b"E = one two\n", b"\xff\xfe\x00E = 1"])
def test_a_file_without_numbers_is_rejected(tmp_path, content):
    file = tmp_path / "text.txt"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"text\.txt has a value that is not a number"):
        parse_response(f"emor:{file}:1")


@pytest.mark.parametrize("coefficients", ["", "x", "1,,2", "nan", "inf"])
def test_coefficients_that_are_not_numbers_are_rejected(emor, coefficients):
    with pytest.raises(UserError, match=r"write emor:FILE:C1,C2,\.\.\. with finite numbers"):
        parse_response(f"emor:{emor}:{coefficients}")
