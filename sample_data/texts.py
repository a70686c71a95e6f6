"""Texts that fit a cause, as tables from codes to sentences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from sample_data.world import cities

LANGUAGES = ("en", "zh", "pt", "ar")
CAUSES = (
    "late_kitchen", "late_rider", "late_dispatch", "late_weather", "late_address",
    "missing item", "wrong item", "spilled", "attitude", "early tap", "not delivered",
    "cancelled", "question", "poor", "fair", "good",
)  # fmt: skip
VARIANTS = 4
#: Minutes are said in steps of five, from 5 to 60.
STEPS = 12
#: Every so many texts asks for a call, with an invented name and number.
_PEOPLE = 5


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences, and the table that finds them.

    Attributes:
        sentences: All different sentences.
        places: Place of a sentence by cause, language, variant and step of minutes.
    """

    sentences: list[str]
    places: NDArray[np.int32]

    def find(
        self, cause: NDArray, language: NDArray, variant: NDArray, minutes: NDArray
    ) -> NDArray[np.int32]:
        """Places of the sentences for codes of cause and language."""
        step = np.clip(minutes // 5 - 1, 0, STEPS - 1)
        return self.places[cause, language, variant % VARIANTS, step]


@cache
def _templates() -> dict:
    path = Path(__file__).with_name("texts.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _person(language: str, variant: int) -> tuple[str, str]:
    by_language = {"en": 2, "zh": 2, "pt": 3, "ar": 0}
    city = cities()[by_language[language]]
    name = city.first_names[variant % 8] + " " + city.last_names[variant % 6]
    return name, f"{city.phone}{1000 + 37 * variant:04d}"


@cache
def customer_phrases() -> Phrases:
    """What customers say."""
    sentences: dict[str, int] = {}
    places = np.zeros((len(CAUSES), len(LANGUAGES), VARIANTS, STEPS), dtype=np.int32)
    for index in np.ndindex(places.shape):
        cause, language, variant, step = index
        listed = _templates()["customer"][CAUSES[cause]][LANGUAGES[language]]
        name, phone = _person(LANGUAGES[language], step % _PEOPLE)
        text = listed[variant % len(listed)].format(m=5 * (step + 1), n=name, p=phone)
        places[index] = sentences.setdefault(text, len(sentences))
    return Phrases(list(sentences), places)


@cache
def spoken_by(who: str) -> tuple[list[str], NDArray[np.int32]]:
    """What agents or riders say, and the table by language and place."""
    by_language = [_templates()[who][language] for language in LANGUAGES]
    sentences = [text for texts in by_language for text in texts]
    places = np.arange(len(sentences), dtype=np.int32)
    return sentences, places.reshape(len(LANGUAGES), -1)


def languages(shares: dict[str, float]) -> NDArray[np.int8]:
    """Table from 100 equally likely values to a language, by a city's shares."""
    table = np.zeros(100, dtype=np.int8)
    start = 0
    for name, part in shares.items():
        stop = start + round(100 * part)
        table[start:stop] = LANGUAGES.index(name)
        start = stop
    return table
