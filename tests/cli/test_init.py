"""``hdrbatch init``: what is copied where, and what the user is told."""


def test_the_examples_are_copied_and_the_next_step_is_named(hdrbatch, tmp_path):
    folder = tmp_path / "project"
    done = hdrbatch("init", str(folder), store=str(tmp_path / "store"))
    assert done.returncode == 0, done.stderr
    assert (folder / "jobs" / "local.yaml").read_text().count("dataset: local")
    assert f"wrote {folder / 'infra' / 'clusters' / 'apptainer.toml'}" in done.stdout
    assert f"next: cd {folder} && hdrbatch render local --dry-run" in done.stdout


def test_a_file_that_exists_is_kept_and_named(hdrbatch, tmp_path):
    own = tmp_path / "jobs" / "local.yaml"
    own.parent.mkdir()
    own.write_text("mine")
    done = hdrbatch("init", str(tmp_path), store=str(tmp_path / "store"))
    assert f"skipped {own}: it already exists" in done.stdout
    assert own.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_an_error(hdrbatch, tmp_path):
    (tmp_path / "jobs").touch()
    done = hdrbatch("init", str(tmp_path), store=str(tmp_path / "store"))
    assert done.returncode == 2
    assert f"hdrbatch: {tmp_path / 'jobs'} cannot be created" in done.stderr


def test_a_file_is_no_folder_for_examples(hdrbatch, tmp_path):
    (tmp_path / "taken").write_text("mine")
    refused = hdrbatch("init", str(tmp_path / "taken"), store="unused")
    assert refused.returncode == 2
    assert "taken/jobs cannot be created: Not a directory" in refused.stderr
    assert (tmp_path / "taken").read_text() == "mine"
