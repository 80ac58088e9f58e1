"""From a plan to running workers, and from receipts back to a status."""
