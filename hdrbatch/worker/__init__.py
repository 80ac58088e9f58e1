"""The worker: runs tasks one after the other and writes their receipts (``python -m hdrbatch.worker``)."""
