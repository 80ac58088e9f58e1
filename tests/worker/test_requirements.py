import shutil
import subprocess
from importlib.machinery import ModuleSpec

import pytest

from hdrbatch.errors import UserError
from hdrbatch.worker import requirements
from hdrbatch.worker.requirements import DEBIAN_PACKAGES, check_blender, check_requirements, missing_libraries


@pytest.mark.skipif(
    shutil.which("gcc") is None, reason="gcc is not installed: no library can be made to miss"
)
def test_a_missing_library_is_found(tmp_path):
    (tmp_path / "lib.c").write_text("int f(void) { return 1; }")
    (tmp_path / "module.c").write_text("int f(void); int g(void) { return f(); }")
    library = tmp_path / "libXi-not-there.so.6"
    subprocess.run(["gcc", "-shared", "-o", str(library), str(tmp_path / "lib.c")], check=True)
    module = ["gcc", "-shared", "-o", str(tmp_path / "__init__.so"), str(tmp_path / "module.c"), str(library)]
    subprocess.run([*module, f"-Wl,-rpath,{tmp_path}"], check=True)
    assert missing_libraries(tmp_path) == []
    library.unlink()
    (missing,) = missing_libraries(tmp_path)
    assert missing.endswith("libXi-not-there.so.6")


def test_missing_libraries_are_named_with_the_command_that_installs_them(monkeypatch):
    monkeypatch.setattr(requirements, "missing_libraries", lambda folder: ["libXi.so.6", "libGL.so.1"])
    monkeypatch.setattr(
        requirements, "find_spec", lambda name: ModuleSpec(name, None, origin="bpy/__init__.so")
    )
    with pytest.raises(UserError, match="sudo apt-get install libgl1 libxi6"):
        check_blender()


def test_a_missing_package_is_named_with_the_extra_that_has_it(monkeypatch):
    monkeypatch.setattr(requirements, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'hdrbatch\[render\]'"):
        check_requirements({"render_exposure"})
    with pytest.raises(UserError, match=r"pip install 'hdrbatch\[train\]'"):
        check_requirements({"train_variant"})
    check_requirements({"assemble_scene"})


def test_every_library_has_a_package():
    assert all(name.startswith("lib") for pair in DEBIAN_PACKAGES.items() for name in pair)
