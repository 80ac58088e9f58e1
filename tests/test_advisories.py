"""The locked packages beside made-up advisories: what is affected, what is not, and what cannot be read."""

import importlib.util
import json
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "requirements" / "advisories.py"


def _loaded():
    spec = importlib.util.spec_from_file_location("advisories", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["advisories"] = module
    spec.loader.exec_module(module)
    return module


advisories = _loaded()


def pin(version, package="ruamel-yaml"):
    return advisories.Pin(package, Version(version), "some.lock")


def ranged(*events, kind="ECOSYSTEM"):
    return {"ranges": [{"type": kind, "events": [dict([event]) for event in events]}]}


def advisory(*affected, package="ruamel.yaml", ecosystem="PyPI", **more):
    named = [{"package": {"name": package, "ecosystem": ecosystem}} | one for one in affected]
    return {"id": "PYSEC-0000-1", "affected": named} | more


FROM_1_TO_2 = ranged(("introduced", "1.0"), ("fixed", "2.0"))
TWICE = ranged(("introduced", "0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.3"))


@pytest.mark.parametrize(
    ("affected", "version", "expected"),
    [
        (FROM_1_TO_2, "0.9", None),
        (FROM_1_TO_2, "1.0", "2.0"),
        (FROM_1_TO_2, "1.10", "2.0"),
        (FROM_1_TO_2, "2.0rc1", "2.0"),
        (FROM_1_TO_2, "2.0", None),
        (FROM_1_TO_2, "2.0.post1", None),
        (TWICE, "0.0.1a1", "1.5"),
        (TWICE, "1.7", None),
        (TWICE, "2.2", "2.3"),
        (ranged(("fixed", "2.0"), ("introduced", "0")), "1.0", "2.0"),
        (ranged(("introduced", "0")), "7", "in no version"),
        (ranged(("introduced", "1"), ("last_affected", "1.4")), "1.4", "in no version"),
        (ranged(("introduced", "1"), ("last_affected", "1.4")), "1.4.1", None),
        (ranged(("introduced", "1.0"), ("fixed", "2.0"), kind="SEMVER"), "1.1", "2.0"),
        (ranged(("introduced", "0"), ("fixed", "0123abc"), kind="GIT"), "1.0", None),
        ({"versions": ["1.0", "1.1"]}, "1.1", "in no version"),
        ({"versions": ["1.0", "1.1"]}, "1.1.0", "in no version"),
        ({"versions": ["1.0", "2004-beta-x"]}, "1.1", None),
        (FROM_1_TO_2 | {"versions": ["0.5"]}, "0.5", "2.0"),
        (FROM_1_TO_2 | {"versions": ["0.5"]}, "1.5", "2.0"),
        ({}, "1.0", None),
    ],
)
def test_a_version_is_affected_as_the_format_defines_it(affected, version, expected):
    found = advisories.affected_pins(advisory(affected), [pin(version)])
    assert [str(one.fixed or "in no version") for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize("name", ["ruamel.yaml", "Ruamel_YAML", "ruamel--yaml", "RUAMEL-yaml"])
def test_names_are_compared_in_their_normal_form(name):
    assert advisories.affected_pins(advisory(FROM_1_TO_2, package=name), [pin("1.0")])


@pytest.mark.parametrize(
    "other",
    [
        {"withdrawn": "2026-01-01T00:00:00Z"},
        {"ecosystem": "npm"},
        {"package": "ruamel-yaml-clib"},
    ],
)
def test_withdrawn_advisories_and_other_packages_do_not_count(other):
    assert advisories.affected_pins(advisory(FROM_1_TO_2, **other), [pin("1.0")]) == []


def test_an_advisory_may_affect_several_packages_and_several_pins_of_one():
    both = advisory(FROM_1_TO_2)
    both["affected"] += advisory(ranged(("introduced", "3")), package="Pillow")["affected"]
    pins = [pin("1.0"), pin("1.9"), pin("2.0"), pin("3.1", "pillow"), pin("2.9", "pillow")]
    found = advisories.affected_pins(both, pins)
    assert [(one.pin.package, str(one.pin.version)) for one in found] == [
        ("ruamel-yaml", "1.0"),
        ("ruamel-yaml", "1.9"),
        ("pillow", "3.1"),
    ]


@pytest.fixture
def lock(tmp_path):
    file = tmp_path / "some.lock"
    file.write_text(
        "# a comment\nruamel.yaml==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:00 \\\n"
        "    --hash=sha256:11\nPillow==11.0 \\\n    --hash=sha256:22\n"
    )
    return file


@pytest.fixture(params=["folder", "zip"])
def written(request, tmp_path):
    """Writes texts by name, into a folder or a zip."""

    def write(texts):
        folder = tmp_path / "advisories"
        (folder / "deeper").mkdir(parents=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
        if request.param == "folder":
            return folder
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for name in texts:
                archive.write(folder / name, name)
        return tmp_path / "all.zip"

    return write


def test_what_is_affected_is_printed_with_its_fix_and_exit_code_1(written, lock, capsys):
    path = written({"deeper/a.json": json.dumps(advisory(FROM_1_TO_2)), "read.me": "no advisory"})
    assert advisories.main([str(path), str(lock), str(lock)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "PYSEC-0000-1  ruamel-yaml  pinned 1.0  fixed 2.0  (some.lock)",
        "2 pins, 1 advisories of PyPI, 1 matches",
    ]
    assert err == ""


def test_nothing_affected_is_exit_code_0(written, lock, capsys):
    path = written({"a.json": json.dumps(advisory(ranged(("introduced", "5"))))})
    assert advisories.main([str(path), str(lock)]) == 0
    assert capsys.readouterr().out == "2 pins, 1 advisories of PyPI, 0 matches\n"


BROKEN = {
    "cut": '{"id": "PYSEC-1", ',
    "empty": "",
    "a list": "[]",
    "no id": '{"affected": []}',
    "affected is a number": '{"id": "a", "affected": 3}',
    "a package without name": json.dumps({"id": "a", "affected": [{"package": {"ecosystem": "PyPI"}}]}),
    "a package that is a text": json.dumps({"id": "a", "affected": [{"package": "x"}]}),
    "a range without events": json.dumps(advisory({"ranges": [{"type": "ECOSYSTEM"}]})),
    "a range without type": json.dumps(advisory({"ranges": [{"events": []}]})),
    "an event that is no version": json.dumps(advisory(ranged(("introduced", "x?")))),
    "an event of a number": json.dumps(advisory(ranged(("introduced", 1)))),
    "versions of lists": json.dumps(advisory({"versions": [["1"]]})),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_and_the_others_count(text, written, lock, capsys):
    path = written({"broken.json": text, "good.json": json.dumps(advisory({"versions": ["9"]}))})
    assert advisories.main([str(path), str(lock)]) == 2
    out, err = capsys.readouterr()
    assert err.startswith(f"{path}/broken.json: not an advisory in the OSV format")
    assert err.endswith("; download it again\n")
    assert "0 matches" in out


def test_a_match_is_exit_code_1_beside_a_broken_file(written, lock, capsys):
    path = written({"a.json": json.dumps(advisory(FROM_1_TO_2)), "broken.json": "{"})
    assert advisories.main([str(path), str(lock)]) == 1
    assert "broken.json" in capsys.readouterr().err


def test_files_without_any_advisory_of_python_packages_are_no_good_news(written, lock, capsys):
    path = written({"a.json": json.dumps(advisory(FROM_1_TO_2, ecosystem="npm"))})
    assert advisories.main([str(path), str(lock)]) == 2
    assert "has no advisory of PyPI; download those of that ecosystem" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "ADVISORIES: names no file"),
        ([""], "ADVISORIES: names no file"),
        (["nowhere"], "nowhere: there is no such file or folder"),
        ([str(SCRIPT)], "not a whole zip file"),
    ],
)
def test_a_file_that_is_none_is_exit_code_2_and_said(arguments, message, capsys):
    assert advisories.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_cut_zip_is_said(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.json", json.dumps(advisory(FROM_1_TO_2)))
    (tmp_path / "all.zip").write_bytes((tmp_path / "all.zip").read_bytes()[:-30])
    assert advisories.main([str(tmp_path / "all.zip")]) == 2
    assert "not a whole zip file" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["pillow>=11", "pillow", "pillow==x y", "pillow==1.*"])
def test_a_lock_with_a_line_that_is_no_pin_is_said(line, written, tmp_path, capsys):
    (tmp_path / "odd.lock").write_text(f"{line}\n")
    path = written({"a.json": json.dumps(advisory(FROM_1_TO_2))})
    assert advisories.main([str(path), str(tmp_path / "odd.lock")]) == 2
    assert f"{line!r} is not a pin" in capsys.readouterr().err


def test_all_locks_and_torch_are_checked(written, capsys):
    torch = (ROOT / "requirements" / "torch.txt").read_text().strip().partition("==")[2]
    path = written(
        {
            "a.json": json.dumps(advisory({"versions": [torch]}, package="torch")),
            "b.json": json.dumps(advisory(ranged(("introduced", "0")), package="NumPy", id="b")),
        }
    )
    assert advisories.main([str(path)]) == 1
    out = capsys.readouterr().out
    assert f"torch  pinned {torch}  fixed in no version  (torch.txt)" in out
    for lock in (ROOT / "requirements").glob("*.lock"):
        assert lock.name in out
