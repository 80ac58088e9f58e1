"""Base of all records: what is written into a store for people and later stages to read."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Base of all records: frozen, and read back strictly."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_bytes(self) -> bytes:
        """As JSON text, the same bytes for the same record."""
        return (self.model_dump_json(indent=1) + "\n").encode()
