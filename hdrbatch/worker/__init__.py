"""The worker: one task after the other in, receipts out (``python -m hdrbatch.worker``)."""
