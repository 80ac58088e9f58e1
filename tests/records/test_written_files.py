import pytest
from pydantic import ValidationError

from hdrbatch.records.written_files import WrittenFile, WrittenFiles, listed_in


@pytest.mark.parametrize("name", ["", ".", "..", "/etc/passwd", "../a.png", "a/b.png", "a\0b"])
def test_a_record_names_files_beside_itself_alone(name, tmp_path):
    with pytest.raises(ValidationError, match="is not the name of a file"):
        WrittenFile(name=name, num_bytes=1, sha256="0" * 64)
    record = tmp_path / "record.json"
    good = WrittenFiles(files=(WrittenFile(name="a b.png", num_bytes=1, sha256="0" * 64),)).to_bytes()
    record.write_bytes(good)
    assert listed_in(record) is not None
    record.write_bytes(good.replace(b"a b.png", b"../a.png"))
    assert listed_in(record) is None
