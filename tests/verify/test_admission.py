"""An installer admits a package by the signed verdict alone, and by no other: examples/admission.

The verdict is a real one, of ``verify --vsa``. It is signed by an authority of the tests' own.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from acceptance_asking import online
from acceptance_world import World
from ci_identities import GitHubRun, Person
from forgery_rows import one_byte_changed
from sigstore_instance import Instance

from conda_provenance.bundles.signed import BundleError
from conda_provenance.bundles.sigstore import SigstoreVerifier
from conda_provenance.cli.main import main
from conda_provenance.policy import load_policy

pytest.importorskip("regopy", reason="the policy engine is not installed (regopy, Linux on x86_64)")

FOLDER = Path(__file__).parents[2] / "examples" / "admission"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the examples are not here")

RUN = GitHubRun("verifiers/packages", workflow=".github/workflows/verify.yml")
"""The run that verifies. It is in another repository than the one that built the package."""

OTHER_RUN = GitHubRun("mallory/packages", workflow=".github/workflows/verify.yml")
CHANNEL = "https://conda.example.org/main"


class Verdict(NamedTuple):
    """A package, and the unsigned statement about it."""

    package: Path
    statement: dict[str, Any]
    policy: str

    @property
    def url(self) -> str:
        return f"{CHANNEL}/linux-64/{self.package.name}"


class Site(NamedTuple):
    """Where packages are installed, and who signs."""

    decide: ModuleType
    instance: Instance
    root: Path
    passed: Verdict
    failed: Verdict

    @property
    def settings(self) -> dict[str, Any]:
        """Whom the site trusts, and what is old there."""
        known = {"id": RUN.san, "identity": RUN.san, "issuer": RUN.issuer}
        other = {"id": OTHER_RUN.san, "identity": OTHER_RUN.san, "issuer": OTHER_RUN.issuer}
        policies = [load_policy(self.passed.policy).digest]
        return {"verifiers": [other, known], "policies": policies, "max_age_hours": 24}

    def signed(
        self, statement: object, by: GitHubRun | Person = RUN, instance: Instance | None = None
    ) -> bytes:
        data = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
        bundle = (instance or self.instance).bundle(data, by.san, by.extensions)
        return json.dumps(bundle).encode()

    def why_not(
        self,
        bundle: bytes,
        *,
        of: Verdict | None = None,
        url: str | None = None,
        later: timedelta = timedelta(),
        **settings: Any,
    ) -> list[str]:
        """Why the package may not be installed. Nothing: it may."""
        from sigstore.models import TrustedRoot
        from sigstore.verify import Verifier

        of = of or self.passed
        verifier = Verifier(trusted_root=TrustedRoot.from_file(str(self.root)))
        return self.decide.decide(
            of.package.read_bytes(),
            url or of.url,
            bundle,
            {**self.settings, **settings},
            verifier,
            datetime.now(timezone.utc) + later,
        )


@pytest.fixture(scope="module")
def site(acceptance: World, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("admission")
    policy = acceptance.policy("")
    instance = Instance()
    root = folder / "trusted_root.json"
    root.write_bytes(instance.root_bytes())

    def verdict(package: Path, name: str) -> Verdict:
        issuer = ("--verifier-id", RUN.san, "--resource-uri", CHANNEL)
        place = folder / name
        with online(acceptance), contextlib.redirect_stdout(io.StringIO()):
            main(["verify", str(package), "--policy", policy, "--vsa", str(place), *issuer])
        (path,) = place.rglob("*.json")
        return Verdict(package, json.loads(path.read_bytes()), policy)

    spec = importlib.util.spec_from_file_location("decide_example", FOLDER / "decide.py")
    assert spec is not None
    assert spec.loader is not None
    decide = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(decide)
    return Site(
        decide,
        instance,
        root,
        verdict(acceptance.actions(), "passed"),
        verdict(one_byte_changed(acceptance), "failed"),
    )


def changed(statement: dict[str, Any], **predicate: Any) -> dict[str, Any]:
    """Another predicate: what the signer himself might have written."""
    return {**statement, "predicate": {**statement["predicate"], **predicate}}


def test_a_signed_verdict_admits_the_package(site: Site) -> None:
    bundle = site.signed(site.passed.statement)
    assert site.why_not(bundle) == []

    ours = SigstoreVerifier(site.root.read_bytes()).verify(bundle)
    assert ours.certificate.identity == RUN.san
    assert ours.statement.predicate == site.passed.statement["predicate"]


UNSIGNED = "It has no summary that is signed."


def _with_other_payload(site: Site, statement: bytes) -> bytes:
    bundle = json.loads(site.signed(site.failed.statement))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(statement).decode()
    data = json.dumps(bundle).encode()
    with pytest.raises(BundleError):
        SigstoreVerifier(site.root.read_bytes()).verify(data)
    return data


def _by(signer: GitHubRun | Person) -> Callable[[Site, bytes], bytes]:
    return lambda site, statement: site.signed(statement, signer)


UNPROVEN: dict[str, Callable[[Site, bytes], bytes]] = {
    "the statement itself, unsigned": lambda site, statement: statement,
    "nothing": lambda site, statement: b"",
    "no bundle": lambda site, statement: b"{}",
    "junk": lambda site, statement: b"\x00junk",
    "another authority's certificate": lambda site, statement: site.signed(
        statement, instance=Instance()
    ),
    "a person": _by(Person("mallory@example.org")),
    "another workflow of it": _by(RUN._replace(workflow=".github/workflows/other.yml")),
    "another branch of it": _by(RUN._replace(ref="refs/heads/evil")),
    "another issuer": _by(RUN._replace(issuer="https://tokens.mallory.example")),
    "another statement in the bundle": _with_other_payload,
    "a key twice": lambda site, statement: site.signed(b'{"_type":1,"_type":2}'),
    "a payload that is no JSON": lambda site, statement: site.signed(b"no JSON"),
}


@pytest.mark.parametrize("title", UNPROVEN)
def test_what_no_known_verifier_signed_is_denied(site: Site, title: str) -> None:
    statement = json.dumps(site.passed.statement).encode()
    assert UNSIGNED in site.why_not(UNPROVEN[title](site, statement))


class Denial(NamedTuple):
    """A signed statement that admits nothing, and why."""

    title: str
    says: str
    make: Callable[[Site], list[str]]


DENIALS = (
    Denial(
        "a signer who writes the id of another known verifier",
        "The signer may not sign for this verifier.",
        lambda site: site.why_not(site.signed(site.passed.statement, OTHER_RUN)),
    ),
    Denial(
        "another verifier's id",
        "The signer may not sign for this verifier.",
        lambda site: site.why_not(
            site.signed(changed(site.passed.statement, verifier={"id": "https://example.org/x"}))
        ),
    ),
    Denial(
        "another file",
        "It is about another file.",
        lambda site: site.why_not(
            site.signed(site.passed.statement), of=site.failed, url=site.passed.url
        ),
    ),
    Denial(
        "another place",
        "It is about another place to fetch from.",
        lambda site: site.why_not(
            site.signed(site.passed.statement),
            url=site.passed.url.replace("conda.example.org", "mallory.example.org"),
        ),
    ),
    Denial(
        "another policy",
        "It was decided by another policy.",
        lambda site: site.why_not(site.signed(site.passed.statement), policies=["0" * 64]),
    ),
    Denial(
        "the same policy's address with another digest",
        "It was decided by another policy.",
        lambda site: site.why_not(
            site.signed(
                changed(
                    site.passed.statement,
                    policy={
                        **site.passed.statement["predicate"]["policy"],
                        "digest": {"sha256": "0" * 64},
                    },
                )
            )
        ),
    ),
    Denial(
        "an old verdict",
        "It is too old, or from the future.",
        lambda site: site.why_not(site.signed(site.passed.statement), later=timedelta(hours=25)),
    ),
    Denial(
        "a verdict from the future",
        "It is too old, or from the future.",
        lambda site: site.why_not(site.signed(site.passed.statement), later=-timedelta(hours=1)),
    ),
    Denial(
        "a time that is none",
        "It is too old, or from the future.",
        lambda site: site.why_not(site.signed(changed(site.passed.statement, timeVerified="now"))),
    ),
    Denial(
        "a package that was refuted",
        "The package did not pass.",
        lambda site: site.why_not(site.signed(site.failed.statement), of=site.failed),
    ),
    Denial(
        "a statement of another kind",
        "It is no summary of a verification.",
        lambda site: site.why_not(
            site.signed(
                {**site.passed.statement, "predicateType": "https://slsa.dev/provenance/v1"}
            )
        ),
    ),
)


@pytest.mark.parametrize("denial", DENIALS, ids=lambda each: each.title)
def test_a_signed_statement_is_denied_for_this_alone(site: Site, denial: Denial) -> None:
    assert denial.make(site) == [denial.says]


def test_an_empty_predicate_is_denied_for_everything(site: Site) -> None:
    why = site.why_not(site.signed({"predicate": {}}))
    assert len(why) == 7
    assert UNSIGNED not in why


def test_the_program_of_the_page(site: Site, tmp_path: Path) -> None:
    """As somebody types it: the exit status is the answer."""
    settings, bundle = tmp_path / "settings.json", tmp_path / "bundle.json"
    settings.write_text(json.dumps(site.settings))
    for data, status, says in (
        (site.signed(site.passed.statement), 0, "It may be installed."),
        (json.dumps(site.passed.statement).encode(), 1, UNSIGNED),
    ):
        bundle.write_bytes(data)
        words = [site.passed.package, site.passed.url, bundle, settings, site.root]
        command = [sys.executable, FOLDER / "decide.py", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (status, "")
        assert says in done.stdout


def test_the_settings_of_the_page_have_the_form_that_the_policy_reads() -> None:
    settings = json.loads((FOLDER / "settings.json").read_text("utf-8"))
    assert settings.keys() == {"verifiers", "policies", "max_age_hours"}
    assert settings["verifiers"][0].keys() == {"id", "identity", "issuer"}
