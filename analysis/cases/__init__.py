"""One problem case at a time: what happened, who is responsible, and how we know.

case_facts(dataset, orders) -> DataFrame               analysis.metrics, one row an order
peers(dataset, orders) -> DataFrame                    analysis.metrics, long: order_no, stage, p10, p50, p90, n
timeline(dataset, order, *, verdict=None) -> Timeline  see moments
judge(cases, *, ruleset=None) -> Verdicts              cases: Cases(dataset, orders) or a frame of case_facts
load_ruleset(path=None) -> Ruleset
backtest(cases, ruleset, *, against=None) -> Backtest  against: another Ruleset, or gold answers by order
signature(verdict) -> str                              root-cause key; also a column of Verdicts.to_frame()
similar(verdicts, verdict) -> Similar                  how many of the same signature, and which orders
explanation_sheet(timeline, verdict, *, appeal_days) -> Sheet
"""
