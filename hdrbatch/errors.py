"""Every error that hdrbatch raises on purpose.

HdrbatchError                 exit code 1
├── UserError                 exit code 2: bad input, refused before anything ran
│   ├── SpecError             a job, sweep or cluster file
│   ├── PhotoError            a photograph that cannot be used
│   ├── SetUpError            a node or an image lacks what a task needs
│   └── StoreAddressError     a store URL that cannot be understood or reached
├── TaskError                 a task could not make a valid result
│   ├── RenderError           Blender made nothing usable
│   ├── MissingInputError     an input has no receipt, or its file is gone
│   └── TrainingError         a training cannot go on
├── StoreError                a store did not do what was asked
│   ├── ObjectNotFoundError   no object under this key
│   └── CorruptObjectError    the object's bytes are not what its receipt says
├── SlurmError                a command of Slurm failed
├── SubmissionError           Slurm did not take an array, or did not answer
├── TasksFailedError          some tasks of an array's element failed
└── InterruptedRunError       exit code 75: stopped from outside, safe to run again
"""

from typing import ClassVar


class HdrbatchError(Exception):
    """Base of all errors raised on purpose; its text is meant for the user."""

    exit_code: ClassVar[int] = 1


class UserError(HdrbatchError):
    """Bad input: the text names the value, where it stands, what is valid and what to do."""

    exit_code: ClassVar[int] = 2


class SpecError(UserError):
    """A job, sweep or cluster file that cannot be accepted."""


class PhotoError(UserError):
    """A photograph that cannot be used."""


class SetUpError(UserError):
    """A node or an image that lacks what a task needs; not the task's fault."""


class StoreAddressError(UserError):
    """A store URL that cannot be understood or reached."""


class TaskError(HdrbatchError):
    """A task could not make a valid result."""


class RenderError(TaskError):
    """Blender made nothing usable."""


class MissingInputError(TaskError):
    """An input has no receipt, or its file is gone."""


class TrainingError(TaskError):
    """A training cannot go on."""


class StoreError(HdrbatchError):
    """A store did not do what was asked."""


class ObjectNotFoundError(StoreError):
    """No object is stored under this key."""


class CorruptObjectError(StoreError):
    """The stored bytes are not what the receipt says."""


class SlurmError(HdrbatchError):
    """A command of Slurm failed."""


class SubmissionError(HdrbatchError):
    """Slurm did not take an array, or did not answer."""


class TasksFailedError(HdrbatchError):
    """Some of an element's tasks failed; Slurm shows the element as failed then."""


class InterruptedRunError(HdrbatchError):
    """Stopped from outside; running the same command again goes on from here."""

    exit_code: ClassVar[int] = 75
