"""``python -m hdrbatch``: the command line."""

from hdrbatch.cli.app import main

main()
