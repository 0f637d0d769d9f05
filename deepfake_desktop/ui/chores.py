"""Work too slow for the GUI thread that is no analysis: a thread, and answers by callback."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.worker import Chore, ChoreDone, ChoreFailed, ChoreWorker


class Chores(QObject):
    """Runs functions one after the other on one thread; answers arrive on the GUI thread."""

    _requested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = itertools.count(1)
        self._waiting: dict[
            int, tuple[Chore, Callable[[object], None], Callable[[Failure], None] | None]
        ] = {}
        self._thread = QThread(self)
        self._thread.setObjectName("chores")
        self._worker = ChoreWorker()
        self._worker.moveToThread(self._thread)
        self._requested.connect(self._worker.run)
        self._worker.answered.connect(self._answered)

    def submit(
        self,
        work: Callable[[CancelToken], object],
        done: Callable[[object], None],
        *,
        failed: Callable[[Failure], None] | None = None,
        path: Path | None = None,
    ) -> int:
        """Calls ``work`` on the thread, then ``done`` or ``failed`` here; neither if cancelled."""
        chore = Chore(next(self._ids), work, CancelToken(), path)
        self._waiting[chore.id] = (chore, done, failed)
        if not self._thread.isRunning():
            self._thread.start()
        self._requested.emit(chore)
        return chore.id

    def cancel(self, chore_id: int) -> None:
        """Its answer, if one still comes, is dropped."""
        waiting = self._waiting.pop(chore_id, None)
        if waiting is not None:
            waiting[0].cancel.cancel()

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def shutdown(self) -> None:
        """Cancels what waits and waits for what runs."""
        for chore_id in list(self._waiting):
            self.cancel(chore_id)
        self._thread.quit()
        self._thread.wait()

    @Slot(object)
    def _answered(self, answer: ChoreDone | ChoreFailed) -> None:
        waiting = self._waiting.pop(answer.id, None)
        if waiting is None:
            return
        _, done, failed = waiting
        if isinstance(answer, ChoreDone):
            done(answer.result)
        elif answer.failure is not None and failed is not None:
            failed(answer.failure)
