"""Logins and tokens go out of the addresses in a text, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.credentials import without_credentials

TOKEN = "ghp_" + "a1B2" * 9

CLEANED = {
    "https://user:s3cr3t@h.org/o/r.git": "https://h.org/o/r.git",
    "https://s3cr3t@h.org/o/r.git": "https://h.org/o/r.git",
    "https://user:s3/cr3t@h.org/o/r": "https://h.org/o/r",
    "https://a@b.org:s3cr3t@h.org/o/r": "https://h.org/o/r",
    "https://user:s3cr3t'@h.org/o/r": "https://h.org/o/r",
    "git+https://user:s3cr3t@h.org:8443/o/r": "git+https://h.org:8443/o/r",
    "ssh://me:s3cr3t@h.org/o/r": "ssh://me@h.org/o/r",
    f"ssh://{TOKEN}@h.org/o/r": "ssh://h.org/o/r",
    "ftp://user:s3cr3t@h.org/x.tgz": "ftp://h.org/x.tgz",
    "https://h.org/t/s3cr3t/channel/noarch": "https://h.org/channel/noarch",
    "https://user:s3cr3t@h.org/t/s3cr3t/channel": "https://h.org/channel",
    "https://h.org/conda/t/ab-0b1c2d3e-0b1c-0b1c-0b1c/channel": "https://h.org/conda/channel",
    "https://h.org/x.tgz?private_token=s3cr3t": "https://h.org/x.tgz",
    "https://h.org/x.tgz?raw=1&access_token=s3cr3t#sha": "https://h.org/x.tgz?raw=1#sha",
    "https://h.org/x?X-Amz-Signature=s3cr3t&X-Amz-Credential=s3cr3t&a=b": "https://h.org/x?a=b",
    "https://h.org/x?sv=2020&sig=s3cr3t": "https://h.org/x",
    f"https://h.org/x?ref={TOKEN}": "https://h.org/x",
}

KEPT = [
    "https://h.org/o/r.git",
    "https://h.org:8443/o/r.git",
    "git@h.org:o/r.git",
    "ssh://git@h.org:22/o/r.git",
    "svn+ssh://me@h.org/o/r",
    "https://git@h.org/o/r",
    "https://registry.npmjs.org/@babel/core/-/core-7.0.0.tgz",
    "https://h.org/pkg@1.2/x.tgz?raw=true#egg=x",
    "https://files.pythonhosted.org/packages/source/t/toolz/toolz-1.0.tar.gz",
    "https://discuss.h.org/t/a-topic/123",
    "https://discuss.h.org/t/a-topic/123/4?u=me",
    "https://discuss.h.org/t/a-topic",
    "curl https://$USER:$TOKEN@h.org/x",
    "curl https://x-access-token:${TOKEN}@h.org/x",
    "url: https://{{ user }}:{{ password }}@h.org/x",
    "https://h.org/x?token=$TOKEN",
    "file:///home/me@work/x",
    "someone <a@b.org> of https://h.org",
    '["https://h.org","a@b.org"]',
    "no address at all: a:b@c",
]


@pytest.mark.parametrize("address", CLEANED)
@pytest.mark.parametrize("frame", ["{}", "  url: {}\n", '{{"home": "{}"}}', "- '{}'", "# b'{}\\n'"])
def test_credentials_go_and_what_is_around_them_stays(address, frame):
    assert without_credentials(frame.format(address)) == frame.format(CLEANED[address])


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_credential_stays(text):
    assert without_credentials(text) == text


@given(st.text())
def test_a_text_without_an_address_stays(text):
    assert without_credentials(text.replace("://", ":")) == text.replace("://", ":")


@given(
    st.text("abcXYZ0129-._~!$&()*+,;=:%", min_size=1),
    st.text("abcXYZ0129-._~!&()+,;=:%/?#@", min_size=4),
)
def test_no_password_stays_whatever_it_is(user, password):
    secret = f"q{password}q"
    text = f"url: https://{user}:{secret}@h.org/o/r\n"
    assert secret not in without_credentials(text)
