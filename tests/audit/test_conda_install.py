"""Real conda with the gate before installing: it refuses, warns and lets pass."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from channel import STAMP
from conda_gate import SETTING, Conda, tree

REPOS = "CONDA_PLUGINS_PROVENANCE_INSTALL_REPOS"
REQUIRE = "CONDA_PLUGINS_PROVENANCE_INSTALL_REQUIRE"
EXEMPT = "CONDA_PLUGINS_PROVENANCE_INSTALL_EXEMPT"
RULES = "CONDA_PLUGINS_PROVENANCE_INSTALL_POLICY"
VERIFIED = "CONDA_PLUGINS_PROVENANCE_INSTALL_VERIFIED"

BEFORE_26_7 = pytest.mark.skipif(
    find_spec("conda") is not None and tuple(map(int, version("conda").split(".")[:2])) < (26, 7),
    reason="conda before 26.7 removes the folder itself, and loses the history as it rolls back",
)

SAFETY = pytest.mark.parametrize("safety", ["warn", "enabled", "disabled"])


# --- It refuses -----------------------------------------------------------------------------------


@SAFETY
def test_a_new_environment_is_refused_and_removed(conda: Conda, safety: str) -> None:
    words = ("create", "-y", "-p", conda.prefix(), "silent", "partial", "short", "stamped")
    done = conda.refusing(*words, CONDA_SAFETY_CHECKS=safety)
    assert done.is_refused
    assert "3 of 4 packages to install do not say what is asked of them" in done.said
    assert f"silent-1.0-h0_0 of {conda.channel()}: it says nothing" in done.said
    assert "partial-1.0-h0_0" in done.said
    assert "it lacks remote_url, flow_run_id" in done.said
    assert "sha is shorter than a full commit hash" in done.said
    assert "stamped-1.0" not in done.err
    assert f"{SETTING}=ignore conda install" in done.said
    assert "hygiene, not protection" in done.said
    assert not conda.prefix().exists()


@SAFETY
def test_an_installation_into_an_environment_leaves_it_as_it_was(conda: Conda, safety: str) -> None:
    prefix = conda.made("stamped")
    before = tree(prefix)
    done = conda.refusing("install", "-y", "-p", prefix, "silent", CONDA_SAFETY_CHECKS=safety)
    assert done.is_refused
    assert tree(prefix) == before


@SAFETY
@pytest.mark.parametrize("rollback", ["true", "false"])
def test_an_update_leaves_the_old_version_in_place(
    conda: Conda, safety: str, rollback: str
) -> None:
    prefix = conda.made("fading=1", "stamped")
    before = tree(prefix)
    done = conda.refusing(
        *("update", "-y", "-p", prefix, "fading"),
        CONDA_SAFETY_CHECKS=safety,
        CONDA_ROLLBACK_ENABLED=rollback,
    )
    assert done.is_refused
    assert "1 of 1 package to install does not say what is asked of it" in done.said
    assert "fading-2.0-h0_0" in done.said
    assert tree(prefix) == before


@BEFORE_26_7
def test_an_empty_folder_of_the_user_is_not_removed(conda: Conda) -> None:
    conda.prefix().mkdir(parents=True)
    words = ("create", "-y", "-p", conda.prefix(), "silent")
    assert conda.refusing(*words, CONDA_SAFETY_CHECKS="disabled").is_refused
    assert conda.prefix().is_dir()


@BEFORE_26_7
def test_a_program_that_skips_verify_is_refused_by_execute(conda: Conda) -> None:
    prefix = conda.made("stamped")
    before = tree(prefix)
    skip = (
        "from conda.core.link import UnlinkLinkTransaction as T\n"
        "prepare = T.prepare\n"
        "T.verify = lambda self: (self.prepare(), setattr(self, '_verified', True))\n"
    )
    done = conda.refusing("install", "-y", "-p", prefix, "silent", prelude=skip)
    assert done.is_refused
    assert tree(prefix) == before


@pytest.mark.parametrize("how", ["file", "path", "hashes"])
def test_explicit_installations_are_refused(conda: Conda, how: str) -> None:
    listed = conda.folder / "explicit.txt"
    paths = [conda.package("silent-1.0"), conda.package("stamped-1.0")]
    hashes = {"silent": _sha256(paths[0]), "stamped": _sha256(paths[1])}
    lines = [path.as_uri() for path in paths]
    if how == "hashes":
        lines = [f"{path.as_uri()}#{hashes[path.name.split('-')[0]]}" for path in paths]
    listed.write_text("\n".join(["@EXPLICIT", *lines, ""]))
    words = paths if how == "path" else ["--file", listed]
    done = conda.refusing("create", "-y", "--offline", "-p", conda.prefix(), *words)
    assert done.is_refused
    assert "1 of 2 packages to install does not say what is asked of it" in done.said
    assert "silent-1.0-h0_0" in done.said
    assert not conda.prefix().exists()

    conda.made("silent", "stamped")  # They are in the cache now.
    done = conda.refusing("create", "-y", "--offline", "-p", conda.prefix("two"), *words)
    assert done.is_refused


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_explicit_installations_of_stamped_packages_pass(conda: Conda) -> None:
    paths = [conda.package("stamped-1.0"), conda.package("stamped-old-1.0")]
    done = conda.refusing("create", "-y", "--offline", "-p", conda.prefix(), *paths)
    assert done.status == 0
    assert (conda.prefix() / "conda-meta" / "stamped-old-1.0-h0_0.json").exists()


def test_environment_files_and_clones(conda: Conda) -> None:
    file = conda.folder / "environment.yml"
    file.write_text("dependencies: [silent, stamped]\n")
    prefix = conda.prefix()
    assert conda.refusing("env", "create", "-y", "-p", prefix, "-f", file).is_refused
    assert not prefix.exists()

    conda.made("stamped")
    before = tree(prefix)
    assert conda.refusing("env", "update", "-p", prefix, "-f", file).is_refused
    assert tree(prefix) == before

    conda.made("silent", name="old")
    clone = ("create", "-y", "--clone", conda.prefix("old"), "-p", conda.prefix("new"))
    assert conda.refusing(*clone).is_refused
    assert not conda.prefix("new").exists()

    clone = ("create", "-y", "--clone", prefix, "-p", conda.prefix("new"))
    assert conda.refusing(*clone).status == 0


def test_a_package_without_files(conda: Conda) -> None:
    words = ("create", "-y", "-p", conda.prefix(), "stamped-meta")
    assert conda.refusing(*words, "silent-meta").is_refused
    assert conda.refusing(*words).status == 0


@pytest.mark.parametrize("way", ["--copy", "--offline"])
def test_copied_and_offline_installations(conda: Conda, way: str) -> None:
    conda.made("silent", "stamped", name="before")
    words = ("create", "-y", way, "-p", conda.prefix())
    assert conda.refusing(*words, "silent").is_refused
    assert conda.refusing(*words, "stamped").status == 0


def test_another_channels_package_of_the_same_name_in_the_cache(conda: Conda) -> None:
    """The cache's folders are named by name, version and build alone."""
    conda.made("stamped", "silent")
    other = {"CONDA_CHANNELS": conda.channel("other")}
    words = ("create", "-y", "-p")
    assert conda.refusing(*words, conda.prefix("a"), "stamped", **other).is_refused
    assert conda.refusing(*words, conda.prefix("b"), "silent", **other).status == 0

    # Now the other channel's packages are in these folders.
    assert conda.refusing(*words, conda.prefix("c"), "silent").is_refused
    assert conda.refusing(*words, conda.prefix("d"), "stamped").status == 0


def test_a_record_that_conda_made_anew_still_says_which_file_it_is(conda: Conda) -> None:
    """It does so where it finds none, such as while another conda is extracting the package."""
    conda.made("stamped", "silent", name="before")
    for name in ("stamped", "silent"):
        (conda.cache / f"{name}-1.0-h0_0" / "info" / "repodata_record.json").unlink()

    words = ("create", "-y", "-p")
    assert conda.refusing(*words, conda.prefix("a"), "stamped").status == 0
    assert conda.refusing(*words, conda.prefix("b"), "silent").is_refused
    made = json.loads((conda.cache / "stamped-1.0-h0_0/info/repodata_record.json").read_text())
    assert "sha256" not in made


def test_json_stays_json(conda: Conda) -> None:
    words = ("create", "-y", "--json", "-p", conda.prefix(), "silent")
    done = conda.refusing(*words)
    assert done.status == 1
    assert "silent-1.0-h0_0" in json.dumps(done.json)
    assert "conda-provenance refuses to go on" in json.dumps(done.json)

    done = conda(*words, **{SETTING: "warn"})
    assert done.json["success"] is True
    assert "silent-1.0-h0_0" in done.err


# --- It lets pass, and warns ----------------------------------------------------------------------


def test_stamped_packages_pass_without_a_word(conda: Conda) -> None:
    names = ("stamped", "stamped-old", "stamped-meta", "stamped-binary")
    done = conda.refusing("create", "-y", "-p", conda.prefix(), *names)
    assert done.status == 0
    assert "conda-provenance" not in done.said
    assert (conda.prefix() / "share" / "stamped-binary.txt").exists()


def test_a_warning_names_all_and_goes_on(conda: Conda) -> None:
    done = conda.create("silent", "partial", "stamped", **{SETTING: "warn"})
    assert done.status == 0
    assert done.err.count("conda-provenance warns") == 1
    assert "2 of 3 packages to install do not say what is asked of them" in done.err
    assert "silent-1.0-h0_0" in done.err
    assert "partial-1.0-h0_0" in done.err
    assert "refuse" not in done.err
    assert (conda.prefix() / "share" / "silent.txt").exists()


def test_with_safety_checks_disabled_it_still_warns_once(conda: Conda) -> None:
    done = conda.create("silent", **{SETTING: "warn", "CONDA_SAFETY_CHECKS": "disabled"})
    assert done.status == 0
    assert done.err.count("conda-provenance warns") == 1


def test_without_the_key_nothing_is_said(conda: Conda) -> None:
    done = conda.create("silent", "short")
    assert done.status == 0
    assert "conda-provenance" not in done.said


def test_removing_is_never_refused(conda: Conda) -> None:
    prefix = conda.made("silent", "stamped")
    assert conda.refusing("remove", "-y", "-p", prefix, "silent").status == 0
    assert not (prefix / "share" / "silent.txt").exists()
    assert (prefix / "share" / "stamped.txt").exists()

    # Not even where nobody knows what is asked.
    assert (
        conda.refusing("remove", "-y", "-p", prefix, "--all", **{SETTING: "nonsense"}).status == 0
    )
    assert not prefix.exists()


TRANSACTION = """
import sys
from conda.base.context import context, reset_context
reset_context()
from conda.core.link import PrefixSetup, UnlinkLinkTransaction
from conda.core.package_cache_data import PackageCacheData
from conda.core.prefix_data import PrefixData
prefix, unlink, link = sys.argv[1], sys.argv[2].split(), sys.argv[3].split()
old = [PrefixData(prefix).get(name) for name in unlink]
new = [next(PackageCacheData.query_all(name)) for name in link]
UnlinkLinkTransaction(PrefixSetup(prefix, old, new, (), (), ())).execute()
"""


def test_what_a_removal_links_is_checked_but_for_what_was_there(conda: Conda) -> None:
    import subprocess
    import sys

    conda.made("fading=2", name="before")
    prefix = conda.made("silent", "stamped")
    before = tree(prefix)

    def transaction(unlink: str, link: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", TRANSACTION, prefix, unlink, link],
            env=conda.environ(**{SETTING: "refuse"}),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    status, said = transaction("stamped", "fading=2")
    assert status == 1
    assert "fading-2.0-h0_0" in said
    assert tree(prefix) == before

    # The very same file again, as when Python changes under a noarch package.
    status, said = transaction("silent stamped", "silent=1")
    assert status == 0, said
    assert (prefix / "share" / "silent.txt").exists()
    assert not (prefix / "share" / "stamped.txt").exists()


def test_an_index_that_lists_the_checksum_of_what_is_there_lets_nothing_pass(
    conda: Conda, tmp_path: Path
) -> None:
    channel = tmp_path / "channel"
    shutil.copytree(conda.channels / "main", channel)
    ours = {"CONDA_CHANNELS": channel.as_uri()}
    words = ("-y", "-p", conda.prefix())
    assert conda("create", *words, "fading=1", **ours).status == 0
    assert conda("install", *words, "fading=2", "--download-only", **ours).status == 0

    # conda compares no checksum of what is in its cache, unless the index gives an MD5 or a size.
    for packed in channel.glob("noarch/*.json.*"):
        packed.unlink()
    for path in channel.glob("noarch/*repodata.json"):
        index = json.loads(path.read_text())
        records = {record["version"]: record for record in _records(index, "fading")}
        records["2.0"]["sha256"] = records["1.0"]["sha256"]
        del records["2.0"]["md5"], records["2.0"]["size"]
        path.write_text(json.dumps(index))
    shutil.rmtree(conda.cache / "cache")

    done = conda.refusing("install", *words, "fading=2", **ours)
    assert done.is_refused
    assert "fading-2.0-h0_0" in done.said


def _records(index: Any, name: str) -> Iterator[Any]:
    for group in ("packages", "packages.conda"):
        yield from (each for each in index[group].values() if each["name"] == name)


# --- What is asked of a package -------------------------------------------------------------------


def test_keys_and_repositories(conda: Conda) -> None:
    words = ("create", "-y", "-p", conda.prefix(), "--dry-run")
    assert conda.refusing(*words, "silent").status == 0, "nothing is installed by a dry run"

    words = ("create", "-y", "-p")
    ours = STAMP["remote_url"].rpartition("/")[0]
    assert conda.refusing(*words, conda.prefix("a"), "partial", **{REQUIRE: "sha"}).status == 0
    assert conda.refusing(*words, conda.prefix("b"), "stamped", **{REPOS: f"{ours}/*"}).status == 0

    done = conda.refusing(*words, conda.prefix("c"), "stamped", **{REPOS: "https://a.example/*/*"})
    assert done.is_refused
    assert f"its repository is not allowed: {STAMP['remote_url']}" in done.said

    either = {REPOS: f"https://a.example/*/*,{STAMP['remote_url']}"}
    assert conda.refusing(*words, conda.prefix("d"), "stamped", **either).status == 0


def test_the_repositories_of_a_policy(conda: Conda, tmp_path: Path) -> None:
    remote = STAMP["remote_url"]
    policy = tmp_path / "mine.toml"
    policy.write_text(
        f"""
version = 1
[[rules]]
packages = ["stamped"]
channels = ["{conda.channel()}"]
repositories = ["{remote}"]
[[rules]]
packages = ["stamped-old"]
repositories = ["https://a.example/{{name}}/*"]
[[rules]]
packages = ["stamped-binary"]
repositories = ["{remote}"]
reviews = 1
"""
    )
    words = ("create", "-y", "-p")
    rules = {RULES: str(policy)}
    assert conda.refusing(*words, conda.prefix("a"), "stamped", **rules).status == 0

    done = conda.refusing(*words, conda.prefix("b"), "stamped-old", **rules)
    assert done.is_refused
    assert f"its repository is not allowed by the policy mine.toml: {remote}" in done.said

    done = conda.refusing(*words, conda.prefix("c"), "stamped-binary", **rules)
    assert done.is_refused
    assert "asks for what is not checked before installing: commit-reviewed" in done.said

    found = tmp_path / "found.json"
    facts = {"policy_sha256": _sha256(policy)}
    entry = {
        "sha256": _sha256(conda.package("stamped-binary-1.0")),
        "sha256_from": "file",
        "outcome": "verified",
        "checks": [{"id": "expected", "outcome": "pass", "facts": facts}],
    }
    found.write_text(json.dumps({"version": 1, "command": "verify", "packages": [entry]}))
    verified = {**rules, VERIFIED: str(found)}
    done = conda.refusing(*words, conda.prefix("c"), "stamped-binary", **verified)
    assert done.status == 0, done.said

    done = conda.refusing(*words, conda.prefix("d"), "stamped-meta", **rules)
    assert done.is_refused
    assert "the policy mine.toml has no rule for it" in done.said
    assert not conda.prefix("d").exists()

    done = conda.refusing(*words, conda.prefix("e"), "stamped", **{RULES: "conda-forge"})
    assert done.is_refused
    assert "not allowed by the policy conda-forge" in done.said

    policy.write_text("version = 1\n[[rules]]\nreviws = 1\n")
    done = conda.refusing(*words, conda.prefix("f"), "stamped", **rules)
    assert done.is_refused
    assert f"{policy}, line 3, rules.reviws: there is no such key here" in done.said


def test_channels_and_specs_are_exempt(conda: Conda) -> None:
    words = ("create", "-y", "-p")

    def status(name: str, exempt: str, *names: str) -> int:
        return conda.refusing(*words, conda.prefix(name), *names, **{EXEMPT: exempt}).status

    channel = conda.channel()
    assert status("a", channel, "silent", "partial") == 0
    assert status("b", f"{channel}/", "silent") == 0
    assert status("c", f"{channel}::silent", "silent") == 0
    assert status("d", f"{channel}/noarch::silent[version='>=1']", "silent") == 0
    assert status("e", f"{channel}::sil*", "silent") == 0

    assert status("f", f"{channel}::silent", "partial") == 1
    assert status("g", f"{channel}::silent>=2", "silent") == 1
    assert status("h", conda.channel("other"), "silent") == 1
    assert status("i", f"{channel}x", "silent") == 1


@pytest.mark.parametrize("name", ["main", "main::silent", "silent", "conda-forge"])
def test_a_channels_name_exempts_nothing(conda: Conda, name: str) -> None:
    """What a name stands for is a setting of its own, which every user may change."""
    done = conda.refusing("create", "-y", "-p", conda.prefix(), "silent", **{EXEMPT: name})
    assert done.is_refused
    assert "plugins.provenance_install_exempt" in done.said
    assert "has an invalid value: it may be a list of channels by their addresses" in done.said


# --- It fails closed ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["refus", "true", "on", "[refuse]", "no"])
def test_a_wrong_value_of_the_key_refuses_even_what_is_stamped(conda: Conda, value: str) -> None:
    conda.condarc(f"plugins:\n  provenance_install: {value}\n")
    done = conda.create("stamped")
    assert done.is_refused
    assert "plugins.provenance_install (or CONDA_PLUGINS_PROVENANCE_INSTALL) has an" in done.said
    assert "it may be ignore, warn or refuse" in done.said


WRONG = pytest.mark.parametrize(
    ("key", "value"),
    [
        ("require", "[sha, s3cr3t]"),
        ("require", "{sha: s3cr3t}"),
        ("repos", "[https://github.com/*]"),
        ("repos", "['https://user:s3cr3t@github.com/a/b']"),
        ("policy", "./s3cr3t.toml"),
        ("policy", "[conda-forge, s3cr3t]"),
        ("policy", "nowhere"),
        ("exempt", "['https://user:s3cr3t@a.example/c']"),
        ("exempt", "[https://a.example/t/s3cr3t/c]"),
    ],
)


@WRONG
def test_a_wrong_value_of_another_key_is_refused_or_said(
    conda: Conda, key: str, value: str
) -> None:
    conda.condarc(f"plugins:\n  provenance_install_{key}: {value}\n")
    done = conda.refusing("create", "-y", "-p", conda.prefix(), "stamped")
    if key == "exempt" and "/t/" in value:
        assert "has an invalid value" in done.said
    assert done.is_refused
    assert f"plugins.provenance_install_{key}" in done.said
    assert "s3cr3t" not in done.said

    done = conda.create("stamped", **{SETTING: "warn"})
    assert done.status == 0
    assert f"plugins.provenance_install_{key}" in done.err
    assert "s3cr3t" not in done.said


@pytest.mark.parametrize("key", ["provenance_instal", "provenance-install", "provenence_install"])
def test_a_misspelled_key_is_said_at_every_installation(conda: Conda, key: str) -> None:
    conda.condarc(f"plugins:\n  {key}: refuse\n")
    done = conda.create("silent")
    assert done.status == 0
    assert f"plugins.{key} in " in done.err
    assert "did you mean provenance_install?" in done.err


@pytest.mark.parametrize(
    "text", ["provenance_install: refuse", "plugin:\n  provenance_install: refuse"]
)
def test_a_key_at_the_wrong_place_is_said(conda: Conda, text: str) -> None:
    conda.condarc(f"{text}\n")
    done = conda.create("silent")
    assert done.status == 0
    assert "is ignored" in done.err


def test_a_misspelled_variable_is_said(conda: Conda) -> None:
    done = conda.create("silent", CONDA_PLUGINS_PROVENANCE_INSTAL="refuse")
    assert done.status == 0
    assert "did you mean CONDA_PLUGINS_PROVENANCE_INSTALL?" in done.err


def test_a_misspelled_requirement_is_none_that_may_be_left_out(conda: Conda) -> None:
    conda.condarc(
        "plugins:\n  provenance_install: refuse\n"
        "  provenance_install_repo: [https://github.com/nobody/*]\n"
    )
    done = conda.create("stamped")
    assert done.is_refused
    assert "did you mean provenance_install_repos?" in done.said


def test_a_slip_in_a_key_for_builds_is_no_concern_here(conda: Conda) -> None:
    conda.condarc("plugins:\n  provenance_requir: [sha]\n  provenance_dirty: nonsense\n")
    done = conda.refusing("create", "-y", "-p", conda.prefix(), "stamped")
    assert done.status == 0
    assert "conda-provenance" not in done.said


@pytest.mark.parametrize("damage", ["cut", "pipe", "link", "huge"])
def test_an_unreadable_package_is_refused(conda: Conda, damage: str) -> None:
    conda.made("stamped", name="before")
    about = conda.cache / "stamped-1.0-h0_0" / "info" / "about.json"
    text = about.read_text()
    about.unlink()
    if damage == "cut":
        about.write_text(text[:-20])
    elif damage == "pipe":
        os.mkfifo(about)
    elif damage == "link":
        elsewhere = conda.folder / "about.json"
        elsewhere.write_text(text)
        about.symlink_to(elsewhere)
    else:
        about.write_text(text + " " * (2 << 20))

    done = conda.refusing("create", "-y", "-p", conda.prefix(), "stamped")
    assert done.is_refused
    assert "stamped-1.0-h0_0 cannot be read: " in done.said
    assert not conda.prefix().exists()
    assert conda.create("stamped", **{SETTING: "warn"}).status == 0

    # The remedy that the refusal names.
    assert "remove the folder from the package cache" in done.said
    shutil.rmtree(about.parent.parent)
    words = ("create", "-y", "-p", conda.prefix("after"), "stamped")
    assert conda.refusing(*words).status == 0


FAULTS = {
    "fault": (
        (
            "import conda_provenance.audit.install_gate as gate\n"
            "def claim_of(*_): raise KeyError('s3cr3t')\n"
            "gate.claim_of = claim_of\n"
        ),
        "conda-provenance failed (KeyError)",
    ),
    "fault elsewhere": (
        (
            "import conda_provenance.audit.install_policy as policy\n"
            "def load(*_): raise KeyError('s3cr3t')\n"
            "policy.load_install_policy = load\n"
        ),
        "conda-provenance failed (KeyError)",
    ),
    "no module": (
        "import sys\nsys.modules['conda_provenance.audit.install_gate'] = None\n",
        "conda-provenance failed (ModuleNotFoundError)",
    ),
    "hangs": (
        (
            "import time, conda_provenance.audit.install_gate as gate\n"
            "gate.SECONDS = 0.2\n"
            "gate.claim_of = lambda *_: time.sleep(60)\n"
        ),
        "reading took longer than 0.2 seconds",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_ours_refuses_and_says_so(conda: Conda, fault: str) -> None:
    prelude, why = FAULTS[fault]
    words = ("create", "-y", "-p", conda.prefix(), "stamped")
    done = conda.refusing(*words, prelude=prelude)
    assert done.status == 1
    assert why in done.said
    assert "s3cr3t" not in done.said
    assert not conda.prefix().exists()

    done = conda(*words, prelude=prelude, **{SETTING: "warn"})
    assert done.status == 0
    assert why in done.err

    removed = conda.refusing("remove", "-y", "-p", conda.prefix(), "stamped", prelude=prelude)
    assert removed.status == 0


OLD_CONDA = """
from conda.plugins.hookspec import CondaSpecs
from conda.plugins.manager import CondaPluginManager
del CondaSpecs.conda_pre_transaction_actions
CondaPluginManager.get_pre_transaction_actions = lambda *_: []
"""


def test_a_conda_without_a_place_for_the_gate_says_so_once(conda: Conda) -> None:
    """A stand-in for conda before 25.5: the hook is taken out of a newer one."""
    words = ("create", "-y", "-p")
    for value in ("refuse", "warn", "nonsense"):
        prefix = conda.prefix(value)
        done = conda(*words, prefix, "silent", prelude=OLD_CONDA, **{SETTING: value})
        assert done.status == 0
        assert done.err.count("plugins.provenance_install has no effect") == 1

    assert "conda-provenance" not in conda("info", prelude=OLD_CONDA, **{SETTING: "refuse"}).said
    done = conda(*words, conda.prefix(), "silent", prelude=OLD_CONDA)
    assert "conda-provenance" not in done.said


# --- What goes round it: not refused, and documented in docs/how-to/refuse-on-install.md ---------


def test_the_variable_goes_round_it_once(conda: Conda) -> None:
    conda.condarc("plugins:\n  provenance_install: refuse\n")
    assert conda.create("silent", name="a").is_refused
    assert conda.create("silent", name="b", **{SETTING: "ignore"}).status == 0


def test_a_users_file_goes_round_the_systems_unless_that_is_final(conda: Conda) -> None:
    conda.condarc("plugins:\n  provenance_install: refuse\n", system=True)
    assert conda.create("silent", name="a").is_refused
    conda.condarc("plugins:\n  provenance_install: ignore\n")
    assert conda.create("silent", name="b").status == 0

    final = "plugins:\n  provenance_install: refuse  #!final\n"
    final += "  provenance_install_exempt:  #!final\n    - https://a.example/channel\n"
    conda.condarc(final, system=True)
    exempt = f"  provenance_install_exempt: ['{conda.channel()}']\n"
    conda.condarc(f"plugins:\n  provenance_install: ignore\n{exempt}")
    assert conda.create("silent", name="c").is_refused
    assert conda.create("silent", name="d", **{SETTING: "ignore"}).is_refused
    assert conda.create("silent", name="e", **{EXEMPT: conda.channel()}).is_refused


@pytest.mark.parametrize("option", ["--dry-run", "--download-only"])
def test_what_installs_nothing_is_not_checked(conda: Conda, option: str) -> None:
    done = conda.refusing("create", "-y", option, "-p", conda.prefix(), "silent")
    assert done.status == 0
    assert "conda-provenance" not in done.said


def test_without_plugins_there_is_no_gate(conda: Conda) -> None:
    words = ("create", "-y", "-p")
    assert conda.refusing("--no-plugins", *words, conda.prefix("a"), "silent").status == 0
    none = {"CONDA_NO_PLUGINS": "true"}
    assert conda.refusing(*words, conda.prefix("b"), "silent", **none).status == 0


def test_an_edited_package_in_the_cache_passes(conda: Conda) -> None:
    conda.made("silent", name="before")
    about = conda.cache / "silent-1.0-h0_0" / "info" / "about.json"
    about.write_text(json.dumps({"extra": STAMP}))
    assert conda.refusing("create", "-y", "-p", conda.prefix(), "silent").status == 0


def test_another_installer_knows_nothing_of_it(conda: Conda) -> None:
    """py-rattler stands for mamba, micromamba and pixi here: none of them runs conda's plugins."""
    import subprocess
    import sys

    pytest.importorskip("rattler")
    code = (
        "import asyncio, os, sys\n"
        "from rattler import MatchSpec, install, solve\n"
        "async def main(channel, prefix):\n"
        "    records = await solve(sources=[channel], specs=[MatchSpec('silent')],\n"
        "        platforms=['noarch'], virtual_packages=[])\n"
        "    await install(records, target_prefix=prefix)\n"
        "asyncio.run(main(*sys.argv[1:]))\n"
        # Its threads crash Python at times as that ends.
        "os._exit(0)\n"
    )
    environ = conda.environ(**{SETTING: "refuse"})
    environ["RATTLER_CACHE_DIR"] = str(conda.folder / "rattler")
    command = [sys.executable, "-c", code, conda.channel(), str(conda.prefix())]
    subprocess.run(command, env=environ, check=True)
    assert (conda.prefix() / "conda-meta" / "silent-1.0-h0_0.json").exists()


# --- What it costs --------------------------------------------------------------------------------


def test_where_it_is_off_it_adds_no_action_and_imports_next_to_nothing(conda: Conda) -> None:
    look = (
        "import atexit, sys\n"
        "def report():\n"
        "    ours = [each for each in sys.modules if each.startswith('conda_provenance.audit')]\n"
        "    print(f'modules: {sorted(ours)}', file=sys.stderr)\n"
        "atexit.register(report)\n"
    )
    done = conda("create", "-y", "-p", conda.prefix(), "silent", prelude=look)
    loaded = "['conda_provenance.audit', 'conda_provenance.audit.install_hook']"
    assert f"modules: {loaded}" in done.err
