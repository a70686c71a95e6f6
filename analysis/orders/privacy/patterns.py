"""Expressions for personal data inside text, in the language RE2 and ``re`` share.

No look-around, ASCII classes, explicit ranges for other letters: so DuckDB and Python
find the same.
"""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """One replacement: every match of the pattern becomes the template."""

    pattern: str
    template: str


#: Stands before digits that stay readable, while the text is worked on.
KEPT = "\x01"
MASK = "***"

#: Arabic, Persian and full-width digits, and what they are read as.
FOREIGN_DIGITS = (
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
    "\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9"
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"
)
PLAIN_DIGITS = "0123456789" * 3
TO_PLAIN_DIGITS = str.maketrans(FOREIGN_DIGITS, PLAIN_DIGITS)

_HAN = r"\x{4e00}-\x{9fff}"
_LETTER = r"A-Za-z\x{c0}-\x{ff}"
_BEFORE = r"(^|[^0-9.,])"

EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
#: Region, date of birth, serial, check digit: eighteen digits of another make are not.
RESIDENT_ID = (
    r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9Xx]"
)
CPF = r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"
#: An international number: a plus, then seven digits or more with few separators.
PHONE_PLUS = r"\+ ?[0-9](?:[ ().-]{0,2}[0-9]){6,14}"
PHONE_CN = r"1[3-9][0-9](?:[ -]?[0-9]{4}){2}"
#: Area code and number as written in Brazil; landlines of eight digits in two groups.
PHONE_GROUPS = (
    r"(?:\([0-9]{2,3}\)[ -]?[0-9]{4,5}[ -]?[0-9]{4}"
    r"|[0-9]{2,3}[ -][0-9]{4,5}[ -][0-9]{3,4}"
    r"|[2-9][0-9]{3,4}[ -][0-9]{4})"
)
CARD = r"(?:[0-9]{4}[ -]){3}[0-9]{4}"
LONG_DIGITS = r"[0-9]{7,}"

ADDRESS_ZH = (
    rf"[{_HAN}]{{2,8}}(?:路|街|大道|巷|弄|胡同) ?[0-9]+ ?(?:弄|号)"
    rf"(?:[{_HAN}]{{0,10}}[0-9-]+ ?(?:号楼|号|栋|幢|单元|楼|座|层|室))*"
    rf"|[0-9]+ ?(?:号楼|栋|幢|座)(?: ?[0-9]+ ?单元)?(?: ?[0-9]+ ?(?:楼|层))?"
    r" ?[0-9]{2,5} ?(?:室|房|号)?"
)
ADDRESS_PT = (
    r"(?i:\b(?:rua|avenida|av\.|travessa|alameda|rodovia|estrada))"
    rf" (?:[0-9]{{1,2}} de )?[{_LETTER}][{_LETTER} .']{{2,40}},?"
    r" ?(?:n[.o\x{ba}\x{b0}]{0,2} ?)?[0-9]{1,5}"
)
ADDRESS_EN = (
    rf"\b[0-9]{{1,5}} (?:[{_LETTER}][{_LETTER}'.]* ){{1,4}}"
    r"(?i:street|st|road|rd|avenue|ave|lane|ln|drive|boulevard|blvd)\b\.?"
)

#: Words behind which digits name an order, and money: both stay readable.
_ORDER_WORDS = (
    r"(?:(?i:orders?|pedidos?|ticket|protocolo|batch)|订单|单号|运单|工单)"
    r"(?: ?(?:(?i:ids?|no\.?|number|numero)|n[\x{ba}\x{b0}.]|编?号码?))?"
)
_MONEY = (
    r"(?:(?:R|US|HK)?\$|[\x{20ac}\x{a3}\x{a5}\x{ffe5}]"
    r"|(?i:sar|kwd|brl|cny|rmb|hkd|usd|aed))"
)
#: A date at the front, as order numbers and compact times have it.
_DATED = r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"

_NOT_KEPT = rf"(^|[^0-9.,{KEPT}])"

#: In this order: what is surely personal, what is surely not, what looks personal.
STEPS = (
    Step(rf"{EMAIL}|{PHONE_PLUS}|{ADDRESS_ZH}|{ADDRESS_PT}|{ADDRESS_EN}", MASK),
    Step(rf"{_BEFORE}(?:{RESIDENT_ID}|{CPF}|{PHONE_CN})\b", rf"\1{MASK}"),
    Step(rf"({_ORDER_WORDS}[ :#：-]{{0,3}}|{_MONEY} ?)([0-9])", rf"\1{KEPT}\2"),
    Step(rf"{_NOT_KEPT}({_DATED})", rf"\1{KEPT}\2"),
    Step(rf"{_NOT_KEPT}(?:{CARD}\b|{PHONE_GROUPS}\b|{LONG_DIGITS})", rf"\1{MASK}"),
    Step(KEPT, ""),
)

#: What a text needs at least before any of the steps can find something.
PREFILTER = (
    r"@|[0-9]{4}|\+ ?[0-9]|[0-9] [0-9]{3}|[0-9] [A-Z\x{c0}-\x{ff}]"
    r"|[0-9] ?(?:号|弄|栋|幢|座)"
    r"|(?i:rua|av\.|avenida|travessa|alameda|rodovia|estrada) "
    r"|[0-9]{3}[.][0-9]{3}[.]"
)
