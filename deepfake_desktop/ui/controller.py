"""Owns the worker's thread, the queue and the job ids. Views call it and listen; none has logic.

One file runs at a time. A message whose job id is not the entry's present one is stale and is
dropped, which is how a cancelled job falls silent at once though its thread needs a moment.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Event,
    FaceSeen,
    Opened,
    Progress,
    WindowScored,
)
from deepfake_desktop.ui.queue_model import Entry, QueueModel, State
from deepfake_desktop.ui.worker import (
    AnalysisWorker,
    Analyze,
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobSucceeded,
    Message,
)

log = logging.getLogger(__name__)

#: Time for messages in one turn of the event loop; the rest waits for the next turn.
_TURN_S = 0.005


class Controller(QObject):
    """Signals name entries by id; ``eventArrived`` carries the engine's event."""

    entriesAdded = Signal(list)
    stateChanged = Signal(int)
    eventArrived = Signal(int, object)
    succeeded = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)
    finished = Signal(int)
    idle = Signal()
    selfTestFailed = Signal(object)
    _requested = Signal(object, object)
    _warm_up_requested = Signal()
    _self_test_requested = Signal(object, object)

    def __init__(
        self,
        *,
        settings: Callable[[], AnalysisSettings],
        models_dir: Callable[[], Path | None],
        analyze: Analyze,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.queue = QueueModel()
        self._settings = settings
        self._models_dir = models_dir
        self._job_ids = itertools.count(1)
        self._other_settings: dict[int, AnalysisSettings] = {}
        self._running: Entry | None = None
        self._busy_job: int | None = None
        """The job the thread is at, also while it still winds down after a cancel."""
        self._token = CancelToken()
        self._test_token = CancelToken()
        self._messages: deque[Message] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._deliver)
        self._thread = QThread(self)
        self._thread.setObjectName("analysis")
        self._analyze = analyze
        self._worker = AnalysisWorker(analyze)
        self._worker.moveToThread(self._thread)
        self._requested.connect(self._worker.run)
        self._warm_up_requested.connect(self._worker.warm_up)
        self._self_test_requested.connect(self._worker.self_test)
        self._worker.messageSent.connect(self._receive)
        self._worker.selfTestFailed.connect(self.selfTestFailed)

    # --- what views ask for

    @property
    def running(self) -> Entry | None:
        return self._running

    def add(self, paths: Iterable[Path]) -> list[Entry]:
        """Queues files, each once, and starts. Returns the new entries."""
        new = self.queue.add(paths)
        if new:
            self.entriesAdded.emit([entry.id for entry in new])
            self._start_next()
        return new

    def warm_up(self) -> None:
        """Gets the engine ready, so that the first video does not wait for torch."""
        self._start_thread()
        self._warm_up_requested.emit()

    def self_test(self) -> None:
        """Has the engine test itself in idle time, with the settings of now.

        A file that comes meanwhile goes first: the engine then runs the test before that file's
        verdict, as it does before any verdict that needs one.
        """
        if self._busy_job is None:
            self._test_token = CancelToken()
            request = AnalysisRequest(Path(), replace(self._settings()), self._models_dir())
            self._start_thread()
            self._self_test_requested.emit(request, self._test_token)

    def cancel(self, entry_id: int) -> None:
        """Shows as cancelled at once; the thread follows at its next check."""
        entry = self.queue.entry(entry_id)
        if entry is None or entry.state not in (State.WAITING, State.RUNNING):
            return
        if entry is self._running:
            self._token.cancel()
            self._running = None
        entry.job_id = 0
        self._other_settings.pop(entry.id, None)
        if entry.analyses:
            entry.start_over()  # nothing half done beside the result that stays
        self._settle(entry, State.DONE if entry.analyses else State.CANCELLED)
        self.cancelled.emit(entry.id)
        self.finished.emit(entry.id)

    def cancel_all(self) -> None:
        for entry in self.queue.entries:
            self.cancel(entry.id)

    def retry(self, entry_id: int) -> None:
        """Runs a file again with the settings of now."""
        self.analyse_again(entry_id, None)

    def analyse_again(self, entry_id: int, settings: AnalysisSettings | None) -> None:
        """Runs a file again; a result already there stays, the new one comes beside it."""
        entry = self.queue.entry(entry_id)
        if entry is None or entry.state in (State.WAITING, State.RUNNING):
            return
        if settings is not None:
            self._other_settings[entry.id] = settings
        entry.start_over()
        self._settle(entry, State.WAITING)
        self._start_next()

    def remove(self, entry_id: int) -> None:
        self.cancel(entry_id)
        self.queue.remove(entry_id)

    def move(self, entry_id: int, to_row: int) -> None:
        self.queue.move(entry_id, to_row)

    def set_poster(self, entry_id: int, image: object) -> None:
        """A small picture of the video, for its row."""
        entry = self.queue.entry(entry_id)
        if entry is not None:
            entry.poster = image  # type: ignore[assignment]
            self.queue.touch(entry)

    def shutdown(self) -> None:
        """Cancels, then waits until the thread has ended. Never terminates it.

        An engine with a process of its own is closed afterwards.
        """
        self._token.cancel()
        self._test_token.cancel()
        self._running = None
        self._timer.stop()
        self._messages.clear()
        self._thread.quit()
        self._thread.wait()
        close = getattr(self._analyze, "close", None)
        if close is not None:
            close()

    # --- the thread

    def _start_thread(self) -> None:
        if not self._thread.isRunning():
            self._thread.start()

    def _start_next(self) -> None:
        if self._busy_job is not None:
            return
        entry = self.queue.next_waiting()
        if entry is None:
            self.idle.emit()
            return
        entry.job_id = next(self._job_ids)
        entry.start_over()
        settings = self._other_settings.pop(entry.id, None) or self._settings()
        request = AnalysisRequest(
            path=entry.path,
            settings=replace(settings),
            models_dir=self._models_dir(),
            job_id=entry.job_id,
        )
        self._running = entry
        self._busy_job = entry.job_id
        self._token = CancelToken()
        self._test_token.cancel()
        self._settle(entry, State.RUNNING)
        self._start_thread()
        log.info("job %d: %s", request.job_id, request.path)
        self._requested.emit(request, self._token)

    def _settle(self, entry: Entry, state: State) -> None:
        entry.state = state
        self.queue.touch(entry)
        self.stateChanged.emit(entry.id)

    @Slot(object)
    def _receive(self, message: Message) -> None:
        if self._messages and _supersedes(message, self._messages[-1]):
            self._messages.pop()
        self._messages.append(message)
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _deliver(self) -> None:
        """Hands on messages for a few milliseconds, so that painting and input come between."""
        deadline = time.monotonic() + _TURN_S
        while self._messages and time.monotonic() < deadline:
            self._handle(self._messages.popleft())
        if not self._messages:
            self._timer.stop()

    def _handle(self, message: Message) -> None:
        if isinstance(message, JobFinished):
            if message.job_id == self._busy_job:
                self._busy_job = None
                self._start_next()
            return
        entry = self._running
        if entry is None or entry.job_id != message.job_id:
            return  # stale
        if isinstance(message, JobEvent):
            self._record(entry, message.event)
            self.eventArrived.emit(entry.id, message.event)
            return
        self._running = None
        if isinstance(message, JobSucceeded):
            entry.succeed(message.analysis)
            label = message.analysis.verdict.label
            log.info("job %d finished: %s: %s", message.job_id, label, entry.path)
            self._settle(entry, State.DONE)
            self.succeeded.emit(entry.id, message.analysis)
        elif isinstance(message, JobFailed):
            entry.failure = message.failure
            self._settle(entry, State.FAILED)
            self.failed.emit(entry.id, message.failure)
        elif isinstance(message, JobCancelled):
            self._settle(entry, State.CANCELLED)
            self.cancelled.emit(entry.id)
        self.finished.emit(entry.id)

    def _record(self, entry: Entry, event: Event) -> None:
        if isinstance(event, Opened):
            entry.opened = event
        elif isinstance(event, Progress):
            entry.progress = event
            self.queue.touch(entry)
        elif isinstance(event, FaceSeen):
            entry.remember_face(event)
        elif isinstance(event, WindowScored):
            entry.windows.append(event.window)
            entry.preliminary = event.preliminary


def _supersedes(new: Message, old: Message) -> bool:
    """A progress that follows a progress of the same job makes the earlier one needless."""
    return (
        isinstance(new, JobEvent)
        and isinstance(old, JobEvent)
        and new.job_id == old.job_id
        and isinstance(new.event, Progress)
        and isinstance(old.event, Progress)
    )
