"""What customers say and support answers: contacts, complaints, reviews."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sample_data import causes, fates, texts
from sample_data import columns as col
from sample_data.observe import ORDER_DIGITS, order_keys, started
from sample_data.streams import exponential
from sample_data.traits import Setting, take
from sample_data.world import STORM, Columns

CHANNELS = ("chat", "phone", "app", "social", "self-service")
STAGES = ("before", "during", "after")
REASONS = (
    "late order", "missing or wrong item", "damaged", "conduct", "not delivered",
    "cancellation", "question",
)  # fmt: skip
RESOLUTIONS = ("explained", "refunded", "voucher", "escalated")
PARTIES = ("customer", "merchant", "rider")
TARGETS = ("rider", "merchant", "platform")
TAGS = ("slow", "cold", "missing", "rude", "on time", "friendly", "well packed")

_AGENTS = 40
_REASON_OF_CAUSE = np.array([0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 6, 6])
_LATE_CAUSE = np.array([1, 0, 4, 2, 3])
_CAUSE = {name: code for code, name in enumerate(texts.CAUSES)}
_LOW, _MIDDLE = 2, 3
#: Minutes late that customers write about, and that they are angry about.
_NOTICED_MIN, _ANGRY_MIN = 4, 25
#: Of sixteen contacts, how many come by chat, telephone, app and social media.
_BY_CHANNEL = np.repeat(np.arange(5), [7, 4, 3, 1, 1])
_SPOKEN = 2


def speakers(orders: Columns, setting: Setting) -> Columns:
    """Rows of orders of which anybody says anything, with language and cause."""
    says = (orders["rating"] > 0) | (orders["complaint"] >= 0) | orders["contact"]
    rows = np.flatnonzero(says)
    chosen = take(orders, rows)
    table = texts.languages(setting.city.languages)
    chosen["row"] = rows
    chosen["language"] = table[chosen["words"] % 100]
    chosen["minutes"] = np.maximum(chosen["late s"] // 60, 0)
    chosen["cause"] = _cause(chosen)
    chosen["start"] = started(orders, setting)[rows]
    return chosen


def _cause(said: Columns) -> NDArray[np.int64]:
    """What the text is about: the complaint, else the true reason for lateness."""
    seconds = causes.by_party(causes.excess(said), said["weather"] == STORM)
    late = _LATE_CAUSE[seconds.argmax(axis=1)]
    first = _CAUSE["missing item"] - fates.MISSING
    complaint = said["complaint"]
    cancelled = said["status"] == fates.CANCELLED
    rating = said["rating"]
    return np.select(
        [
            complaint > fates.LATE,
            (complaint == fates.LATE) | (said["minutes"] >= _NOTICED_MIN),
            cancelled,
            (rating > 0) & (rating <= _LOW),
            rating == _MIDDLE,
            rating > _MIDDLE,
        ],
        [
            complaint + first,
            late,
            _CAUSE["cancelled"],
            _CAUSE["poor"],
            _CAUSE["fair"],
            _CAUSE["good"],
        ],
        default=_CAUSE["question"],
    )


def _said(said: Columns, *, shift: int) -> pa.DictionaryArray:
    phrases = texts.customer_phrases()
    variant = (said["words"].astype(np.int64) >> shift) & 3
    places = phrases.find(said["cause"], said["language"], variant, said["minutes"])
    return col.choices(places, phrases.sentences)


def reviews_table(said: Columns, setting: Setting) -> pa.Table:
    """Reviews of delivered orders; some in words."""
    rows = take(said, np.flatnonzero(said["rating"] > 0))
    ended = rows["start"] + rows["done s"]
    wait = 600 + 40_000 * exponential(1.0)[rows["tap place"]]
    written = ended + wait.astype(np.int64)
    speaks = (rows["words"] % 5 < _SPOKEN) | (rows["rating"] <= _LOW)
    answered = (rows["rating"] <= _LOW) & (rows["words"] % 3 == 0)
    text = _said(rows, shift=6)
    return pa.table(
        {
            "review_id": _ids("V", rows, setting),
            "order_id": order_keys(rows, setting),
            "target": col.choices(_target(rows), TARGETS),
            "stars": col.integers(rows["rating"]),
            "tags": col.choices(_tag(rows), TAGS),
            "text": _only(text, speaks),
            "created_at": col.times(written),
            "answered_at": col.times(written + 7200, answered),
            "lang": _only(col.choices(rows["language"], texts.LANGUAGES), speaks),
        }
    )


def _only(column: pa.DictionaryArray, where: NDArray[np.bool_]) -> pa.DictionaryArray:
    codes = np.where(where, column.indices.to_numpy(zero_copy_only=False), -1)
    return col.choices(codes, column.dictionary.to_pylist())


def _target(rows: Columns) -> NDArray[np.int64]:
    by_cause = np.array([1, 0, 2, 2, 2, 1, 1, 0, 0, 0, 2, 1, 2, 1, 1, 0])
    return by_cause[rows["cause"]]


def _tag(rows: Columns) -> NDArray[np.int64]:
    by_cause = np.array([0, 0, 0, 0, 0, 2, 2, 1, 3, 3, 0, 0, -1, 1, -1, 4])
    tag = by_cause[rows["cause"]]
    return np.where(tag == len(TAGS) - 3, tag + rows["words"] % 3, tag)


def _ids(prefix: str, rows: Columns, setting: Setting) -> pa.StringArray:
    return col.keys(f"{prefix}{setting.city.code}", rows["number"], width=ORDER_DIGITS)


def complaints_table(said: Columns, setting: Setting) -> pa.Table:
    """Complaints, with whom the customer blames; not always who was responsible."""
    rows = take(said, np.flatnonzero(said["complaint"] >= 0))
    kind = rows["complaint"]
    severity = np.array([2, 2, 2, 2, 3, 2, 3])[kind]
    severity += (rows["minutes"] > _ANGRY_MIN) & (kind == fates.LATE)
    blamed = np.array([0, 1, 1, 0, 0, 0, 2])[kind]
    opened = rows["start"] + _opened(rows)
    return pa.table(
        {
            "complaint_id": _ids("X", rows, setting),
            "order_id": order_keys(rows, setting),
            "contact_id": col.keys(
                f"K{setting.city.code}",
                rows["number"],
                width=ORDER_DIGITS,
                valid=rows["contact"],
            ),
            "class": col.choices(kind, fates.COMPLAINT_CLASSES),
            "severity": col.integers(severity),
            "claimed_party": col.choices(blamed, TARGETS),
            "text": _said(rows, shift=8),
            "amount_claimed": col.amounts(rows["basket c"] // 2),
            "created_at": col.times(opened + 300),
            "lang": col.choices(rows["language"], texts.LANGUAGES),
        }
    )


def _opened(rows: Columns) -> NDArray[np.int64]:
    """Seconds after creation at which support is contacted."""
    hurry = (rows["channel"] & 1023).astype(np.int64)
    early = rows["promise"] - 300 + hurry
    after = rows["ended s"] + 120 + hurry
    return np.where(rows["complaint"] >= 0, after, np.minimum(early, after))


def _timing(rows: Columns) -> Columns:
    """Opening, first reply and resolution of contacts, in seconds since 1970."""
    code = _BY_CHANNEL[rows["channel"] % 16]
    patience = np.array([70, 45, 1500, 5400, 0])[code]
    reply = (patience * exponential(1.0)[rows["tap"]]).astype(np.int64) + 15
    opened = rows["start"] + _opened(rows)
    bot = (code == CHANNELS.index("self-service")) | (rows["channel"] >> 12 == 0)
    talk = 180 + (600 * exponential(1.0)[rows["class"]]).astype(np.int64)
    return {
        "code": code,
        "bot": bot,
        "opened": opened,
        "replied": opened + reply,
        "resolved": opened + np.where(bot, 90, reply + talk),
    }


def contacts_table(said: Columns, setting: Setting) -> pa.Table:
    """Contacts by channel, with reply times."""
    rows = take(said, np.flatnonzero(said["contact"]))
    when = _timing(rows)
    ended = rows["start"] + rows["ended s"]
    stage = np.where(when["opened"] > ended, 2, 1)
    agent = rows["tap place"] % _AGENTS + setting.city.index * _AGENTS
    asked = rows["words"] % 3 == 0
    stars = np.clip(
        5 - rows["minutes"] // 8 - (when["replied"] - when["opened"]) // 900, 1, 5
    )
    refund = rows["refund c"] > 0
    resolution = np.where(refund, 1, np.where(rows["compensation c"] > 0, 2, 0))
    party = np.where(rows["complaint"] >= 0, 0, np.where(rows["words"] % 11 == 0, 1, 0))
    return pa.table(
        {
            "contact_id": _ids("K", rows, setting),
            "order_id": order_keys(rows, setting),
            "party": col.choices(party, PARTIES),
            "channel": col.choices(when["code"], CHANNELS),
            "stage": col.choices(stage, STAGES),
            "reason_l1": col.choices(_REASON_OF_CAUSE[rows["cause"]], REASONS),
            "reason_l2": col.choices(rows["cause"], texts.CAUSES),
            "opened_at": col.times(when["opened"]),
            "first_human_reply_at": col.times(when["replied"], ~when["bot"]),
            "resolved_at": col.times(when["resolved"]),
            "agent_id": col.keys("A", agent, width=3, valid=~when["bot"]),
            "is_bot_contained": col.flags(when["bot"]),
            "resolution": col.choices(resolution, RESOLUTIONS),
            "csat": col.integers(stars, asked),
            "cost": col.amounts(np.where(when["bot"], 0, rows["contact c"])),
            "lang": col.choices(rows["language"], texts.LANGUAGES),
        }
    )


def messages_table(said: Columns, setting: Setting) -> pa.Table:
    """Customer's and agent's words in each contact, and riders' where they matter."""
    rows = take(said, np.flatnonzero(said["contact"]))
    when = _timing(rows)
    parts = [
        _messages(rows, setting, nth=0, sender="customer", at=when["opened"]),
        _messages(rows, setting, nth=1, sender="agent", at=when["replied"]),
    ]
    chats = causes.chat_kept(said)
    rude = (said["complaint"] == fates.ATTITUDE) & chats
    rider = take(said, np.flatnonzero(rude))
    at = rider["start"] + rider["there s"]
    parts.append(_messages(rider, setting, nth=2, sender="rider", at=at))
    return pa.concat_tables(parts)


def _messages(
    rows: Columns, setting: Setting, *, nth: int, sender: str, at: NDArray
) -> pa.Table:
    size = len(rows["number"])
    return pa.table(
        {
            "message_id": col.keys(
                f"G{setting.city.code}",
                rows["number"] * 10 + nth,
                width=ORDER_DIGITS + 1,
            ),
            "order_id": order_keys(rows, setting),
            "contact_id": col.keys(
                f"K{setting.city.code}",
                rows["number"],
                width=ORDER_DIGITS,
                valid=rows["contact"],
            ),
            "sent_at": col.times(at),
            "sender_kind": col.constant(sender, size),
            "text": _words_of(sender, rows),
            "lang": col.choices(rows["language"], texts.LANGUAGES),
        }
    ).unify_dictionaries()


def _words_of(sender: str, rows: Columns) -> pa.Array:
    if sender == "customer":
        return _said(rows, shift=10)
    sentences, places = texts.spoken_by(sender)
    chosen = 2 if sender == "rider" else np.where(rows["refund c"] > 0, 1, 0)
    return col.choices(places[rows["language"], chosen], sentences)
