"""Planning: pure functions from a spec to stages of tasks with digests."""
