"""``attest --sign``, by the command line, in the environment of a run, against loopback.

The instance is a stand-in. The public authority, log, time stamps and keys are not exercised.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sigstore_faults as faults
from attest_samples import make_package, require_accepted
from ci_identities import GitHubRun, GitLabRun
from cli_running import run_command
from packages_making import make_conda
from sigstore_server import SigstoreServer

from conda_provenance.attest.own_run import INSTEAD
from conda_provenance.bundles.signed import SignedStatement
from conda_provenance.bundles.sigstore import SigstoreVerifier
from conda_provenance.bundles.statement_types import PUBLISH_TYPE

pytest.importorskip("sigstore")

RUN = GitHubRun()
STAMP = {"sha": RUN.sha, "remote_url": RUN.remote_url, "flow_run_id": f"github_{RUN.run_id}"}
CHANNEL = "https://prefix.dev/my-channel"
LOG = "/api/v1/log/entries"


@pytest.fixture
def server(sigstore_server: SigstoreServer) -> SigstoreServer:
    return sigstore_server


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return make_package(tmp_path, **STAMP)


def sign(
    server: SigstoreServer,
    *arguments: str | Path,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``attest --sign`` as the server's run, and see that no secret is printed."""
    variables = server.environ if environ is None else environ
    done = run_command(
        "attest", "--sign", "--trust-config", server.trust_config, *arguments, cwd=cwd, **variables
    )
    for text in (done.stdout, done.stderr):
        assert "eyJ" not in text
        assert "token-of-the-run" not in text
        assert "Traceback" not in text
    return done


def bundle_of(package: Path) -> Path:
    return package.with_name(f"{package.name}.sigstore.json")


def verified(server: SigstoreServer, bundle: Path) -> SignedStatement:
    return SigstoreVerifier(server.trusted_root.read_bytes()).verify(bundle.read_bytes())


def payload_of(bundle: Path) -> dict[str, Any]:
    import base64

    envelope = json.loads(bundle.read_text())["dsseEnvelope"]
    statement: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    return statement


def is_nothing_left(folder: Path, *names: str) -> bool:
    """Is nothing in the folder but these, and no half of a file?"""
    return sorted(each.name for each in folder.iterdir()) == sorted(names)


def test_the_run_that_built_a_package_signs_it(
    server: SigstoreServer, package: Path, tmp_path: Path
) -> None:
    before = package.read_bytes()
    done = sign(server, package)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{bundle_of(package)}\n"
    assert f"signing as {RUN.san}" in done.stderr

    signed = verified(server, bundle_of(package))
    digest = hashlib.sha256(before).hexdigest()
    assert signed.statement.is_about(digest)
    assert signed.statement.subjects[0].name == package.name
    assert signed.certificate.identity == RUN.san
    assert signed.certificate.run == RUN.run_url
    assert package.read_bytes() == before
    assert is_nothing_left(tmp_path, package.name, bundle_of(package).name)


def test_what_is_signed_is_what_is_printed_and_the_ref_of_the_run(
    server: SigstoreServer, package: Path
) -> None:
    printed = json.loads(run_command("attest", package).stdout)
    sign(server, package)
    signed = payload_of(bundle_of(package))
    require_accepted(json.dumps(signed))

    parameters = signed["predicate"]["buildDefinition"]["externalParameters"]
    assert parameters.pop("ref") == RUN.ref
    assert signed == printed


def test_the_clients_own_command_verifies_it(server: SigstoreServer, package: Path) -> None:
    assert sign(server, package).returncode == 0
    common = [sys.executable, "-m", "sigstore", "--trust-config", str(server.trust_config)]
    bundle = ["--bundle", str(bundle_of(package)), str(package)]
    identity = ["--cert-identity", RUN.san, "--cert-oidc-issuer", RUN.issuer]
    github = ["--repository", RUN.repository, "--sha", RUN.sha, "--ref", RUN.ref]
    for command in (
        ["verify", "identity", *identity],
        ["verify", "github", "--cert-identity", RUN.san, *github],
    ):
        done = subprocess.run(
            [*common, *command, *bundle], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "OK" in done.stderr + done.stdout


def test_the_clients_own_command_refuses_it_for_another(
    server: SigstoreServer, package: Path
) -> None:
    assert sign(server, package).returncode == 0
    common = [sys.executable, "-m", "sigstore", "--trust-config", str(server.trust_config)]
    command = ["verify", "github", "--cert-identity", RUN.san, "--sha", "1" * 40]
    bundle = ["--bundle", str(bundle_of(package)), str(package)]
    done = subprocess.run([*common, *command, *bundle], capture_output=True, check=False)
    assert done.returncode != 0


def test_a_folder_is_made_for_the_signatures(
    server: SigstoreServer, package: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "signed"
    done = sign(server, "-o", folder, package)
    assert done.returncode == 0
    assert is_nothing_left(folder, bundle_of(package).name)
    assert not bundle_of(package).exists()


def test_a_package_in_this_folder_is_signed_there(server: SigstoreServer, package: Path) -> None:
    done = sign(server, package.name, cwd=package.parent)
    assert (done.returncode, done.stdout) == (0, f"{bundle_of(package).name}\n")
    assert bundle_of(package).exists()


def test_stamp_takes_the_signature_for_one(server: SigstoreServer, package: Path) -> None:
    sign(server, package)
    done = run_command("stamp", "--flow-run-url", RUN.run_url, package)
    assert done.returncode == 1
    assert "vouches for its bytes" in done.stderr


# --- who may not


@pytest.mark.parametrize(
    ("stamp", "why"),
    [
        ({**STAMP, "flow_run_id": "github_5"}, "the run github_5 built it, and this is"),
        ({**STAMP, "remote_url": "https://github.com/example/other"}, "another repository"),
        ({**STAMP, "sha": "1" * 40}, "another commit"),
        ({k: v for k, v in STAMP.items() if k != "flow_run_id"}, "does not say its flow_run_id"),
        ({**STAMP, "flow_run_url": f"{RUN.run_url}2"}, "a later attempt of this run built it"),
    ],
)
def test_a_package_of_another_run_is_not_signed(
    server: SigstoreServer, tmp_path: Path, stamp: dict[str, str], why: str
) -> None:
    package = make_package(tmp_path, **stamp)
    done = sign(server, package)
    assert done.returncode == 1
    assert why in done.stderr
    assert INSTEAD in done.stderr
    assert done.stderr.count("\n") == 1
    assert is_nothing_left(tmp_path, package.name)
    assert not server.asked


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "this is no run of a CI"),
        (RUN._replace(run_id="5").environ, "this is github_5"),
        (RUN._replace(event="pull_request", ref="refs/pull/7/merge").environ, "a pull request"),
        (RUN._replace(event="pull_request_target").environ, "a pull request"),
        (GitLabRun().environ, "this is gitlab_77"),
        ({f"CONDA_PROVENANCE_{k.upper()}": v for k, v in STAMP.items()}, "no run of a CI"),
    ],
)
def test_another_environment_does_not_sign(
    server: SigstoreServer, package: Path, environ: dict[str, str], why: str
) -> None:
    done = sign(server, package, environ=environ)
    assert done.returncode == 1
    assert why in done.stderr
    assert not bundle_of(package).exists()


@pytest.mark.parametrize(
    "other",
    [
        RUN._replace(run_id="5"),
        RUN._replace(sha="1" * 40),
        RUN._replace(repository="somebody/hello-feedstock"),
        RUN._replace(event="pull_request", ref="refs/pull/7/merge"),
        RUN._replace(event="pull_request_target"),
    ],
)
def test_variables_that_lie_do_not_help(
    server: SigstoreServer, package: Path, other: GitHubRun
) -> None:
    """The token is of another run than the variables say. The log gets nothing."""
    environ = {**server.environ, **RUN.environ}
    server.run = other
    done = sign(server, package, environ=environ)
    assert done.returncode == 1
    assert "the CI's token is of" in done.stderr
    assert INSTEAD in done.stderr
    assert not bundle_of(package).exists()
    assert LOG not in [path for path, _ in server.asked]


@pytest.mark.parametrize(("event", "is_said"), [("workflow_run", True), ("schedule", False)])
def test_a_run_whose_signatures_do_not_count_is_told_so(
    server: SigstoreServer, package: Path, event: str, is_said: bool
) -> None:
    server.run = RUN._replace(event=event)
    done = sign(server, package, environ={**server.environ, **server.run.environ})
    assert done.returncode == 0, done.stderr
    assert bundle_of(package).exists()
    said = f"verify will not count what is signed here: its run was started by {event}"
    assert (said in done.stderr) is is_said
    assert ("warning: " in done.stderr) is is_said


def test_a_job_that_is_started_again_signs_what_an_earlier_attempt_built(
    server: SigstoreServer, tmp_path: Path
) -> None:
    package = make_package(tmp_path, **STAMP, flow_run_url=RUN.run_url)
    server.run = RUN._replace(attempt="2")
    assert sign(server, package).returncode == 0


def test_a_certificate_that_says_something_else_signs_nothing(
    server: SigstoreServer, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An authority that certifies another commit than the token says."""
    certificate = server.instance.certificate

    def other(key: Any, san: str, extensions: dict[int, Any], at: Any) -> Any:
        return certificate(key, san, {**extensions, 13: "1" * 40}, at)

    monkeypatch.setattr(server.instance, "certificate", other)
    done = sign(server, package)
    assert done.returncode == 1
    assert "the certificate is of another commit" in done.stderr
    assert not bundle_of(package).exists()
    assert LOG not in [path for path, _ in server.asked]


def test_a_pipeline_of_gitlab_signs_what_it_built(server: SigstoreServer, tmp_path: Path) -> None:
    run = GitLabRun()
    stamp = {"sha": run.sha, "remote_url": run.remote_url, "flow_run_id": "gitlab_77"}
    package = make_package(tmp_path, **stamp)
    environ = {**run.environ, "SIGSTORE_ID_TOKEN": server.new_token(run)}
    done = sign(server, package, environ=environ)
    assert done.returncode == 0, done.stderr
    assert verified(server, bundle_of(package)).certificate.identity == run.san


def test_another_pipelines_token_signs_nothing(server: SigstoreServer, tmp_path: Path) -> None:
    run = GitLabRun()
    stamp = {"sha": run.sha, "remote_url": run.remote_url, "flow_run_id": "gitlab_77"}
    package = make_package(tmp_path, **stamp)
    other = server.new_token(run._replace(pipeline="78"))
    done = sign(server, package, environ={**run.environ, "SIGSTORE_ID_TOKEN": other})
    assert done.returncode == 1
    assert "the CI's token is of another run" in done.stderr


# --- CEP 27


def test_whoever_publishes_signs_that(server: SigstoreServer, tmp_path: Path) -> None:
    """Another run, of another repository, for a package that says nothing of its origin."""
    package = make_conda(tmp_path)
    server.run = RUN._replace(repository="me/uploads", run_id="9", event="pull_request")
    done = sign(server, "--publish-to", f"{CHANNEL}/", package)
    assert done.returncode == 0, done.stderr
    signed = verified(server, bundle_of(package))
    assert signed.statement.predicate_type == PUBLISH_TYPE
    assert payload_of(bundle_of(package)) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {
                "name": package.name,
                "digest": {"sha256": hashlib.sha256(package.read_bytes()).hexdigest()},
            }
        ],
        "predicateType": PUBLISH_TYPE,
        "predicate": {"targetChannel": CHANNEL},
    }


def test_a_publish_statement_is_printed_or_written_unsigned(tmp_path: Path) -> None:
    package = make_conda(tmp_path)
    done = run_command("attest", "--publish-to", CHANNEL, package)
    assert done.returncode == 0
    statement = json.loads(done.stdout)
    assert statement["predicate"] == {"targetChannel": CHANNEL}

    done = run_command("attest", "--publish-to", CHANNEL, "--predicate-only", package)
    assert json.loads(done.stdout) == {"targetChannel": CHANNEL}

    folder = tmp_path / "out"
    assert run_command("attest", "--publish-to", CHANNEL, "-o", folder, package).returncode == 0
    assert json.loads((folder / f"{package.name}.statement.json").read_text()) == statement


@pytest.mark.parametrize(
    "channel",
    [
        "conda-forge",
        "https://me:s3cret@prefix.dev/c",
        "https://prefix.dev/t/s3cret/c",
        "https://dl.cloudsmith.io/s3cret/org/repo/conda",
    ],
)
def test_a_channel_that_cannot_be_named_is_misuse(
    server: SigstoreServer, package: Path, channel: str
) -> None:
    done = sign(server, "--publish-to", channel, package)
    assert done.returncode == 2
    assert "--publish-to takes" in done.stderr
    assert "s3cret" not in done.stderr
    assert not server.asked


# --- several, and what is there


def _several(folder: Path, *stamps: dict[str, str]) -> list[Path]:
    packages = []
    for number, stamp in enumerate(stamps):
        place = folder / str(number)
        place.mkdir()
        packages.append(make_package(place, **stamp))
    return packages


def test_one_signer_signs_all_that_it_may(server: SigstoreServer, tmp_path: Path) -> None:
    packages = _several(tmp_path, STAMP, {**STAMP, "flow_run_id": "github_5"}, STAMP)
    broken = tmp_path / "broken-1-0.conda"
    broken.write_bytes(b"PK")
    done = sign(server, *packages, broken)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [str(bundle_of(packages[0])), str(bundle_of(packages[2]))]
    assert "github_5 built it" in done.stderr
    assert "broken-1-0.conda cannot be read" in done.stderr
    paths = [path for path, _ in server.asked]
    assert paths == ["/token", "/api/v2/signingCert", LOG, LOG]


def test_a_log_that_fails_in_the_middle_says_what_was_signed(
    server: SigstoreServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = _several(tmp_path, STAMP, STAMP, STAMP)
    log_entry = server.instance.log_entry
    entries: list[int] = []

    def fails(*arguments: Any) -> Any:
        entries.append(1)
        if len(entries) > 1:
            raise RuntimeError  # It closes the connection.
        return log_entry(*arguments)

    monkeypatch.setattr(server.instance, "log_entry", fails)
    done = sign(server, *packages)
    assert done.returncode == 3
    assert done.stdout.splitlines() == [str(bundle_of(packages[0]))]
    assert "1 of 3 packages were signed: demo-1.0-0.conda; run the command again" in done.stderr
    assert bundle_of(packages[0]).exists()
    assert is_nothing_left(packages[1].parent, packages[1].name)

    # The one that is signed stays as it is.
    monkeypatch.setattr(server.instance, "log_entry", log_entry)
    before = bundle_of(packages[0]).read_bytes()
    done = sign(server, *packages)
    assert done.returncode == 0, done.stderr
    assert "is there already, and says the same" in done.stderr
    assert done.stdout.splitlines() == [str(bundle_of(each)) for each in packages]
    assert bundle_of(packages[0]).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 1000, b"\xff" * 5_000_000])
def test_a_file_that_is_there_is_not_replaced(
    server: SigstoreServer, package: Path, content: bytes
) -> None:
    bundle_of(package).write_bytes(content)
    done = sign(server, package)
    assert done.returncode == 1
    assert "is there already, and is not this signature: remove it, or name" in done.stderr
    assert bundle_of(package).read_bytes() == content
    assert LOG not in [path for path, _ in server.asked]


def test_the_signature_of_another_statement_or_signer_is_not_taken_for_ours(
    server: SigstoreServer, package: Path
) -> None:
    assert sign(server, "--publish-to", CHANNEL, package).returncode == 0
    before = bundle_of(package).read_bytes()
    assert sign(server, package).returncode == 1
    server.run = RUN._replace(repository="me/other")
    assert sign(server, "--publish-to", CHANNEL, package).returncode == 1
    assert bundle_of(package).read_bytes() == before


def test_a_folder_or_link_that_leads_nowhere_is_not_replaced(
    server: SigstoreServer, package: Path
) -> None:
    bundle_of(package).mkdir()
    assert sign(server, package).returncode == 1
    bundle_of(package).rmdir()
    bundle_of(package).symlink_to("nowhere")
    assert sign(server, package).returncode == 1
    assert not (package.parent / "nowhere").exists()
    bundle_of(package).unlink()
    os.mkfifo(bundle_of(package))
    assert sign(server, package).returncode == 1
    bundle_of(package).unlink()  # Whoever reads the folder later would wait for ever.


def test_two_packages_of_one_name_do_not_go_into_one_folder(
    server: SigstoreServer, tmp_path: Path
) -> None:
    packages = _several(tmp_path, STAMP, STAMP)
    done = sign(server, "-o", tmp_path / "out", *packages)
    assert done.returncode == 2
    assert not server.asked


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_said_before_the_log_is_asked(
    server: SigstoreServer, package: Path
) -> None:
    package.parent.chmod(0o555)
    try:
        done = sign(server, package)
    finally:
        package.parent.chmod(0o755)
    assert done.returncode == 3
    assert "-o DIR names another folder" in done.stderr
    assert not server.asked


def test_a_folder_that_takes_no_files_is_said_before_the_log_is_asked(
    server: SigstoreServer, package: Path
) -> None:
    """``/proc`` takes no file of anybody's, not even root's."""
    if not os.path.isdir("/proc/self"):
        pytest.skip("there is no /proc")
    done = sign(server, "-o", "/proc/self", package)
    assert done.returncode == 3
    assert "/proc/self cannot be written to" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not server.asked


# --- misuse and failures


@pytest.mark.parametrize(
    "arguments",
    [
        ("attest", "--trust-config", "x.json"),
        ("attest", "--sign", "--predicate-only"),
        ("attest", "--sign", "--trust-config", "missing.json"),
        ("attest", "--sign", "--expect-repo", "https://github.com/a/b"),
    ],
)
def test_options_that_make_no_sense(package: Path, arguments: tuple[str, ...]) -> None:
    done = run_command(*arguments, package)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not bundle_of(package).exists()


def test_a_root_of_trust_alone_is_misuse(server: SigstoreServer, package: Path) -> None:
    done = run_command("attest", "--sign", "--trust-config", server.trusted_root, package)
    assert done.returncode == 2
    assert "names no server to sign with" in done.stderr


@pytest.mark.parametrize(
    ("path", "status"), [("/token", 403), ("/api/v2/signingCert", 500), (LOG, 400), (LOG, 503)]
)
def test_a_service_that_fails_leaves_nothing(
    server: SigstoreServer, package: Path, path: str, status: int
) -> None:
    server.instead = {path: (status, b'{"message": "eyJ token-of-the-run"}')}
    done = sign(server, "-v", package)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == (2 if path == LOG else 1)
    assert is_nothing_left(package.parent, package.name)


def test_without_permission_the_remedy_is_named(server: SigstoreServer, package: Path) -> None:
    done = sign(server, package, environ=RUN.environ)
    assert done.returncode == 3
    assert "permissions: {id-token: write}" in done.stderr


def test_outside_a_ci_and_a_terminal_there_is_no_identity(
    server: SigstoreServer, package: Path
) -> None:
    done = sign(server, "--publish-to", CHANNEL, package, environ={})
    assert done.returncode == 3
    assert "There is no identity to sign with" in done.stderr


def test_what_is_not_verified_is_not_signed(server: SigstoreServer, package: Path) -> None:
    done = sign(server, "--verified", "--offline", "--expect-repo", RUN.remote_url, package)
    assert done.returncode == 3
    assert "not verified" in done.stderr
    assert not bundle_of(package).exists()
    assert not server.asked


@pytest.mark.skipif(os.name != "posix", reason="the signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("path", ["/token", "caUrls", "rekorTlogUrls"])
def test_an_interrupted_command_leaves_nothing_half_written(
    server: SigstoreServer, package: Path, number: signal.Signals, path: str
) -> None:
    asked: list[bytes] = []

    def hangs(connection: socket.socket) -> None:
        asked.append(b"")
        time.sleep(10)

    with faults.raw_server(hangs) as address:
        environ = {**os.environ, **server.environ}
        if path == "/token":
            environ["ACTIONS_ID_TOKEN_REQUEST_URL"] = address
        else:
            config = json.loads(server.trust_config.read_text())
            config["signingConfig"][path][0]["url"] = address
            server.trust_config.write_text(json.dumps(config))
        command = [sys.executable, "-m", "conda_provenance", "attest", "--sign", "--trust-config"]
        with subprocess.Popen(
            [*command, str(server.trust_config), str(package)],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            deadline = time.monotonic() + 30
            while not asked and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "Traceback" not in said
    assert is_nothing_left(package.parent, package.name)
