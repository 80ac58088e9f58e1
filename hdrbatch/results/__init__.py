"""Contents of a store, read and verified: datasets, trained models, finished tasks."""
