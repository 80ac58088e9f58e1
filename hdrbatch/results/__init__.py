"""What a store holds, read and verified: datasets, trained models, finished tasks."""
