"""May this package be installed? Asks the policy of admit.rego, of a signed summary of the package.

python decide.py PACKAGE URL BUNDLE settings.json [trusted_root.json]

It needs sigstore and regopy, and nothing of conda-provenance. Exit status: 0 yes, 1 no.
"""

import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from regopy import Interpreter
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_BUNDLE = 1 << 20


def verified(data, settings, verifier):
    """The signer that settings name, and the statement. Nothing, if the signature does not hold."""
    for known in settings["verifiers"]:
        statement = statement_by(known, data, verifier)
        if statement is not None:
            return {"signer": known, "statement": statement}
    return {}


def statement_by(known, data, verifier):
    """The statement in a bundle, if this verifier signed it."""
    issuers = [kind(known["issuer"]) for kind in (policy.OIDCIssuer, policy.OIDCIssuerV2)]
    signer = policy.AllOf([policy.Identity(identity=known["identity"]), policy.AnyOf(issuers)])
    try:
        kind, payload = verifier.verify_dsse(Bundle.from_json(data), signer)
        return json.loads(payload, object_pairs_hook=unambiguous) if kind == PAYLOAD_TYPE else None
    except Exception:  # Whatever is wrong with a stranger's bundle: it proves nothing.
        return None


def unambiguous(pairs):
    """An object of JSON. Readers differ in which of two keys they take."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def decide(package, url, bundle, settings, verifier, now):
    """Why it may not be installed: sentences. None means that it may."""
    answer = {
        "package": {"sha256": hashlib.sha256(package).hexdigest(), "url": url},
        "now": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        **verified(bundle, settings, verifier),
    }
    rego = Interpreter()
    rego.add_module("admit.rego", Path(__file__).with_name("admit.rego").read_text("utf-8"))
    rego.add_data({"settings": settings})
    rego.set_input(answer)
    (decision,) = json.loads(str(rego.query("data.admission")))["expressions"]
    why = sorted(decision["deny"])
    if decision["allow"] is not True and not why:
        raise RuntimeError("the policy did not decide")
    return why


def main(package, url, bundle, settings, root=None):
    """Decide about the files that the command line names."""
    verifier = (
        Verifier(trusted_root=TrustedRoot.from_file(root))
        if root
        else Verifier.production(offline=True)
    )
    with open(bundle, "rb") as file:
        data = file.read(MAX_BUNDLE)
    known = json.loads(Path(settings).read_text("utf-8"))
    now = datetime.now(timezone.utc)
    why = decide(Path(package).read_bytes(), url, data, known, verifier, now)
    print("\n".join(why) or "It may be installed.")
    return 1 if why else 0


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit("usage: decide.py PACKAGE URL BUNDLE SETTINGS [TRUSTED_ROOT]")
    try:
        sys.exit(main(*sys.argv[1:]))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}")
