"""``import hdrbatch``: what it offers, and what it does not load."""

import subprocess
import sys

import pytest

import hdrbatch


def printed(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_none_of_its_modules_and_nothing_heavy():
    code = "import sys; before = set(sys.modules); import hdrbatch; dir(hdrbatch)"
    assert printed(f"{code}; print(set(sys.modules) - before)") == "{'hdrbatch'}\n"


def test_opening_a_dataset_and_merging_load_no_torch():
    code = "import sys, hdrbatch; hdrbatch.load_dataset, hdrbatch.merge, hdrbatch.render"
    assert printed(f"{code}; print('torch' in sys.modules)") == "False\n"


@pytest.mark.parametrize("name", hdrbatch.__all__)
def test_all_that_is_offered_is_there_and_documented(name):
    assert name in dir(hdrbatch)
    assert getattr(hdrbatch, name).__doc__


def test_what_is_not_offered_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nosuch'"):
        _ = hdrbatch.nosuch
