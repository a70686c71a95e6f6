"""What people write: targets and saved views, with who, when and a full trace."""

from analysis.records.database import Records, open_records
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
    "Records",
    "SavedView",
    "Target",
    "audit_trail",
    "delete_target",
    "delete_view",
    "label",
    "list_views",
    "open_records",
    "rename_view",
    "save_view",
    "set_target",
    "target_history",
    "targets_for",
    "undo_delete",
]
