"""Protecting a value: trees for DuckDB, and plain Python that gives the same."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from functools import cache
from unicodedata import category

from sqlglot import exp

from analysis.errors import InvalidInput
from analysis.orders.privacy.patterns import (
    FOREIGN_DIGITS,
    KEPT,
    MASK,
    PLAIN_DIGITS,
    PREFILTER,
    STEPS,
    TO_PLAIN_DIGITS,
)
from analysis.orders.schema import Personal
from analysis.orders.values.missing import BLANKS
from analysis.orders.values.trees import call, case, cast_to, literal
from analysis.words import N_

#: Hexadecimal digits of a hashed id: two of a billion ids meet with a chance of 3 %.
HASH_DIGITS = 16
_SALT_LENGTH = 22

_COUNTRY = (
    r"^ ?(\+ ?(?:9[67][0-9]|85[23]|1|7|2[07]|3[0-469]|4[0-9]|5[1-8]|6[0-6]|8[1246]"
    r"|9[0-58]))"
)
_LAST_TWO = r"([0-9])[^0-9]*([0-9])[^0-9]*$"
_TOP_DOMAIN = r"@[^@]*(\.[A-Za-z]+)$"


def protect(column: exp.Expr, kind: Personal, *, key: bytes) -> exp.Expr:
    """The protected value of a column; NULL stays NULL.

    Args:
        column: The cleaned value, of any type.
        kind: What it is; an empty kind is left as it is.
        key: The key of the workspace.

    Returns:
        VARCHAR. An id becomes a keyed hash that still joins: SHA-256 of a salt drawn
        from the key and the id, cut to 64 of its 256 bits. Without the rest of the
        state nobody can extend it to the hash of a longer id, which is what HMAC
        guards against. Names, phones, e-mails and addresses become masks whose length
        says nothing. In free text only what looks personal is masked; there Arabic
        and full-width digits are written as plain ones.
    """
    if not kind:
        return column.copy()
    text = cast_to(column, "VARCHAR")
    if kind == "id":
        salted = exp.DPipe(this=literal(_salt(key)), expression=text)
        return call("left", call("sha256", salted), HASH_DIGITS)
    if kind == "free_text":
        return _masked_text(text)
    return _masked(text, kind)


def protect_value(value: object, kind: Personal, *, key: bytes) -> str | None:
    """The plain Python twin of ``protect`` for samples, set-aside rows and logs."""
    if value is None:
        return None
    text = str(value)
    if not kind:
        return text
    if kind == "id":
        return _hashed(text, key)
    if kind == "free_text":
        return _mask_text(text)
    return _mask(text, kind)


def hash_id(value: str, *, key: bytes) -> str:
    """The hash of an id typed into a search, to look it up in a published dataset."""
    return _hashed(value.strip(BLANKS), key)


def shape_of(text: str) -> str:
    """What a text looks like without what it says: nobody can be read out of it.

    >>> shape_of("Maria Silva, 10:45")
    'Aaaaa Aaaaa, 99:99'
    """
    return "".join(map(_shape, text))


def _shape(character: str) -> str:
    kind = category(character)
    if kind == "Lu":
        return "A"
    if kind[0] in "LM":
        return "a"
    if kind[0] == "N":
        return "9"
    return " " if kind[0] in "CZ" else character


def _hashed(text: str, key: bytes) -> str:
    return hashlib.sha256((_salt(key) + text).encode()).hexdigest()[:HASH_DIGITS]


@cache
def _salt(key: bytes) -> str:
    """128 bits of the key as text, short enough for one block with a UUID behind."""
    if not key:
        raise InvalidInput(N_("The workspace has no key to hash ids with."))
    digest = hashlib.sha256(b"doorstep ids:" + key).digest()
    return urlsafe_b64encode(digest).decode()[:_SALT_LENGTH]


def _masked(text: exp.Expr, kind: Personal) -> exp.Expr:
    if kind == "name":
        return _joined(call("left", text, 1), literal("*"))
    if kind == "email":
        domain = call("regexp_extract", text, _TOP_DOMAIN, 1)
        return _joined(call("left", text, 1), literal("***@***"), domain)
    if kind == "phone":
        text = _with_plain_digits(text)
        country = call("regexp_extract", text, _COUNTRY, 1)
        code = case(
            (exp.EQ(this=country, expression=literal("")), literal("")),
            otherwise=_joined(call("replace", country, " ", ""), literal(" ")),
        )
        first = call("regexp_extract", text, _LAST_TWO, 1)
        second = call("regexp_extract", text, _LAST_TWO, 2)
        return _joined(code, literal("*** **"), first, second)
    return _joined(call("left", text, 1), literal(MASK))


def _joined(first: exp.Expr, *others: exp.Expr) -> exp.Expr:
    for other in others:
        first = exp.DPipe(this=first, expression=other)
    return first


def _mask(text: str, kind: Personal) -> str:
    if kind == "name":
        return text[:1] + "*"
    if kind == "email":
        return text[:1] + "***@***" + _group(_TOP_DOMAIN, text, 1)
    if kind == "phone":
        text = text.translate(TO_PLAIN_DIGITS)
        country = _group(_COUNTRY, text, 1).replace(" ", "")
        last = _group(_LAST_TWO, text, 1) + _group(_LAST_TWO, text, 2)
        return f"{country} *** **{last}".lstrip()
    return text[:1] + MASK


def _group(pattern: str, text: str, number: int) -> str:
    found = re.search(pattern, text, re.ASCII)
    return found[number] if found else ""


def _with_plain_digits(text: exp.Expr) -> exp.Expr:
    return call("translate", text, FOREIGN_DIGITS, PLAIN_DIGITS)


def _masked_text(text: exp.Expr) -> exp.Expr:
    plain = _with_plain_digits(text)
    masked = call("replace", plain, KEPT, "")
    for step in STEPS:
        masked = call("regexp_replace", masked, step.pattern, step.template, "g")
    suspicious = call("regexp_matches", plain, PREFILTER)
    return case((suspicious, masked), otherwise=text)


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((_python(step.pattern), step.template) for step in STEPS)


def _python(pattern: str) -> re.Pattern[str]:
    """An RE2 expression for ``re``: code points are written another way."""
    plain = re.sub(r"\\x\{([0-9a-f]+)\}", lambda found: chr(int(found[1], 16)), pattern)
    return re.compile(plain, re.ASCII)


def _mask_text(text: str) -> str:
    plain = text.translate(TO_PLAIN_DIGITS)
    if not _python(PREFILTER).search(plain):
        return text
    masked = plain.replace(KEPT, "")
    for pattern, template in _compiled():
        masked = pattern.sub(template, masked)
    return masked
