"""Progress and cancelling of long work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from analysis.errors import Cancelled
from analysis.words import N_

#: How often a cancel is looked for while the engine works, in seconds.
LOOK_EVERY = 0.1

Progress = Callable[[float, str], None]


class Stoppable(Protocol):
    """Something whose running statements can be ended from another thread."""

    def cancel(self) -> None:
        """End what runs now."""
        ...


@dataclass(frozen=True, slots=True)
class Watch:
    """Tells how far the work is, and asks whether to go on.

    Attributes:
        progress: Called with the share done (0 to 1) and what is being done.
        cancel: Set by another thread to end the work.
    """

    progress: Progress | None = None
    cancel: threading.Event | None = None

    def step(self, share: float, text: str) -> None:
        """Report a step.

        Raises:
            Cancelled: if the work is to end.
        """
        self.check()
        self._tell(share, text)

    def check(self) -> None:
        """Look whether to go on.

        Raises:
            Cancelled: if the work is to end.
        """
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled(
                N_("Publishing was cancelled."),
                hint=N_("Nothing was changed; the draft is still there."),
            )

    def finish(self, text: str) -> None:
        """Report the end; what is done can no longer be cancelled."""
        self._tell(1.0, text)

    def _tell(self, share: float, text: str) -> None:
        if self.progress is not None:
            self.progress(min(max(share, 0.0), 1.0), text)

    @contextmanager
    def over(self, work: Stoppable) -> Iterator[None]:
        """End the statements of ``work`` as soon as a cancel is asked for."""
        if self.cancel is None:
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=self._look, args=(work, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _look(self, work: Stoppable, done: threading.Event) -> None:
        while not done.wait(LOOK_EVERY):
            # Again and again: a cancel between two statements ends neither of them.
            if self.cancel is not None and self.cancel.is_set():
                work.cancel()


def never_back(progress: Progress | None) -> Progress | None:
    """The same progress, whose share only grows even where work is done again."""
    if progress is None:
        return None
    furthest = 0.0

    def told(share: float, text: str) -> None:
        nonlocal furthest
        furthest = max(furthest, share)
        progress(furthest, text)

    return told
