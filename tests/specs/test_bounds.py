"""Spec files that would not fit in memory, and refusals that stay short."""

import pytest

from hdrbatch.errors import SpecError
from hdrbatch.specs import load
from hdrbatch.specs.bounds import MAX_DEPTH
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import load_toml, load_yaml
from hdrbatch.specs.render_job import RenderJob


def bomb(levels: int, opening: str = "[", closing: str = "]", item: str = "*a{}") -> str:
    lines = ["a0: &a0 [x, y]"]
    for level in range(1, levels + 1):
        items = ", ".join(
            item.format(level - 1) if "k" not in item else item.format(n, level - 1) for n in range(9)
        )
        lines.append(f"a{level}: &a{level} {opening}{items}{closing}")
    return "\n".join(lines) + "\n"


def refusal(tmp_path, text: str, read=load_yaml, spec=RenderJob) -> str:
    path = tmp_path / "job.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as refused:
        read(path, spec)
    return str(refused.value)


@pytest.mark.parametrize("levels", [6, 7, 20, 40])
@pytest.mark.parametrize(
    ("opening", "closing", "item", "line"), [("[", "]", "*a{}", 7), ("{", "}", "k{}: *a{}", 6)]
)
def test_aliases_that_multiply_are_refused_by_their_line(tmp_path, levels, opening, closing, item, line):
    message = refusal(tmp_path, bomb(levels, opening, closing, item))
    assert "aliases stand for more than 200000 values" in message
    assert f"job.yaml:{line}:" in message
    assert len(message) < 500


def test_merge_keys_that_multiply_are_refused(tmp_path):
    merges = "\n".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 9))
    assert "aliases stand for" in refusal(tmp_path, f"a0: &a0 {{x: 1, y: 2}}\n{merges}\n")


def test_a_few_levels_of_aliases_are_answered_in_short(tmp_path):
    message = refusal(tmp_path, bomb(4))
    assert "unknown key" in message
    assert len(message) < 5000


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_deep_nesting_is_refused(tmp_path, depth, opening, closing):
    message = refusal(
        tmp_path, f"a: {opening * depth}1{closing * depth}\n" if closing else opening * depth + "1\n"
    )
    assert f"nested more than {MAX_DEPTH} levels deep" in message


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_deep_nesting_of_toml_is_refused(tmp_path, depth):
    message = refusal(tmp_path, f"a = {'[' * depth}{']' * depth}\n", load_toml, ClusterSpec)
    assert "nested more than" in message


@pytest.mark.parametrize("value", ["2020-13-45", "2020-01-01 25:61:61", "!!int x", "!!float x", "!!binary é"])
def test_a_value_that_yaml_cannot_read_is_refused(tmp_path, value):
    assert "job.yaml" in refusal(tmp_path, f"dataset: {value}\n")


def test_a_file_that_is_far_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "MAX_FILE_BYTES", 100)
    assert "has 3,002 bytes; a spec has at most 100" in refusal(tmp_path, "# " + "x" * 3000)


def test_a_wrong_value_is_shown_by_its_beginning(tmp_path):
    message = refusal(tmp_path, f"dataset: {'x' * 100_000}!\nscenes: all\n")
    assert "letters)" in message
    assert len(message) < 1500
