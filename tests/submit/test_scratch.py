"""Folders for temporary files: who may use them, and who removes them."""


def test_scratch_that_cannot_be_written_is_refused_with_what_to_set(tmp_path):
    (tmp_path / "file").touch()
    cluster = ClusterSpec(scratch=str(tmp_path / "file"))
    with (
        pytest.raises(UserError, match="set TMPDIR, or scratch in the cluster file"),
        scratch_folder(cluster, "owner"),
    ):
        pass
