"""The one exception family: every message is a single sentence with what, where and the remedy.

No message repeats a value that may hold a secret or a terminal escape.
"""


class ProvenanceError(Exception):
    """Anything this project refuses to do, said in one sentence."""


class UsageError(ProvenanceError):
    """A command was given something that it cannot work with."""


class SettingsError(ProvenanceError):
    """A condarc key or its environment variable has a value that it may not have."""


class RequirementError(ProvenanceError):
    """The build must not go on: a required key is missing or the recipe folder is dirty.

    The only exception by which a post-build hook stops a build.
    """


class PackageError(ProvenanceError):
    """A package file cannot be read or stamped; the file is as it was."""


class RefusedError(PackageError):
    """A package may not be changed, or not without ``overwrite``; the file is as it was."""
