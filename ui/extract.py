"""Collect all texts into the catalogues: ``python -m ui.extract``.

Texts are the literals in ``t(...)`` and ``N_(...)``. New ones are added to every
catalogue, unused ones leave it, translations stay. English is its own translation.
Exits with 1 while a text waits for its translation, and lists it.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from ui.texts import DEFAULT, DOMAIN, LANGUAGES, LOCALES

ROOT: Final = LOCALES.parent
#: Scripts whose texts users see; the standard tools miss literals inside f-strings.
SOURCES: Final = (
    "streamlit_app.py", "ui/**/*.py", "pages/**/*.py", "analysis/**/*.py",
    "sample_data/**/*.py",
)  # fmt: skip
#: Fixed, so that two people who extract the same texts write the same bytes.
_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    """All texts of the code, with the files they stand in."""
    catalogue = Catalog(project="Doorstep", charset="utf-8")
    for name, text in sorted(_found()):
        catalogue.add(text, locations=[(name, 0)])
    return catalogue


def read(code: str) -> Catalog:
    """The catalogue of a language as it is on disk; empty if there is none."""
    path = _path(code)
    if not path.is_file():
        return Catalog(locale=code, project="Doorstep", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=code)


def update(code: str, template: Catalog) -> Catalog:
    """The catalogue of a language with exactly the texts of the template."""
    catalogue = read(code)
    catalogue.update(copy.deepcopy(template), no_fuzzy_matching=True)
    if code == DEFAULT:
        for message in catalogue:
            message.string = message.id
    catalogue.obsolete.clear()
    return catalogue


def waiting(catalogue: Catalog) -> list[str]:
    """Texts without a translation."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and (not message.string or message.fuzzy)
    ]


def main() -> int:
    """Write the template and every catalogue; tell what waits for a translation."""
    template = extracted()
    _write(template, LOCALES / f"{DOMAIN}.pot")
    missing = 0
    for code in LANGUAGES:
        catalogue = update(code, template)
        _write(catalogue, _path(code))
        for text in waiting(catalogue):
            missing += 1
            sys.stdout.write(f"{code}: {text}\n")
    return 1 if missing else 0


def _found() -> Iterator[tuple[str, str]]:
    """File and text of every marked literal."""
    for source in SOURCES:
        for path in sorted(ROOT.glob(source)):
            name = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from ((name, text) for text in _marked(tree))


def _marked(tree: ast.AST) -> Iterator[str]:
    """Literals in ``t(...)`` and ``N_(...)``, also those inside of f-strings."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="t" | "N_"),
                args=[ast.Constant(value=str() as text), *_],
            ):
                yield text


def _path(code: str) -> Path:
    return LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def _write(catalogue: Catalog, path: Path) -> None:
    """Write without dates and line numbers, so that only real changes show."""
    catalogue.header_comment = "# Texts of Doorstep; see ui/extract.py."
    catalogue.creation_date = catalogue.revision_date = _DATE
    catalogue.fuzzy = False
    catalogue.last_translator = catalogue.language_team = "Doorstep"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file, catalogue, width=88, sort_output=True, include_lineno=False,
            ignore_obsolete=True, omit_header=False,
        )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
