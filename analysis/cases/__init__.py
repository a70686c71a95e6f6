"""One problem case at a time: what happened, who is responsible, and how we know."""

from analysis.cases.backtest import Backtest, backtest
from analysis.cases.judge import Cases, judge
from analysis.cases.judged import Verdicts
from analysis.cases.rules import Rule, Ruleset, load_ruleset, read_ruleset
from analysis.cases.sheet import Sheet, explanation_sheet
from analysis.cases.similar import Similar, signature, signatures, similar
from analysis.cases.timeline import timeline
from analysis.cases.verdicts import (
    CASE_KINDS,
    PARTIES,
    PARTY_LABELS,
    UNDETERMINED,
    Verdict,
)

__all__ = [
    "CASE_KINDS",
    "PARTIES",
    "PARTY_LABELS",
    "UNDETERMINED",
    "Backtest",
    "Cases",
    "Rule",
    "Ruleset",
    "Sheet",
    "Similar",
    "Verdict",
    "Verdicts",
    "backtest",
    "explanation_sheet",
    "judge",
    "load_ruleset",
    "read_ruleset",
    "signature",
    "signatures",
    "similar",
    "timeline",
]
