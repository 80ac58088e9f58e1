"""What a user writes: jobs, sweeps and clusters, validated before anything is submitted."""
