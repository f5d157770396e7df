"""What the gates refuse to work with.

Belongs here: errors that name a file and say what to do. A failed or errored expectation is a verdict, not an error.
"""


class SuiteError(ValueError):
    """A suite that the gates cannot run as it is written; names the file and the expectation."""


class GateInputError(RuntimeError):
    """Something that a run writes before the gates is not there."""
