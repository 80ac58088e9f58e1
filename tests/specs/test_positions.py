import pytest
import yaml

from hdrbatch.errors import SpecError
from hdrbatch.specs.cluster import ClusterSpec
from hdrbatch.specs.load import load_toml, load_yaml
from hdrbatch.specs.positions import toml_line, yaml_line
from hdrbatch.specs.sweep_spec import SweepSpec


def numbered(*lines: str) -> str:
    return "\n".join(lines) + "\n"


TABLES = numbered(
    "key = 1 # the top's",  # 1
    "[resources]",
    "key = 1",  # 3
    "  [stages.render]",
    "  other = 1",
    "  key = 1",  # 6
    "",
    "# key = 7, in a comment",
    "[stages.'train']",
    "key = 1",  # 10
    "[container]",
    'text = """',
    "key = 13, in a text",
    '"""',
    "key = 1",  # 15
)
KEYS = numbered(
    "one.two.key = 1",  # 1
    "one.key = 2",
    '"key with. a dot" = 1',
    "'quoted'.\"key\" = 1",  # 4
    "inline = {other = 1, key = 1}",
    "[table]",
    "key = 1",  # 7
    "inner.key = 1",
    "[table.inner.most]",
    "key = 1",  # 10
)
LISTS = numbered(
    "short = [1, 2]",  # 1
    "long = [",
    "  'a', 'b',  # key",
    "",
    "  '[', '{', # ]",  # 5
    "  'last']",
    "nested = [[1],",
    "  [2,",
    "   3]]",  # 9
    "text = '''",
    "[first]",
    "'''",
    "[[array]]",  # 13
    "key = 1",
    "[[array]]",
    "key = 1",
    "[array.inner]",  # 17
    "key = 1",
    "[[array]]",
    "spread = [",  # 20
    "  {x = [",
    "    1,",
    "    2]},",
    "  {x = []},",  # 24
    "]",
)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (TABLES, ("key",), 1),
        (TABLES, ("resources",), 2),
        (TABLES, ("resources", "key"), 3),
        (TABLES, ("stages",), 4),
        (TABLES, ("stages", "render"), 4),
        (TABLES, ("stages", "render", "key"), 6),
        (TABLES, ("stages", "train", "key"), 10),
        (TABLES, ("stages", "train", "missing"), 9),
        (TABLES, ("stages", "missing", "key"), 4),
        (TABLES, ("container", "text"), 12),
        (TABLES, ("container", "key"), 15),
        (TABLES, ("missing",), None),
        (TABLES, (), None),
        (KEYS, ("one", "two", "key"), 1),
        (KEYS, ("one", "key"), 2),
        (KEYS, ("key with. a dot",), 3),
        (KEYS, ("quoted", "key"), 4),
        (KEYS, ("inline", "key"), 5),
        (KEYS, ("table", "key"), 7),
        (KEYS, ("table", "inner", "key"), 8),
        (KEYS, ("table", "inner", "most", "key"), 10),
        (LISTS, ("short", 1), 1),
        (LISTS, ("short", 2), 1),
        (LISTS, ("long",), 2),
        (LISTS, ("long", 1), 3),
        (LISTS, ("long", 2), 5),
        (LISTS, ("long", 4), 6),
        (LISTS, ("nested", 0, 0), 7),
        (LISTS, ("nested", 1, 0), 8),
        (LISTS, ("nested", 1, 1), 9),
        (LISTS, ("text",), 10),
        (LISTS, ("first",), None),
        (LISTS, ("array",), 13),
        (LISTS, ("array", 0, "key"), 14),
        (LISTS, ("array", 1), 15),
        (LISTS, ("array", 1, "key"), 16),
        (LISTS, ("array", 1, "inner", "key"), 18),
        (LISTS, ("array", 2, "spread"), 20),
        (LISTS, ("array", 2, "spread", 0, "x", 0), 22),
        (LISTS, ("array", 2, "spread", 0, "x", 1), 23),
        (LISTS, ("array", 2, "spread", 1, "x"), 24),
    ],
)
def test_a_toml_value_is_found_in_its_own_table(text, path, line):
    assert toml_line(text, path) == line


MAPPINGS = numbered(
    "key: 1",  # 1
    "first: {other: 1, key: 1}",
    "second:",
    "  other: 1",
    "  key: 1",  # 5
    "third: {",
    "  other: 1,",
    "  'key': 1}",  # 8
    "list:",
    "  - {key: 1}",  # 10
    "  - other: 1",
    "    key: 1",
    "  - [1,",
    "     2]",  # 14
    "text: |",
    "  fourth: {key: 1}",
    '"dotted.key": 1',  # 17
    "fifth:",
    "  dotted.key: 1",
)
MERGES = numbered(
    "base: &base",  # 1
    "  key: 1",
    "  inner: {key: 1}",
    "other: &other {only: 1,",
    "  key: 2}",  # 5
    "same: *base",
    "own:",
    "  <<: *base",
    "  key: 3",  # 9
    "merged:",
    "  <<: *base",
    "  more: 1",
    "several:",
    "  <<: [*other, *base]",  # 14
    "chain: &chain",
    "  <<: *other",
    "  more: 1",
    "end: {<<: *chain}",  # 18
)


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        (MAPPINGS, ("key",), 1),
        (MAPPINGS, ("first", "key"), 2),
        (MAPPINGS, ("second", "key"), 5),
        (MAPPINGS, ("second", "missing"), 3),
        (MAPPINGS, ("third", "key"), 8),
        (MAPPINGS, ("list", 0, "key"), 10),
        (MAPPINGS, ("list", 1), 11),
        (MAPPINGS, ("list", 1, "key"), 12),
        (MAPPINGS, ("list", 2, 1), 14),
        (MAPPINGS, ("list", 3), 9),
        (MAPPINGS, ("fourth",), None),
        (MAPPINGS, ("dotted.key",), 17),
        (MAPPINGS, ("fifth", "dotted.key"), 19),
        (MAPPINGS, (), None),
        (MERGES, ("same", "key"), 2),
        (MERGES, ("same", "inner", "key"), 3),
        (MERGES, ("own", "key"), 9),
        (MERGES, ("own", "inner", "key"), 3),
        (MERGES, ("merged", "key"), 2),
        (MERGES, ("merged", "more"), 12),
        (MERGES, ("several", "key"), 5),
        (MERGES, ("several", "inner"), 3),
        (MERGES, ("end", "key"), 5),
        (MERGES, ("end", "more"), 17),
        (MERGES, ("end", "missing"), 18),
    ],
)
def test_a_yaml_value_is_found_in_its_own_mapping_or_where_it_is_merged_from(text, path, line):
    assert yaml_line(yaml.compose(text), path) == line


def refused(tmp_path, text: str, spec) -> str:
    path = tmp_path / ("mine.toml" if spec is ClusterSpec else "mine.yaml")
    path.write_text(text)
    with pytest.raises(SpecError) as error:
        (load_toml if spec is ClusterSpec else load_yaml)(path, spec)
    return str(error.value)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("[resources]", "memory_gb = 4", "[stages.train_variant]", "memory_gb = -1"),
            "mine.toml:5: stages.",
        ),
        (("[resources]", "memory_gb = -1", "[stages.train_variant]", "memory_gb = 4"), "mine.toml:3: resour"),
        (("[container]", "mounts = [", "'/a:/b',", "3]"), "mine.toml:5: container.mounts.1: 3 not valid"),
        (
            ("[stages.train_variant]", "sbatch = {a = 1}", "cpus = 0"),
            "mine.toml:4: stages.train_variant.cpus",
        ),
        (("[stages]", "render_exposure.cpus = 1", "train_variant.cpus = 0"), "mine.toml:4: stages.train_"),
        (
            ("max_timeouts = 1", "", "max_timeouts = 2"),
            "mine.toml:4: not valid TOML: Cannot overwrite a value",
        ),
        (('folder = "a', "parallelism = 1"), "mine.toml:2: not valid TOML: "),
    ],
)
def test_a_wrong_value_of_a_cluster_file_is_told_with_the_line_of_its_own_table(tmp_path, lines, expected):
    assert expected in refused(tmp_path, numbered('scheduler = "slurm"', *lines), ClusterSpec)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("variants:", "  a: {network.width: 8}", "  b: {network.width: 0}"),
            "mine.yaml:5: variants.b.network.width",
        ),
        (
            ("variants:", "  a: &a", "    network.width: -1", "  b:", "    <<: *a", "    network.depth: 2"),
            "mine.yaml:5: variants.b.network.width",
        ),
        (("base:", "  training: {steps: 5,", "    crop: -1}"), "mine.yaml:5: base.training.crop"),
        (
            ("variants: {a: {}}", "base: {}", "variants: {b: {}}"),
            "mine.yaml:5: not valid YAML: the key 'varian",
        ),
        (
            ("variants:", "  a: {inputs.ev: [0],", "    inputs.ev: [1]}"),
            "mine.yaml:5: not valid YAML: the key 'inputs.ev' stands twice",
        ),
        (("variants:", "  a: {inputs.ev: &a [*a]}"), "an alias contains itself"),
    ],
)
def test_a_wrong_value_of_a_sweep_is_told_with_the_line_of_its_own_mapping(tmp_path, lines, expected):
    assert expected in refused(tmp_path, numbered("sweep: mine", "dataset: local", *lines), SweepSpec)


def test_what_merges_and_overrides_may_itself_be_merged_further_up(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        numbered(
            "sweep: mine",
            "dataset: local",
            "groups:",
            "  one:",
            "    set: &set {training.loss: mu}",
            "    variants:",
            "      a: &a {<<: *set, training.loss: psnr}",
            "variants:",
            "  b: {<<: *a, inputs.ev: [0]}",
        )
    )
    assert load_yaml(path, SweepSpec).resolved()["b"].training.loss == "psnr"
