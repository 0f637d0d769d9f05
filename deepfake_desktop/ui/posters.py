"""A small picture of each video for its row, read one by one by the helper process."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.remote import Remote


class Posters(QObject):
    """Fills the queue's pictures in, in the order of the queue, one chore at a time."""

    def __init__(
        self, controller: Controller, chores: Chores, helper: Remote, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._chores = chores
        self._helper = helper
        self._tried: set[int] = set()
        self._busy = False
        controller.entriesAdded.connect(self._next)

    @Slot()
    def _next(self) -> None:
        if self._busy:
            return
        entries = self._controller.queue.entries
        entry = next((e for e in entries if e.poster is None and e.id not in self._tried), None)
        if entry is None:
            return
        entry_id, path = entry.id, entry.path
        self._tried.add(entry_id)
        self._busy = True

        def work(cancel: CancelToken) -> object:
            return self._helper.call("deepfake_desktop.ui.offload:poster", path, cancel=cancel)

        def done(result: object) -> None:
            self._controller.set_poster(entry_id, result)
            self._go_on()

        self._chores.submit(work, done, failed=self._failed, path=path)

    def _failed(self, _: Failure) -> None:
        self._go_on()  # the row keeps its plain sign; the analysis will say what is wrong

    def _go_on(self) -> None:
        self._busy = False
        self._next()
