"""``python -m hdrbatch.worker``: see `hdrbatch.worker.command`."""

import logging
import os
import sys

from hdrbatch.worker.command import main

exit_code = main()
logging.shutdown()
sys.stdout.flush()
# Blender can hang in its own clean-up after a render: exit without it, with the right code.
os._exit(exit_code)
