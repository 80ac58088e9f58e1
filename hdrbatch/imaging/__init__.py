"""Radiance and photographs: camera model, merge, candidates, metrics, files."""
