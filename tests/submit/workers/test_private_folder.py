"""Folders that nobody else can write to, whatever the umask."""

import os
import stat

import pytest

from hdrbatch.errors import SetUpError
from hdrbatch.submit.workers.private_folder import check_private, make_files_private, make_private


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077, 0o777])
def umask(request):
    earlier = os.umask(request.param)
    yield request.param
    os.umask(earlier)


def test_a_new_folder_and_its_new_parents_are_their_user_s_alone(umask, tmp_path):
    folder = tmp_path / "a" / "b"
    make_private(folder, "x")
    assert [mode_of(one) for one in (folder, folder.parent)] == [0o700, 0o700]


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o700])
def test_a_folder_that_others_can_only_read_stays_as_it_is(mode, tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(mode)
    make_private(folder, "x")
    check_private(folder, "x")
    assert mode_of(folder) == mode


@pytest.mark.parametrize("mode", [0o775, 0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_rejected_with_the_remedy(mode, tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    folder.chmod(mode)
    for check in (make_private, check_private):
        with pytest.raises(SetUpError, match=f"{folder}: others can write to it .*; do this"):
            check(folder, "do this")


@pytest.mark.parametrize("depth", [1, 2])
def test_a_folder_that_others_can_put_another_in_place_of_is_rejected(depth, tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, mode=0o700)
    above = folder.parents[depth - 1]
    above.chmod(0o770)
    with pytest.raises(
        SetUpError, match=f"others can replace it, since they can write to {above} .*; do this"
    ):
        make_private(folder, "do this")
    above.chmod(0o1770)
    make_private(folder, "do this")


def test_a_link_to_one_s_own_folder_is_followed_and_what_it_leads_to_is_checked(tmp_path):
    target = tmp_path / "theirs" / "a"
    target.mkdir(parents=True)
    (tmp_path / "link").symlink_to(target)
    make_private(tmp_path / "link", "x")
    target.parent.chmod(0o777)
    with pytest.raises(SetUpError, match="others can replace it"):
        make_private(tmp_path / "link", "x")
    with pytest.raises(SetUpError, match="others can write to it"):
        check_private(tmp_path / "link", "x")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_rejected(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir(mode=0o700)
    os.chown(folder, 4242, -1)
    with pytest.raises(SetUpError, match="owner 4242"):
        make_private(folder, "x")


def test_files_are_their_user_s_alone_and_links_are_not_followed(tmp_path):
    folder, other = tmp_path / "a", tmp_path / "other"
    folder.mkdir()
    other.touch(0o644)
    other.chmod(0o644)
    (folder / "pickle").touch()
    (folder / "pickle").chmod(0o664)
    (folder / "link").symlink_to(other)
    make_files_private(folder)
    assert (mode_of(folder / "pickle"), mode_of(other)) == (0o600, 0o644)
