import pkgutil
import subprocess
import sys

import hdrbatch.imaging


def test_imaging_loads_neither_torch_nor_blender():
    modules = [
        f"hdrbatch.imaging.{module.name}" for module in pkgutil.iter_modules(hdrbatch.imaging.__path__)
    ]
    assert len(modules) > 10
    code = (
        f"import sys, {', '.join(modules)}\n"
        "print([name for name in ('torch', 'bpy', 'boto3', 'imageio', 'tifffile') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
