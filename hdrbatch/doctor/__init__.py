"""Checks of everything that the next command would need, here and on a cluster's nodes."""
