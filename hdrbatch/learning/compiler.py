"""The C and C++ compilers that ``training.compile`` needs at run time."""

import os
import shutil

from hdrbatch.errors import SetUpError


def check_compiler(device: str) -> None:
    """Check that torch.compile would find a compiler for a device.

    On a CPU, Inductor calls a C++ compiler; on a GPU, Triton calls a C compiler.

    Raises
    ------
    SetUpError
        If there is none, with what to install.
    """
    variable, candidates = ("CXX", ("g++", "clang++")) if device == "cpu" else ("CC", ("gcc", "clang", "cc"))
    named = os.environ.get(variable)
    if not any(shutil.which(name) for name in ([named] if named else candidates)):
        found = (
            f"{variable} names {named}, which does not exist" if named else f"no {candidates[0]} is installed"
        )
        raise SetUpError(
            f"training.compile: true needs a compiler on the machine that trains, but {found} on "
            f"{os.uname().nodename}; install one with Python's headers (Debian, Ubuntu: sudo apt-get install "
            "g++ python3-dev), or set training.compile: false"
        )
