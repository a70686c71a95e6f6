"""Names of people in Latin and Arabic letters, told from names of things."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from analysis.orders.schema import normalise_header
from analysis.orders.values.sampled import Sampled

#: Least share of values that have the shape of a name.
MOST_NAMES = 0.8
#: The same where the header says that the column is about a person.
MANY_NAMES = 0.5
#: Least share of values that begin with a common given name.
GIVEN_SHARE = 0.3
#: A column of names alone, by its shape: many values that are seldom repeated.
DISTINCT_SHARE, DISTINCT = 0.3, 20
#: Different texts that are looked at.
LOOKED_AT = 5_000

_CAPITAL = r"A-Z\x{c0}-\x{de}"
_WORD = rf"[{_CAPITAL}][A-Za-z\x{{c0}}-\x{{24f}}'\x{{2019}}.-]*"
_PARTICLE = r"(?:d[aeiou]s?|del|la|von|van|der|bin|bint|ibn|al|el|e|y)"
_ARABIC = r"[\x{621}-\x{65f}]{2,}"
_NUMBER = r"(?: [A-Za-z]?[0-9]{1,4})?"
#: Two to four words with capital letters, or two to four Arabic words; test data put
#: a number behind.
_FULL_NAME = (
    rf"{_WORD}(?:,? (?:{_PARTICLE} ){{0,2}}{_WORD}){{1,3}}{_NUMBER}"
    rf"|{_ARABIC}(?: {_ARABIC}){{1,3}}{_NUMBER}"
)
_ANY_NAME = rf"{_FULL_NAME}|{_WORD}{_NUMBER}|{_ARABIC}{_NUMBER}"
#: Up to four words of letters, in lower or in capital letters.
_LETTERS = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?")

#: Headers of columns about a person.
_PERSONS = frozenset({
    "guest", "client", "customer", "buyer", "driver", "courier", "rider", "recipient",
    "receiver", "passenger", "patient", "employee", "manager", "owner", "agent",
    "operator", "contact", "person", "cliente", "motorista", "entregador", "comprador",
    "العميل", "الزبون", "المستلم", "السائق", "المندوب", "الموظف", "عميل", "زبون",
    "سائق", "مندوب",
})  # fmt: skip

#: Words in headers of columns about things and places.
_THINGS = frozenset({
    "product", "item", "sku", "dish", "meal", "menu", "food", "goods", "brand",
    "category", "cuisine", "kind", "type", "class", "group", "segment", "city", "town",
    "state", "province", "region", "country", "zone", "area", "district", "borough",
    "neighborhood", "neighbourhood", "place", "location", "station", "hub", "depot",
    "warehouse", "branch", "store", "shop", "merchant", "restaurant", "vendor",
    "seller", "kitchen", "outlet", "company", "status", "stage", "reason",
    "method", "payment", "channel", "source", "platform", "app", "device", "model",
    "vehicle", "weather", "campaign", "promotion", "coupon", "plan", "tier", "team",
    "shift", "language", "currency", "holiday", "event", "label", "tag", "title",
    "produto", "categoria", "cidade", "estado", "bairro", "loja", "restaurante",
    "vendedor", "marca", "المنتج", "الصنف", "المدينة", "الحي", "المنطقة", "المطعم",
    "المتجر", "الحالة", "الفرع",
})  # fmt: skip
_THINGS_ZH = (
    "商品", "菜", "品类", "类", "城市", "区", "省", "店", "商家", "商户", "餐厅",
    "状态", "原因", "渠道", "方式", "品牌", "站",
)  # fmt: skip


def are_names(header: str, sample: Sampled) -> bool:
    """Whether a column that is no field holds names of people.

    In doubt it does, unless its header names a thing or a place.

    Args:
        header: Its header.
        sample: Its values.
    """
    words = normalise_header(header).split("_")
    if _is_of_things(words):
        return False
    if _PERSONS.intersection(words):
        return sample.share(sample.matches(_ANY_NAME)) >= MANY_NAMES
    if _given_share(sample) >= GIVEN_SHARE:
        return True
    is_rich = len(sample.texts) >= DISTINCT
    is_rich &= len(sample.texts) / sample.present >= DISTINCT_SHARE
    return is_rich and sample.share(sample.matches(_FULL_NAME)) >= MOST_NAMES


def _is_of_things(words: Iterable[str]) -> bool:
    return any(
        word in _THINGS
        or word.removesuffix("s") in _THINGS
        or any(thing in word for thing in _THINGS_ZH)
        for word in words
    )


def _given_share(sample: Sampled) -> float:
    """Share of different texts that are a few words, the first a given name."""
    texts = sample.texts.to_pylist()[:LOOKED_AT]
    return sum(map(_begins_with_given, texts)) / max(len(texts), 1)


def _begins_with_given(text: str) -> bool:
    if not _LETTERS.fullmatch(text):
        return False
    return re.split(r"[ .'’-]", text.lower())[0] in _given_names()


@cache
def _given_names() -> frozenset[str]:
    """Common given names, those of people of many countries."""
    path = Path(__file__).with_name("given_names.txt")
    return frozenset(path.read_text(encoding="utf-8").split())
