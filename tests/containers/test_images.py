"""What is inside the images, by looking into real containers of them."""

import json
import os
import re
import shutil

import pytest

from tests.containers.conftest import BASE, ROOT, VERSION, build, quiet

FOUND = "from importlib.util import find_spec; print([n for n in ('bpy', 'torch', 'boto3') if find_spec(n)])"


def test_the_labels_name_version_and_revision(image):
    revision = quiet("git", "-C", ROOT, "rev-parse", "HEAD").stdout.strip()
    label = '{{index .Labels "org.opencontainers.image.%s"}}'

    assert image.inspect(label % "version") == VERSION
    assert image.inspect(label % "revision").removesuffix("-dirty") == revision
    assert image.inspect(label % "title").startswith("hdrbatch ")


def test_the_render_image_says_that_blender_is_under_the_gpl(render_image):
    assert "GPL-3.0" in render_image.inspect('{{index .Labels "org.opencontainers.image.licenses"}}')


def test_the_user_of_the_image_is_not_root(image):
    assert image.inspect("{{.User}}") == "hdrbatch"


def test_each_image_has_its_own_heavy_package_and_the_s3_client(render_image, train_image):
    assert render_image.run("python", "-c", FOUND).stdout == "['bpy', 'boto3']\n"
    assert train_image.run("python", "-c", FOUND).stdout == "['torch', 'boto3']\n"


def test_a_task_can_tell_which_image_it_runs_in(render_image, train_image):
    assert render_image.run("printenv", "HDRBATCH_IMAGE").stdout == "render\n"
    assert train_image.run("printenv", "HDRBATCH_IMAGE").stdout == "train\n"


def test_the_train_image_asks_the_nvidia_runtime_for_devices(train_image):
    names = train_image.run("printenv", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES")

    assert names.stdout == "all\ncompute,utility\n"


def test_only_named_environment_variables_get_in(image):
    outside = os.environ | {"HDRBATCH_NAMED": "yes", "HDRBATCH_UNNAMED": "no"}

    inside = image.run("env", options=("--env=HDRBATCH_NAMED",), env=outside).stdout.splitlines()

    assert "HDRBATCH_NAMED=yes" in inside
    assert not [line for line in inside if "UNNAMED" in line]


def test_no_layer_keeps_the_settings_of_pip(image):
    files = image.run("sh", "-c", "cat /etc/pip.conf /run/certificates.crt")
    history = quiet("podman", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image.name).stdout

    assert files.returncode != 0
    assert files.stdout == ""
    assert "pip install" in history
    assert "://" not in history


@pytest.mark.parametrize(
    ("image_name", "module"),
    [("render", "hdrbatch/blender/cycles.py"), ("train", "hdrbatch/learning/loss.py")],
)
def test_code_that_cannot_run_inside_fails_the_build(built, image_name, module, tmp_path):
    for part in ("hdrbatch", "containers", "jobs", "infra/clusters", "requirements"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, tmp_path)
    file = tmp_path / module
    file.write_text(f"import no_such_module\n{file.read_text()}")

    done = build(image_name, root=tmp_path)

    assert done.returncode == 1
    assert "No module named 'no_such_module'" in done.stderr
    assert f"the {image_name} image was not built" in done.stderr


def test_the_labels_name_the_base_image_with_its_digest(image):
    label = '{{index .Labels "org.opencontainers.image.base.%s"}}'

    assert image.inspect(label % "name") == os.environ.get("BASE_IMAGE", BASE).partition("@")[0]
    assert re.fullmatch("sha256:[0-9a-f]{64}", image.inspect(label % "digest"))


def test_the_bill_of_materials_lists_what_the_image_has_and_lies_beside(image):
    bill = json.loads(image.run("cat", "/opt/hdrbatch/bill-of-materials.cdx.json").stdout)
    name, _, tag = image.name.rpartition("/")[2].partition(":")
    beside = ROOT / "build" / f"{name}-{tag}.cdx.json"

    assert bill["metadata"]["component"]["name"] == name
    assert json.loads(beside.read_text()) == bill
    urls = [one.get("purl", "") for one in bill["components"]]
    for start in (f"pkg:pypi/hdrbatch@{VERSION}", "pkg:deb/debian/libc6@2.36", "pkg:pypi/boto3@"):
        assert [url for url in urls if url.startswith(start)], start
    own, other = ("bpy", "torch") if name == "hdrbatch-render" else ("torch", "bpy")
    assert [url for url in urls if url.startswith(f"pkg:pypi/{own}@")]
    assert not [url for url in urls if url.startswith(f"pkg:pypi/{other}@")]


def test_a_base_image_without_a_digest_is_warned_about_and_a_pinned_one_is_not(built, image_digest):
    loose, pinned = build("render"), build("render", base=f"{BASE}@{image_digest}")

    assert f"warning: BASE_IMAGE is {BASE}, which may be another image tomorrow" in loose.stderr
    assert f"pin it: BASE_IMAGE={BASE}@{image_digest}" in loose.stderr
    assert pinned.returncode == 0, pinned.stderr[-2000:]
    assert "warning: BASE_IMAGE" not in pinned.stderr


@pytest.fixture
def image_digest(built):
    return quiet("podman", "image", "inspect", "--format", "{{.Digest}}", BASE).stdout.strip()
