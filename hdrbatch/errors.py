"""Every error that hdrbatch raises on purpose.

HdrbatchError                 exit code 1
├── UserError                 exit code 2: bad input, rejected before anything ran
│   ├── SpecError             a job, sweep or cluster file
│   ├── PhotoError            a photograph that cannot be used
│   ├── SetUpError            a node or an image lacks what a task needs
│   └── StoreAddressError     a store that the user named wrongly, or has no credentials for
├── TaskError                 a task could not produce a valid result
│   ├── RenderError           Blender produced no usable picture
│   ├── MissingInputError     an input has no receipt, or its file is gone
│   └── TrainingError         training cannot continue
├── StoreError                a store operation failed
│   ├── ObjectNotFoundError   no object is stored under this key
│   ├── CorruptObjectError    an object's bytes do not match its receipt
│   ├── StoreAccessError      the store refuses access now; the task's input is not at fault
│   └── UnsafeNameError       a key, id or name that could lead a path out of its folder
├── SlurmError                a Slurm command failed
├── SubmissionError           Slurm rejected an array, or did not answer
├── TasksFailedError          some tasks of an array element failed
└── InterruptedRunError       exit code 75: interrupted by a signal; safe to rerun
"""

from typing import ClassVar


class HdrbatchError(Exception):
    """Base of all errors raised on purpose; its text is meant for the user."""

    exit_code: ClassVar[int] = 1


class UserError(HdrbatchError):
    """Bad input: the text names the value, its place, what is valid and what to do."""

    exit_code: ClassVar[int] = 2


class SpecError(UserError):
    """A job, sweep or cluster file that cannot be accepted."""


class PhotoError(UserError):
    """A photograph that cannot be used."""


class SetUpError(UserError):
    """A node or an image that lacks what a task needs; not the task's fault."""


class StoreAddressError(UserError):
    """A store that the user named wrongly, or has no valid credentials for."""


class TaskError(HdrbatchError):
    """A task could not produce a valid result."""


class RenderError(TaskError):
    """Blender produced no usable picture."""


class MissingInputError(TaskError):
    """An input has no receipt, or its file is gone."""


class TrainingError(TaskError):
    """Training cannot continue."""


class StoreError(HdrbatchError):
    """A store operation failed."""


class ObjectNotFoundError(StoreError):
    """No object is stored under this key."""


class CorruptObjectError(StoreError):
    """An object's bytes do not match its receipt."""


class StoreAccessError(StoreError):
    """The store refuses access now: an expired token, a wrong clock, a refusal that may pass."""


class UnsafeNameError(StoreError, ValueError):
    """A key, id or name, in a store or its records, that could lead a path out of its folder."""


class SlurmError(HdrbatchError):
    """A Slurm command failed."""


class SubmissionError(HdrbatchError):
    """Slurm rejected an array, or did not answer."""


class TasksFailedError(HdrbatchError):
    """Some tasks of an array element failed; Slurm then reports the element as failed."""


class InterruptedRunError(HdrbatchError):
    """Interrupted by a signal; rerunning the command resumes from here."""

    exit_code: ClassVar[int] = 75
