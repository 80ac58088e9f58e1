"""Base of all records that are written into a store for people and later stages."""

from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from hdrbatch.errors import CorruptObjectError
from hdrbatch.stored_names import check_name

StoredName = Annotated[str, AfterValidator(check_name)]
"""Field with a name that becomes part of keys and paths."""


def _plain(text: str) -> str:
    if not text.isprintable() or text.startswith("-"):
        raise ValueError(f"{ascii(text)[:100]} is not a name")
    return text


PlainText = Annotated[str, AfterValidator(_plain)]
"""Text that is shown on terminals and given to other programs: it controls neither and is no option."""


class Record(BaseModel):
    """Base of all records: frozen, and parsed strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: ClassVar[str] = "record"
    """Name of such a record in messages."""

    def to_bytes(self) -> bytes:
        """Return the record as JSON text; equal records give equal bytes."""
        return (self.model_dump_json(indent=1) + "\n").encode()


RecordType = TypeVar("RecordType", bound=Record)


def parse_record(data: bytes, key: str, record: type[RecordType]) -> RecordType:
    """Parse a record from a stored file; raise CorruptObjectError, naming the file, if it is not valid."""
    try:
        return record.model_validate_json(data)
    except ValueError as error:
        raise CorruptObjectError(f"{key} is not a valid {record.title}: {error}") from None
