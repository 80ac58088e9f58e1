"""Scores of networks and baselines on rendered scenes, captured light and real brackets."""
