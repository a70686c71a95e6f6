"""How a statement can end badly, in words for people."""

from __future__ import annotations

from analysis.errors import Cancelled, DataProblem, DoorstepError, QueryTooSlow
from analysis.words import N_


class StatementFailed(DataProblem):
    """DuckDB refused or could not finish a statement.

    Attributes:
        kind: Name of DuckDB's own error, such as ``ConversionException``.
        reason: DuckDB's own sentence; it may quote values and paths.
    """

    @property
    def kind(self) -> str:
        """Name of DuckDB's own error."""
        return str(self.values["kind"])

    @property
    def reason(self) -> str:
        """DuckDB's own sentence."""
        return str(self.values["reason"])


def refused(kind: str, reason: str) -> StatementFailed:
    """DuckDB, or the lock around it, refused a statement."""
    return StatementFailed(
        N_("The database refused the query: {reason}"), kind=kind, reason=reason
    )


def too_slow(seconds: float) -> QueryTooSlow:
    """The time limit was reached."""
    return QueryTooSlow(
        N_("The query was ended at its time limit of {seconds:g} s."),
        hint=N_("Choose a shorter period or fewer groups."),
        seconds=seconds,
    )


def cancelled() -> Cancelled:
    """Somebody asked for it."""
    return Cancelled(N_("The query was cancelled."))


def out_of_memory(limit: str) -> DoorstepError:
    """DuckDB's own memory limit was reached."""
    return DoorstepError(
        N_("The query needs more memory than the limit of {limit}."),
        hint=N_("Choose a shorter period or fewer groups."),
        limit=limit,
    )
