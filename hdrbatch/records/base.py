"""Base of all records: what is written into a store for people and later stages to read."""

from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from hdrbatch.errors import CorruptObjectError


class Record(BaseModel):
    """Base of all records: frozen, and read back strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: ClassVar[str] = "record"
    """What a message calls a record of this class."""

    def to_bytes(self) -> bytes:
        """As JSON text, the same bytes for the same record."""
        return (self.model_dump_json(indent=1) + "\n").encode()


RecordType = TypeVar("RecordType", bound=Record)


def parse_record(data: bytes, key: str, record: type[RecordType]) -> RecordType:
    """Read a record from a stored file's bytes; raises CorruptObjectError, naming the file, if it is none."""
    try:
        return record.model_validate_json(data)
    except ValueError as error:
        raise CorruptObjectError(f"{key} is no {record.title}: {error}") from None
