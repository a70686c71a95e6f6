"""JSON data as a short text for the address: versioned, capped, never pickled."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from analysis.errors import InvalidInput
from analysis.words import N_

VERSION = "1"

#: Characters an address may give to one value; browsers and proxies cut longer ones.
MAX_LENGTH = 4_000

#: Bytes it may unpack to, so that a small text cannot become a large one.
MAX_BYTES = 200_000


def to_address(content: dict[str, Any]) -> str:
    """Pack JSON data into letters, digits, ``-``, ``_`` and ``.``.

    Raises:
        InvalidInput: if it is too long for an address.
    """
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()
    address = f"{VERSION}.{packed.rstrip('=')}"
    if len(address) > MAX_LENGTH:
        raise InvalidInput(
            N_("The link would have {length} characters, at most {limit} are allowed."),
            hint=N_("Select fewer values."),
            length=len(address),
            limit=MAX_LENGTH,
        )
    return address


def from_address(address: str) -> dict[str, Any]:
    """Unpack what ``to_address`` packed.

    Raises:
        InvalidInput: if it is damaged, too long or from another version.
    """
    version, _, packed = str(address)[: MAX_LENGTH + 1].partition(".")
    if version != VERSION or len(address) > MAX_LENGTH:
        raise _damaged()
    try:
        padded = packed + "=" * (-len(packed) % 4)
        content = json.loads(_unpack(base64.b64decode(padded, b"-_", validate=True)))
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise _damaged() from error
    if not isinstance(content, dict):
        raise _damaged()
    return content


def _unpack(data: bytes) -> str:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, MAX_BYTES)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise _damaged()
    return text.decode()


def _damaged() -> InvalidInput:
    return InvalidInput(
        N_("The link is damaged or comes from another version of Doorstep."),
        hint=N_("Copy it again, or start from the page."),
    )
