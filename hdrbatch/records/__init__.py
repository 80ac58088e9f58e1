"""Records in a store, for people and later stages: typed, and parsed strictly."""
