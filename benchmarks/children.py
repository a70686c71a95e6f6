"""Timing work in processes of its own, so that memory can be told apart."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Read by the parent: what the script printed last, and what the child has used.
_EPILOGUE = """
import json, resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": seconds,
    "busy": used.ru_utime + used.ru_stime,
    "peak": used.ru_maxrss / 1024,
}))
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a child took.

    Attributes:
        seconds: As the script measured them itself, in ``seconds``.
        busy: Processor seconds of the whole child.
        peak: Largest resident memory in MiB.
    """

    seconds: float
    busy: float
    peak: float


def timed(script: str, *arguments: object) -> Taken:
    """Run a script that sets ``seconds`` in a child of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script + _EPILOGUE, *map(str, arguments)],
        check=True,
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Taken(**found)
