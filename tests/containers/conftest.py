"""The two images, built once for the tests of this folder, and containers of them."""

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = "localhost/hdrbatch-base"
LABEL = "hdrbatch.test"
VERSION = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
# crun fails on hybrid cgroups; the limits, since podman asks for more than a machine may allow it.
PODMAN = ("podman", "--runtime=runc")
LIMITS = ("--network=host", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")


def quiet(*command: str | Path, **options) -> subprocess.CompletedProcess[str]:
    """A command that ended, with what it printed."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=600, **options)


@dataclass(frozen=True)
class Image:
    """One of the images, and how a container of it is run on this machine."""

    name: str
    run_label: str

    def command(self, *inside: str | Path, options: tuple[str, ...] = ()) -> list[str]:
        """The client's command; the user inside is the one outside."""
        user = f"{os.getuid()}:{os.getgid()}"
        fixed = ["--rm", "--pull=never", "--init", "--log-driver=none", f"--label={LABEL}={self.run_label}"]
        userns = [] if os.getuid() == 0 else ["--userns=keep-id"]
        return [
            *(*PODMAN, "run", *fixed, *LIMITS, *userns, f"--user={user}"),
            *(*options, self.name, *(str(word) for word in inside)),
        ]

    def run(self, *inside: str | Path, options: tuple[str, ...] = (), **more):
        """A container that ended."""
        return quiet(*self.command(*inside, options=options), **more)

    def inspect(self, template: str) -> str:
        """A property of the image."""
        return quiet("podman", "image", "inspect", "--format", template, self.name).stdout.strip()


def build(*images: str, root: Path = ROOT, base: str | None = None) -> subprocess.CompletedProcess[str]:
    """containers/build of a checkout, with a base image made here where none is named."""
    settings = {"BASE_IMAGE": BASE, "BUILD_OPTIONS": "--network=host --isolation=chroot", **os.environ}
    if settings["BASE_IMAGE"] == BASE and quiet("podman", "image", "exists", BASE).returncode != 0:
        made = quiet(ROOT / "containers" / "base", env=settings)
        assert made.returncode == 0, made.stderr
    settings |= {"BASE_IMAGE": base} if base else {}
    return quiet(root / "containers" / "build", *images, env=settings)


@pytest.fixture(scope="session")
def built() -> Iterator[str]:
    """Both images; the layers that stand in podman's storage are not made anew. Gives the run's label."""
    if os.environ.get("HDRBATCH_TEST_CLUSTER") != "1":
        pytest.skip("HDRBATCH_TEST_CLUSTER=1 runs these: they build images with podman, as root")
    done = build()
    assert done.returncode == 0, done.stderr[-3000:]
    label = uuid.uuid4().hex
    yield label
    left = quiet("podman", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={label}").stdout.split()
    if left:
        quiet("podman", "rm", "--force", "--time", "0", *left)


@pytest.fixture(scope="session")
def render_image(built) -> Image:
    return Image(f"localhost/hdrbatch-render:{VERSION}", built)


@pytest.fixture(scope="session")
def train_image(built) -> Image:
    return Image(f"localhost/hdrbatch-train:{VERSION}-cpu", built)


@pytest.fixture(params=["render", "train"])
def image(request) -> Image:
    return request.getfixturevalue(f"{request.param}_image")
