"""Doorstep's errors: what is wrong, the value seen, what to do.

DoorstepError
├── DataProblem        a file, table or value cannot be used
├── OpenQuestion       the mapping needs an answer before publishing
├── MissingField       a metric or page needs columns the dataset has not
├── UnknownName        a dataset, metric, dimension or setting does not exist
├── InvalidInput       an argument, address or form value is out of its range
├── NotEnoughData      too few rows, groups or periods for a sound answer
├── QueryTooSlow       a query reached its time limit
├── Cancelled          the user stopped the work
├── Conflict           somebody else changed the same thing meanwhile
└── NotAllowed         the role may not do this

An error carries its sentence as a template and its values beside it, so that the
user interface can translate the sentence and ``str(error)`` stays English.
"""

from __future__ import annotations

from analysis.words import N_


class DoorstepError(Exception):
    """Base of every error that a user may see.

    Args:
        problem: What is wrong, as a template marked with ``N_``.
        hint: What to do, as a template marked with ``N_``.
        **values: What the templates name; always include the value seen.
    """

    def __init__(self, problem: str, *, hint: str = "", **values: object) -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.values = values

    def sentences(self) -> tuple[str, ...]:
        """The templates in reading order, without empty ones."""
        return tuple(text for text in (self.problem, self.hint) if text)

    def __str__(self) -> str:
        return " ".join(text.format(**self.values) for text in self.sentences())

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.problem, self.hint, self.values)


def _rebuild(
    kind: type[DoorstepError], problem: str, hint: str, values: dict[str, object]
) -> DoorstepError:
    return kind(problem, hint=hint, **values)


class DataProblem(DoorstepError):
    """A file, table or value cannot be used as it is."""


class OpenQuestion(DoorstepError):
    """Publishing needs an answer first; ``options`` lists the possible ones."""

    @property
    def options(self) -> tuple[str, ...]:
        """The answers to choose from, as the mapping writes them."""
        return tuple(self.values.get("options", ()))  # type: ignore[arg-type]


class MissingField(DoorstepError):
    """A metric or page needs columns that the dataset has not; see ``fields``."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the order-model fields that would unlock it."""
        return tuple(self.values.get("fields", ()))  # type: ignore[arg-type]


class UnknownName(DoorstepError):
    """A dataset, metric, dimension or setting of that name does not exist."""

    @classmethod
    def of(cls, kind: str, name: object, known: object) -> UnknownName:
        """The usual sentence: the name seen, and the names there are."""
        names = ", ".join(sorted(str(item) for item in known))  # type: ignore[attr-defined]
        return cls(
            N_("There is no {kind} named {name!r}."),
            hint=N_("Known: {known}."),
            kind=kind,
            name=name,
            known=names or "-",
        )


class InvalidInput(DoorstepError):
    """An argument, an address or a form value is out of its range."""


class NotEnoughData(DoorstepError):
    """Too few rows, groups or periods for a sound answer."""


class QueryTooSlow(DoorstepError):
    """A query reached its time limit and was ended."""


class Cancelled(DoorstepError):
    """The user stopped the work; nothing was left behind."""


class Conflict(DoorstepError):
    """Somebody else changed the same thing meanwhile."""


class NotAllowed(DoorstepError):
    """The person's role does not permit the action."""
