"""Security headers on every response, and a policy that knows Streamlit's page."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from ui.server import SecurityHeaders, content_security_policy, security_headers


def rules(policy):
    return dict(rule.split(" ", 1) for rule in policy.split("; "))


def test_the_policy_knows_the_inline_script_by_its_hash():
    script = "\n window.prerenderReady = false\n"
    policy = rules(content_security_policy(f"<html><script>{script}</script></html>"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"


def test_the_policy_of_the_installed_streamlit():
    policy = rules(security_headers()["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert policy["script-src"].count("'sha256-") == 1
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    for name, sources in policy.items():
        assert "*" not in sources, name
        assert "http" not in sources, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
    ],
)
def test_the_other_headers(name, value):
    assert security_headers()[name] == value
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in security_headers()["permissions-policy"]


def served(scope, headers):
    sent = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    # In a thread of its own: browser tests before it leave an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, SecurityHeaders(inner), scope, None, send).result()
    return sent[0]["headers"]


def test_headers_are_added_to_every_response_and_win():
    weak = [(b"x-frame-options", b"ALLOWALL"), (b"content-type", b"text/html")]
    found = dict(served({"type": "http"}, weak))
    assert found[b"x-frame-options"] == b"DENY"
    assert found[b"content-type"] == b"text/html"
    assert len(found) == len(security_headers()) + 1


def test_websockets_are_left_alone():
    assert served({"type": "websocket"}, []) == []
