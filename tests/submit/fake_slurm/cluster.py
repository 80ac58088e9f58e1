"""A Slurm that does what a test tells it to: its commands first on PATH, its queue in the test's process.

A command is a real program, but only passes its call on to this process: starting Python for each would take
most of the time of many tests.
"""

import os
import threading
from copy import deepcopy
from functools import cache
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from tests.submit.fake_slurm.commands import Call, Commands

NAMES = ("sbatch", "squeue", "sacct", "scontrol", "scancel", "sinfo", "sacctmgr")
COMMAND = """\
#!/bin/bash
text=
case " $* " in *" --test-only "*) IFS= read -rd '' text ;; esac
mapfile -d '' -t variables < /proc/$$/environ
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\\0' "$FAKE_SLURM" "${{0##*/}}" "$PWD" "$text" "$#" "$@" "${{variables[@]%%=*}}" END >&3
IFS= read -rd '' code <&3
IFS= read -rd '' errors <&3
printf %s "$errors" >&2
/bin/cat <&3
exit "$code"
"""


_clusters: dict[str, Commands] = {}
_lock = threading.Lock()


class _Server(ThreadingTCPServer):
    daemon_threads = True


class _Handler(StreamRequestHandler):
    """Answers a command of one of this process's clusters."""

    def handle(self):
        request = b""
        while not request.endswith(b"\0END\0"):
            received = self.connection.recv(1 << 16)
            if not received:
                return
            request += received
        cluster, name, folder, stdin, number, *words = os.fsdecode(request).split("\0")[:-2]
        call = Call(name, words[: int(number)], words[int(number) :], Path(folder), stdin)
        with _lock:
            code, output, errors = _clusters[cluster].answer(call)
        self.wfile.write(f"{code}\0{errors}\0{output}".encode())


@cache
def _port() -> int:
    server = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class FakeSlurm:
    """Installs the commands in a folder; ``environment`` makes a process find them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        bin_folder = folder / "bin"
        bin_folder.mkdir(parents=True)
        self._commands = _clusters[str(folder)] = Commands()
        for name in NAMES:
            (bin_folder / name).write_text(COMMAND.format(port=_port()))
            (bin_folder / name).chmod(0o755)
        (bin_folder / "srun").write_text("#!/bin/sh\nexit 1\n")
        (bin_folder / "srun").chmod(0o755)
        self.environment = {"FAKE_SLURM": str(folder), "PATH": f"{bin_folder}:{os.environ['PATH']}"}

    def control(self, **what):
        """Let commands misbehave: ``sbatch=["", "fail: ..."]``, ``scontrol_job="fail: ..."``."""
        known = {"sbatch_test": "sbatch --test-only"}
        self._commands.control = {
            known.get(name, name.replace("scontrol_", "scontrol ")): how for name, how in what.items()
        }

    @property
    def jobs(self):
        """All jobs that were ever taken, by id."""
        return deepcopy(self._commands.jobs)

    @property
    def queue(self):
        """The jobs in the queue, by id."""
        return {id_: job for id_, job in self.jobs.items() if job["in_queue"]}

    @property
    def tested_script(self):
        """The script of the last ``sbatch --test-only``."""
        return self._commands.tested.stdin

    @property
    def tested_environment(self):
        """The variables of the last ``sbatch --test-only``."""
        return self._commands.tested.environment

    @property
    def calls(self):
        """The command lines of all calls."""
        return list(self._commands.calls)

    def set_states(self, job, words, *, in_queue=True):
        """Let elements of a job be in these states, one word for all or one for each."""
        found = self._commands.jobs[job]
        words = [words] * len(found["elements"]) if isinstance(words, str) else words
        found["elements"] = dict(zip(found["elements"], words, strict=True))
        found["in_queue"] = in_queue
