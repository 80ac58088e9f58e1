"""Which code made a result: versions of the code that decides each kind of result."""
