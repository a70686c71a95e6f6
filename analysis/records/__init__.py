"""What people write, with who, when and a full trace."""

from analysis.records.cases_rulesets import (
    StoredRuleset,
    list_rulesets,
    live_ruleset,
    publish_ruleset,
)
from analysis.records.database import Records, open_records
from analysis.records.strategies import (
    Deviation,
    StoredStrategy,
    add_strategy,
    amend_strategy,
    delete_strategy,
    deviations_of,
    freeze_strategy,
    list_strategies,
    strategy_of,
)
from analysis.records.strategy_decisions import (
    Decision,
    Look,
    decisions_of,
    looks_of,
    note_look,
    overrides,
    record_decision,
)
from analysis.records.targets import (
    Target,
    delete_target,
    set_target,
    target_history,
    targets_for,
)
from analysis.records.trail import Change, audit_trail, label, undo_delete
from analysis.records.views import (
    SavedView,
    delete_view,
    list_views,
    rename_view,
    save_view,
)

__all__ = [
    "Change",
    "Decision",
    "Deviation",
    "Look",
    "Records",
    "SavedView",
    "StoredRuleset",
    "StoredStrategy",
    "Target",
    "add_strategy",
    "amend_strategy",
    "audit_trail",
    "decisions_of",
    "delete_strategy",
    "delete_target",
    "delete_view",
    "deviations_of",
    "freeze_strategy",
    "label",
    "list_rulesets",
    "list_strategies",
    "list_views",
    "live_ruleset",
    "looks_of",
    "note_look",
    "open_records",
    "overrides",
    "publish_ruleset",
    "record_decision",
    "rename_view",
    "save_view",
    "set_target",
    "strategy_of",
    "target_history",
    "targets_for",
    "undo_delete",
]
