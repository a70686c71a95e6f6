"""Rule sets of a workspace: saved versions never change, one of them is live.

``rulesets/<version>.yaml`` is what a version says; ``rulesets/live.json`` which ones
were live, since when and by whom, the last one now. Verdicts name their version, so
what they were made by can always be read again.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from analysis.cases.rules import Ruleset, Status, load_ruleset, read_ruleset
from analysis.errors import Conflict, InvalidInput, UnknownName
from analysis.words import N_
from analysis.workspace import Workspace

FOLDER = "rulesets"
LIVE = "live.json"
_VERSION = re.compile(r"[\w.-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class WentLive:
    """When a version of the rules went live.

    Attributes:
        version: The version.
        by: Who decided it.
        at: When, ISO 8601.
    """

    version: str
    by: str
    at: str


def save_ruleset(workspace: Workspace | Path | str, ruleset: Ruleset) -> Path:
    """Keep a rule set under its version; it can be judged by, but is not live yet.

    Raises:
        InvalidInput: if the version is no plain name.
        Conflict: if there is a rule set of that version.
    """
    if not _VERSION.fullmatch(ruleset.version):
        raise InvalidInput(
            N_("A version of rules cannot be called {version!r}."),
            hint=N_("Use letters, digits, dots and dashes, at most 40."),
            version=ruleset.version,
        )
    path = _folder(workspace) / f"{ruleset.version}.yaml"
    taken = ruleset.version == load_ruleset().version
    if taken or not _write_new(path, ruleset.to_yaml()):
        raise Conflict(
            N_("There are rules of version {version} already."),
            hint=N_("Saved rules never change: choose another version."),
            version=ruleset.version,
        )
    return path


def rulesets_of(workspace: Workspace | Path | str) -> tuple[Ruleset, ...]:
    """All versions with their status, the default one first, then by name."""
    folder = _folder(workspace)
    saved = [
        read_ruleset(path.read_text(encoding="utf-8"), name=path.name)
        for path in sorted(folder.glob("*.yaml"))
    ]
    past = went_live(workspace)
    return tuple(_with_status(item, past) for item in (load_ruleset(), *saved))


def ruleset_of(workspace: Workspace | Path | str, version: str) -> Ruleset:
    """One version, such as the one that a verdict names.

    Raises:
        UnknownName: if there is none.
    """
    found = {item.version: item for item in rulesets_of(workspace)}
    if version not in found:
        raise UnknownName.of("rule set", version, found)
    return found[version]


def live_ruleset(workspace: Workspace | Path | str) -> Ruleset:
    """The version that is live; the default one until another was chosen."""
    past = went_live(workspace)
    version = past[-1].version if past else load_ruleset().version
    return ruleset_of(workspace, version)


def go_live(
    workspace: Workspace | Path | str, version: str, *, by: str, at: datetime
) -> Ruleset:
    """Make a version live; the one before is retired, its verdicts stay as they are.

    Args:
        workspace: Where the rules are kept.
        version: A saved version, or the default one.
        by: Who decides it.
        at: Now.

    Raises:
        UnknownName: if there is no such version.
    """
    ruleset_of(workspace, version)
    past = [*went_live(workspace), WentLive(version, by, at.isoformat())]
    _replace(_folder(workspace) / LIVE, json.dumps([asdict(item) for item in past]))
    return live_ruleset(workspace)


def went_live(workspace: Workspace | Path | str) -> tuple[WentLive, ...]:
    """Which versions went live, when and by whom, the first one first."""
    path = _folder(workspace) / LIVE
    if not path.exists():
        return ()
    content = json.loads(path.read_text(encoding="utf-8"))
    return tuple(WentLive(**item) for item in content)


def _with_status(ruleset: Ruleset, past: tuple[WentLive, ...]) -> Ruleset:
    default = load_ruleset().version
    live = past[-1].version if past else default
    was_live = {item.version for item in past} | {default}
    status: Status = "draft"
    if ruleset.version in was_live:
        status = "live" if ruleset.version == live else "retired"
    return ruleset.model_copy(update={"status": status})


def _folder(workspace: Workspace | Path | str) -> Path:
    folder = Workspace.open(workspace).root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; False if it is."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
