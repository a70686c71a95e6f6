"""Security headers for everything the server sends, as ASGI middleware."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
#: What a browser may do for us: nothing beyond copying to the clipboard.
_PERMISSIONS: Final = (
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "clipboard-write=(self)"
)


@cache
def security_headers() -> dict[str, str]:
    """The headers by name; scripts are ours or Streamlit's own inline one."""
    return {
        "content-security-policy": content_security_policy(_index_page()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": _PERMISSIONS,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }


def content_security_policy(index_page: str) -> str:
    """The policy for a front end whose start page is given.

    Inline styles are allowed because Streamlit's front end writes them; inline scripts
    only by their hash, and no script may be built from text.
    """
    hashes = " ".join(
        f"'sha256-{_sha256(script)}'" for script in _INLINE_SCRIPT.findall(index_page)
    )
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {hashes}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


class SecurityHeaders:
    """ASGI middleware that adds the headers to every response."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._headers = [
            (name.encode(), value.encode())
            for name, value in security_headers().items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self._headers}
                kept = [pair for pair in message["headers"] if pair[0] not in ours]
                message["headers"] = [*kept, *self._headers]
            await send(message)

        wrapped = send_with_headers if scope["type"] == "http" else send
        await self._app(scope, receive, wrapped)


def _index_page() -> str:
    path = Path(streamlit.__file__).parent / "static" / "index.html"
    return path.read_text(encoding="utf-8")


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
