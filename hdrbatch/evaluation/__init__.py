"""Scores: of networks beside baselines, on rendered scenes, captured light and real brackets."""
