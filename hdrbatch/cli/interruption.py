"""What an interrupted command (Ctrl-C) has kept, for each command."""

from collections.abc import Mapping, Sequence

_UNCHANGED = "nothing was changed"
_RESULT = "its result is complete or as it was before; rerun the same command"
_TASKS = "finished tasks and submissions are kept; rerun the same command to resume"

KEPT: Mapping[str, str] = {
    "init": "files that were already copied are kept; rerun the same command",
    "render": _TASKS,
    "sweep": _TASKS,
    "retry": _TASKS,
    "cancel": "what was already cancelled stays cancelled; rerun the same command",
    "status": _UNCHANGED,
    "logs": _UNCHANGED,
    "models": _UNCHANGED,
    "evaluate": _UNCHANGED,
    "doctor": _UNCHANGED,
    "photograph": _RESULT,
    "reconstruct": _RESULT,
    "merge": _RESULT,
    "report": "the page and each figure are complete or as before; rerun the same command",
    "scenes list": _UNCHANGED,
    "scenes show": _UNCHANGED,
    "scenes preview": "finished previews are kept; rerun the same command to resume",
    "scenes inspect": "the inventory and each packed copy are complete or as before; rerun the same command",
    "dataset show": "each plot is complete or as before; rerun the same command",
    "dataset export": "exported scenes are kept; rerun the same command to resume",
    "dataset verify": _UNCHANGED,
    "store serve": "the store and what was uploaded are kept",
    "store ls": _UNCHANGED,
    "store verify": "receipts that were already withdrawn stay withdrawn; rerun the same command",
    "store gc": "what was already deleted stays deleted; rerun the same command",
}


def interruption_message(arguments: Sequence[str]) -> str:
    """Return what the user is told after Ctrl-C.

    Parameters
    ----------
    arguments : sequence of str
        Arguments of the command line, without the program.
    """
    words = [word for word in arguments if not word.startswith("-")]
    kept = KEPT.get(" ".join(words[:2])) or KEPT.get(" ".join(words[:1])) or _UNCHANGED
    return f"interrupted; {kept}"
