"""Checks of everything that the next command needs, here and on a cluster's nodes."""
