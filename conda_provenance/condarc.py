"""The condarc keys of this project: name, default and description. Data only.

Conda asks for them at every command, so this module imports nothing but the names of our keys.
:mod:`conda_provenance.settings` knows what the values mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.keys import CEP_KEYS, KEYS

if TYPE_CHECKING:
    from conda.common.configuration import Parameter


class Setting(NamedTuple):
    """One condarc key below ``plugins:``."""

    name: str
    default: bool | str | tuple[str, ...]
    description: str
    """Shown by ``conda config --describe``."""

    @property
    def variable(self) -> str:
        """The environment variable that conda reads for this key."""
        return f"CONDA_PLUGINS_{self.name.upper()}"

    @property
    def field(self) -> str:
        """The name of the field of :class:`~conda_provenance.settings.Settings`."""
        return self.name.removeprefix("provenance_")

    def conda_parameter(self) -> Parameter:
        """The key as conda's configuration declares it."""
        from conda.common.configuration import PrimitiveParameter, SequenceParameter

        if isinstance(self.default, tuple):
            element = PrimitiveParameter("", element_type=str)
            return SequenceParameter(element, default=self.default)
        return PrimitiveParameter(self.default)


_ANY_KEYS = f"any of {', '.join(KEYS)}"

ENABLED = Setting(
    "provenance_enabled",
    True,
    "Record in every package that is built where it comes from (CEP 31).",
)
FIELDS = Setting(
    "provenance_fields",
    CEP_KEYS,
    f"The keys to write into a package: {_ANY_KEYS}. Add flow_run_url for a link to the CI run. "
    "Leave out remote_url to keep the address of a private repository to yourself.",
)
REQUIRED = Setting(
    "provenance_required",
    (),
    f"The keys without which a build fails, before its package is made: {_ANY_KEYS}.",
)
DIRTY = Setting(
    "provenance_dirty",
    "warn",
    "What to do when the recipe's folder has uncommitted changes: warn, error or ignore.",
)
CI = Setting(
    "provenance_ci",
    "auto",
    "The CI system that names the run: auto (detect it), none, or a provider's name such as "
    "github. 'conda provenance detect' shows the one that is detected.",
)

SETTINGS = (ENABLED, FIELDS, REQUIRED, DIRTY, CI)
"""The keys for builds, in the order in which they are documented."""

INSTALL = Setting(
    "provenance_install",
    "ignore",
    "What to do before a package is installed that does not say where it comes from: ignore, warn "
    "or refuse. This is hygiene, not protection: packages may say what they like.",
)
INSTALL_REQUIRE = Setting(
    "provenance_install_require",
    CEP_KEYS,
    f"The keys that an installed package must have: {_ANY_KEYS}. With an empty list, one of them "
    "will do.",
)
INSTALL_REPOS = Setting(
    "provenance_install_repos",
    (),
    "The repositories that an installed package may name, such as "
    "https://github.com/conda-forge/*. With an empty list, it may name any.",
)
INSTALL_EXEMPT = Setting(
    "provenance_install_exempt",
    (),
    "What is installed whatever it says: a channel by its address, such as "
    "https://conda.anaconda.org/conda-forge, or CHANNEL::SPEC for some packages of one.",
)

INSTALL_POLICY = Setting(
    "provenance_install_policy",
    "",
    "A policy whose repositories an installed package must be from: the name of a ready one, such "
    "as conda-forge, or the path of a file. No check that it asks for is made before installing: "
    "see provenance_install_verified.",
)
INSTALL_VERIFIED = Setting(
    "provenance_install_verified",
    (),
    "Files that 'conda provenance verify --json' wrote by that policy. What they call verified may "
    "be installed though the policy asks for checks. They are not signed.",
)

INSTALL_SETTINGS = (
    *(INSTALL, INSTALL_REQUIRE, INSTALL_REPOS, INSTALL_EXEMPT, INSTALL_POLICY, INSTALL_VERIFIED),
)
"""The keys of the gate before installing, in the order in which they are documented."""

POLICY = Setting(
    "provenance_policy",
    "",
    "What 'conda provenance verify' expects of packages, where --policy does not say it: the name "
    "of a ready policy, such as conda-forge, or the path of a file.",
)
FORGES = Setting(
    "provenance_forges",
    (),
    "Servers of your own, and which forge each is, such as git.example.com=gitlab. They may be in "
    "a private network, and get the tokens in the variables of their forge.",
)
CA = Setting(
    "provenance_ca",
    (),
    "Servers of your own, and the file of the authorities that vouch for each, such as "
    "git.example.com=/etc/ssl/example.pem, where conda's own ssl_verify is not enough.",
)
CLIENT_CERT = Setting(
    "provenance_client_cert",
    (),
    "Servers of your own, and the file of your certificate for each, such as "
    "git.example.com=/home/me/me.pem.",
)
CLIENT_KEY = Setting(
    "provenance_client_key",
    (),
    "Servers of your own, and the file of your certificate's key for each, where it is not in the "
    "certificate's own file.",
)

KEYRING = Setting(
    "provenance_keyring",
    False,
    "Look in the system's keyring for the tokens of forges and CI systems, where they are kept as "
    "those of the service conda-provenance, with the host as the user.",
)

VERIFY_SETTINGS = (POLICY, FORGES, CA, CLIENT_CERT, CLIENT_KEY, KEYRING)
"""The keys of ``verify``, in the order in which they are documented."""

ALL_SETTINGS = (*SETTINGS, *INSTALL_SETTINGS, *VERIFY_SETTINGS)
