"""One problem case at a time: what happened, who is responsible, and how we know."""

from analysis.cases.judge import Cases, judge
from analysis.cases.judged import Verdicts
from analysis.cases.rules import Ruleset, load_ruleset, read_ruleset
from analysis.cases.verdicts import CASE_KINDS, PARTIES, UNDETERMINED, Verdict

__all__ = [
    "CASE_KINDS",
    "PARTIES",
    "UNDETERMINED",
    "Cases",
    "Ruleset",
    "Verdict",
    "Verdicts",
    "judge",
    "load_ruleset",
    "read_ruleset",
]
