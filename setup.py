"""What pyproject.toml cannot say: the example files travel inside the package.

They are top-level folders of the repository, and an editable install uses them there.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
EXAMPLES = {"jobs": "*.yaml", "infra/clusters": "*.toml"}  # as in hdrbatch/specs/examples.py


class BuildWithExamples(build_py):
    """Copies the examples to ``hdrbatch/examples`` of what is built."""

    def run(self) -> None:
        """Build the package, then add the examples."""
        super().run()
        if self.editable_mode:
            return
        for folder, pattern in EXAMPLES.items():
            target = Path(self.build_lib, "hdrbatch", "examples", folder)
            examples = sorted((ROOT / folder).glob(pattern))
            if not examples:
                raise FileNotFoundError(
                    f"{ROOT / folder}: there are no examples ({pattern}) to put into the wheel"
                )
            self.mkpath(str(target))
            for example in examples:
                self.copy_file(str(example), str(target / example.name))


setup(cmdclass={"build_py": BuildWithExamples})
