"""Is it normal? Single series, all segments at once, and alert rules."""

from analysis.trends.alerts import evaluate_alerts
from analysis.trends.detect import detect
from analysis.trends.findings import Finding, Watch
from analysis.trends.watch import watch

__all__ = ["Finding", "Watch", "detect", "evaluate_alerts", "watch"]
