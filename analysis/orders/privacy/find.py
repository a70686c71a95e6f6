"""Which columns hold personal data, by field, by header and by content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd
import pyarrow as pa

from analysis.orders.privacy import patterns
from analysis.orders.privacy.names import are_names
from analysis.orders.schema import Field, Personal, load_fields, normalise_header
from analysis.orders.values.missing import BLANKS, MISSING
from analysis.orders.values.reading import Note
from analysis.orders.values.sampled import Sampled
from analysis.words import N_

#: Least share of the values that must look personal.
MOST = 0.6
_LONG_TEXT = 20.0
_MANY_WORDS = 3.0
_MANY_DISTINCT = 0.3

_HEADER_WORDS: dict[Personal, tuple[str, ...]] = {
    "email": ("email", "e_mail", "mail", "邮箱", "邮件", "بريد", "البريد",
              "البريد_الالكتروني", "البريد_الإلكتروني", "ايميل", "إيميل", "الايميل"),
    "phone": ("phone", "mobile", "telephone", "tel", "whatsapp", "cell", "telefone",
              "celular", "手机", "电话", "联系方式", "هاتف", "الهاتف", "جوال", "الجوال",
              "موبايل", "الموبايل", "تلفون", "التلفون", "واتساب", "رقم_التواصل"),
    "name": ("customer_name", "recipient", "receiver", "consignee", "full_name",
             "first_name", "last_name", "surname", "guest_name", "client_name",
             "driver_name", "courier_name", "rider_name", "contact_name",
             "contact_person", "buyer_name", "nome_completo", "nome_cliente",
             "nome_do_cliente", "sobrenome", "姓名", "收货人", "收件人", "联系人",
             "الاسم", "الاسم_الكامل", "الاسم_الاول", "الاسم_الأول", "اسم_العائلة",
             "اسم_العميل", "اسم_الزبون", "اسم_المستلم", "اسم_المشتري", "اسم_المستخدم",
             "اسم_السائق", "اسم_المندوب", "اسم_الموظف"),
    "id": ("cpf", "cnpj", "rg", "passport", "national_id", "ssn", "iqama", "id_card",
           "unique_id", "user_id", "device_id", "openid", "wechat", "身份证", "护照",
           "رقم_الهوية", "الهوية", "رقم_الاقامة", "رقم_الإقامة", "جواز_السفر"),
    "address": ("address", "street", "addr", "endereco", "endereço", "rua", "地址",
                "住址", "门牌", "عنوان", "العنوان", "شارع", "الشارع"),
    "free_text": ("comment", "comments", "remark", "remarks", "note", "notes",
                  "message", "feedback", "observacao", "observação", "comentario",
                  "comentário", "备注", "留言", "评论", "评价内容", "ملاحظة",
                  "ملاحظات", "الملاحظات", "تعليق", "تعليقات", "التعليق"),
}  # fmt: skip

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁"
    "邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖"
    "邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)

#: A whole value that is a phone number: with or without plus, zeros and area code.
_PHONE = (
    rf"{patterns.PHONE_PLUS}|{patterns.PHONE_CN}|05[0-9]{{8}}"
    r"|(?:00)?(?:966|965|852|86|55)[0-9 -]{8,12}|\([0-9]{2}\) ?9?[0-9]{4}-?[0-9]{4}"
)
_ADDRESS = rf".*(?:{patterns.ADDRESS_ZH}|{patterns.ADDRESS_PT}|{patterns.ADDRESS_EN}).*"

_CONTENT: tuple[tuple[Personal, str, str], ...] = (
    ("email", patterns.EMAIL, N_("its values are e-mail addresses")),
    ("id", rf"{patterns.RESIDENT_ID}|{patterns.CPF}", N_("its values are id numbers")),
    ("phone", _PHONE, N_("its values are phone numbers")),
    ("address", _ADDRESS, N_("its values are addresses")),
)

#: A hash or a UUID, whose digits are no phone number.
_HASH = r"[0-9A-Fa-f-]{20,}"
#: An e-mail or a phone number anywhere in a text.
_CONTACT = (
    rf"{patterns.EMAIL}|{patterns.PHONE_PLUS}"
    rf"|(?:^|[^0-9.,]){patterns.PHONE_CN}(?:[^0-9]|$)"
)

_PLAIN_TYPES = {"time", "date", "flag", "number", "money", "integer"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What kind of personal data a column holds.

    Attributes:
        kind: Empty if none was found.
        confidence: 0 to 1.
        reason: Why, for the user.
    """

    kind: Personal = ""
    confidence: float = 0.0
    reason: Note | None = None


def find_personal(
    header: str, values: Sequence[str | None] | pd.Series, field: Field | None
) -> Finding:
    """Look for personal data in one column.

    Args:
        header: Its header.
        values: A sample of its values as text.
        field: The field it is mapped to; None for a column of its own.
    """
    if field is not None and field.personal:
        reason = Note.of(N_("{field} is personal"), field=field.name)
        return Finding(field.personal, 1.0, reason)
    if field is not None and (field.type in _PLAIN_TYPES or field.type == "id"):
        return Finding()
    by_header = _by_header(header) if field is None else Finding()
    if by_header.kind:
        return by_header
    return _by_content(header, _with_plain_digits(Sampled.of(values)), field)


def _with_plain_digits(sample: Sampled) -> Sampled:
    """The sample with Arabic and full-width digits as plain ones."""
    if not sample.matches(f".*[{patterns.FOREIGN_DIGITS}].*").any():
        return sample
    texts = [
        text.translate(patterns.TO_PLAIN_DIGITS) for text in sample.texts.to_pylist()
    ]
    return replace(sample, texts=pa.array(texts, pa.string()))


def find_inside(values: pd.Series, field: Field | None) -> Personal:
    """``free_text`` where some texts hold an e-mail or a phone among other things.

    A column of digits alone holds numbers of something else.

    Args:
        values: A sample of the column as text.
        field: The field it is mapped to; None for a column of its own.
    """
    if field is not None and field.type not in {"text", "category"}:
        return ""
    texts = values.dropna().astype("str").drop_duplicates().str.strip()
    texts = texts[~texts.isin(MISSING)].str.translate(patterns.TO_PLAIN_DIGITS)
    texts = texts[~texts.str.fullmatch(_HASH)]
    if not texts.str.contains(_CONTACT).any() or texts.str.fullmatch(r"[\d\s]*").all():
        return ""
    return "free_text"


def _by_header(header: str) -> Finding:
    name = normalise_header(header)
    for kind in _HEADER_WORDS:
        word = next(filter(name.__eq__, _field_words()[kind]), "") or _part(name, kind)
        if word:
            reason = Note.of(N_("the header says {word}"), word=word)
            return Finding(kind, 0.9, reason)
    return Finding()


def _part(name: str, kind: Personal) -> str:
    """A word of the kind in the header: between underscores, or in Chinese anywhere."""
    padded = f"_{name}_"
    for word in _HEADER_WORDS[kind]:
        if word.isascii() or word[0] < "\u2e80":
            if f"_{word}_" in padded:
                return word
        elif word in name:
            return word
    return ""


@cache
def _field_words() -> dict[Personal, frozenset[str]]:
    """Headers under which the personal fields of the order model are known."""
    found: dict[Personal, set[str]] = {kind: set() for kind in _HEADER_WORDS}
    for fields in load_fields().values():
        for field in fields.values():
            if field.personal:
                found[field.personal] |= field.synonyms
    # "name", "text" and the like say nothing outside the tables they belong to.
    common = {"name", "text", "title", "detail", "note", "名称", "标题", "内容", "详情"}
    return {kind: frozenset(words - common) for kind, words in found.items()}


def _by_content(header: str, sample: Sampled, field: Field | None) -> Finding:
    if not sample.present:
        return Finding()
    for kind, pattern, text in _CONTENT:
        share = sample.share(sample.matches(pattern))
        if share >= MOST:
            return Finding(kind, round(0.5 + share / 2, 2), Note.of(text))
    if field is not None:
        return Finding()
    if _are_chinese_names(sample) or are_names(header, sample):
        return Finding("name", 0.7, Note.of(N_("its values look like names of people")))
    if _is_free_text(sample):
        return Finding("free_text", 0.6, Note.of(N_("its values are sentences")))
    return Finding()


def _are_chinese_names(sample: Sampled) -> bool:
    """Chinese names: a common surname, then one or two characters, seldom repeated."""
    masked = r"[*某]{1,2}|先生|女士|小姐|师傅"
    pattern = rf"[{_SURNAMES}](?:[\x{{4e00}}-\x{{9fff}}]{{1,2}}|{masked})"
    many = len(sample.texts) / sample.present >= _MANY_DISTINCT
    return many and sample.share(sample.matches(pattern)) >= 0.8  # noqa: PLR2004


def _is_free_text(sample: Sampled) -> bool:
    texts = sample.texts.to_pylist()[:2_000]
    if len(sample.texts) / sample.present < _MANY_DISTINCT:
        return False
    length = _mean(len(text) for text in texts)
    words = _mean(
        len(re.findall(r"\s+|[，。！？、]", text.strip(BLANKS))) for text in texts
    )
    return length >= _LONG_TEXT and words >= _MANY_WORDS


def _mean(numbers: Iterable[int]) -> float:
    found = list(numbers)
    return sum(found) / max(len(found), 1)
