"""From files to an immutable dataset version: stage, map, check, publish."""

from analysis.orders.compare import compare_versions
from analysis.orders.draft import Draft, discard_draft, list_drafts, load_draft
from analysis.orders.mapping import Mapping
from analysis.orders.propose import propose_mapping
from analysis.orders.publish import publish
from analysis.orders.sources import DatabaseQuery, Upload
from analysis.orders.staging import stage
from analysis.orders.versions import (
    list_datasets,
    list_versions,
    open_dataset,
    use_version,
)

__all__ = [
    "DatabaseQuery",
    "Draft",
    "Mapping",
    "Upload",
    "compare_versions",
    "discard_draft",
    "list_datasets",
    "list_drafts",
    "list_versions",
    "load_draft",
    "open_dataset",
    "propose_mapping",
    "publish",
    "stage",
    "use_version",
]
