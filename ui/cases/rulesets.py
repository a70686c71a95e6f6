"""The rules that cases are judged by now."""

from __future__ import annotations

from functools import lru_cache

import yaml

from analysis.cases import Ruleset, load_ruleset, read_ruleset
from analysis.records import live_ruleset
from ui import cached


def live() -> Ruleset:
    """The rule set in force: the one published last, else the one that comes along."""
    stored = live_ruleset(cached.records())
    return load_ruleset() if stored is None else _read(stored.content)


def key_of(ruleset: Ruleset) -> str:
    """The whole rule set as text: results are kept by what it says, not by its name."""
    return ruleset.model_dump_json(by_alias=True, exclude_none=True)


@lru_cache(maxsize=8)
def of(key: str) -> Ruleset:
    """The rule set of a key."""
    return Ruleset.model_validate_json(key)


def as_yaml(ruleset: Ruleset) -> str:
    """The rule set as the file that it can be read from again."""
    content = ruleset.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False)


@lru_cache(maxsize=8)
def _read(content: str) -> Ruleset:
    return read_ruleset(content)
