"""What goes wrong inside of workers that are real processes.

It is put there by a ``sitecustomize`` of ours, which their interpreter loads: by its id a task crashes, ends
its process, is stopped by a signal that its starter knows nothing of, or sleeps.
"""

MISBEHAVIOUR = """\
import os, pathlib, signal, sys, time
if "hdrbatch.worker" in sys.orig_argv:
    import hdrbatch.tasks.index_dataset as kind
    run = kind.run
    def misbehave(context):
        if context.task.id.startswith("crash"):
            os.kill(os.getpid(), signal.SIGKILL)
        if context.task.id.startswith("exit"):
            print("something is wrong", flush=True)
            os._exit(3)
        if context.task.id.startswith("interrupted"):
            # Its id ends with how often: what is left of that is kept beside this file.
            left = pathlib.Path(__file__).with_name(context.task.id)
            number = int(left.read_text() if left.exists() else context.task.id.rpartition("-")[2])
            left.write_text(str(number - 1))
            if number > 0:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(300)
        if context.task.id.startswith("sleep"):
            print("asleep", flush=True)
            time.sleep(300)
        run(context)
    kind.run = misbehave
"""


def is_asleep(worker):
    return worker.has_started(0) and "asleep" in worker.log_of(0).read_text()
