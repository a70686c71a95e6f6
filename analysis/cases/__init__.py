"""One problem case at a time: what happened, who is responsible, and how we know.

Reviewers compared (``severity``) and the learned opinion (``second_opinion``) load
statsmodels, which takes a while: import them from their own modules.
"""

from analysis.cases.agreements import Agreement, agreement
from analysis.cases.backtest import Backtest, backtest
from analysis.cases.decided import decision_frame
from analysis.cases.decisions import mark_gold, record_decision
from analysis.cases.imported import Imported, import_decisions
from analysis.cases.judge import Cases, judge
from analysis.cases.judged import Verdicts
from analysis.cases.quality import Quality, quality
from analysis.cases.queues import queue
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
    "Agreement",
    "Backtest",
    "Cases",
    "Imported",
    "Quality",
    "Rule",
    "Ruleset",
    "Sheet",
    "Similar",
    "Verdict",
    "Verdicts",
    "agreement",
    "backtest",
    "decision_frame",
    "explanation_sheet",
    "import_decisions",
    "judge",
    "load_ruleset",
    "mark_gold",
    "quality",
    "queue",
    "read_ruleset",
    "record_decision",
    "signature",
    "signatures",
    "similar",
    "timeline",
]
