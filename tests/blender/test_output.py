import ctypes
import os

from hdrbatch.blender.output import end_of, output_to


def test_what_python_and_c_write_goes_to_the_log_and_not_to_the_terminal(tmp_path, capfd):
    log = tmp_path / "log"
    print("before")
    with output_to(log):
        print("from Python")
        ctypes.CDLL(None).puts(b"from C, still in its buffer")
        os.write(1, b"from the system\n")
    print("after")
    assert capfd.readouterr().out == "before\nafter\n"
    assert sorted(log.read_text().splitlines()) == [
        "from C, still in its buffer",
        "from Python",
        "from the system",
    ]


def test_the_log_grows_and_its_end_can_be_had(tmp_path):
    log = tmp_path / "log"
    for number in range(5):
        with output_to(log):
            print("line", number)
    assert end_of(log, 2) == "line 3\nline 4"
    assert end_of(tmp_path / "absent") == ""
