"""Reading the lists that the code ships with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

# The parser in C does in 12 ms what the one in Python does in 120, but is not in every
# build of PyYAML.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Content of a YAML file of plain values.

    Raises:
        yaml.YAMLError: if it is no YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
