"""The objects that live on threads of their own: one analyses, one does the small chores.

Both take values down by queued signals and send values up; neither knows a widget.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from deepfake_desktop.core.errors import Cancelled, DeepfakeDesktopError, SelfTestError
from deepfake_desktop.core.types import Analysis, AnalysisRequest, CancelToken, Event, Finished
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.remote import RemoteError

log = logging.getLogger(__name__)

Analyze = Callable[..., Iterator[Event]]


# --- what goes up --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class JobEvent:
    job_id: int
    event: Event


@dataclass(frozen=True, slots=True, eq=False)
class JobSucceeded:
    job_id: int
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class JobFailed:
    job_id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class JobCancelled:
    job_id: int


@dataclass(frozen=True, slots=True)
class JobFinished:
    """Always the last word of a job, after exactly one of the three outcomes."""

    job_id: int


Message = JobEvent | JobSucceeded | JobFailed | JobCancelled | JobFinished


class AnalysisWorker(QObject):
    """Runs one request after the other. ``messageSent`` carries a ``Message``.

    ``selfTestFailed`` carries the failure of a self-test that nobody waited for.
    """

    messageSent = Signal(object)
    selfTestFailed = Signal(object)

    def __init__(self, analyze: Analyze) -> None:
        super().__init__()
        self._analyze = analyze

    @Slot()
    def warm_up(self) -> None:
        """Lets an engine that can do so get ready before the first request."""
        warm_up = getattr(self._analyze, "warm_up", None)
        if warm_up is None:
            return
        try:
            warm_up()
        except Exception:  # the first analysis will meet it again and show it
            log.exception("the engine could not be warmed up")

    @Slot(object, object)
    def self_test(self, request: AnalysisRequest, cancel: CancelToken) -> None:
        """Has an engine that can do so test itself, for requests like this one."""
        self_test = getattr(self._analyze, "self_test", None)
        if self_test is None:
            return
        try:
            self_test(request, cancel=cancel)
        except Cancelled:
            return
        except RemoteError as error:
            log.warning("self-test: %s", error)
            if error.failure.code == SelfTestError.__name__:
                self.selfTestFailed.emit(error.failure)
        except Exception:  # the first analysis will meet it again and show it
            log.exception("the engine could not test itself")

    @Slot(object, object)
    def run(self, request: AnalysisRequest, cancel: CancelToken) -> None:
        """Exactly one of succeeded, failed, cancelled; then finished."""
        job_id = request.job_id
        outcome: Message
        try:
            outcome = self._outcome(request, cancel)
        except Cancelled:
            outcome = JobCancelled(job_id)
        except RemoteError as error:
            if cancel.is_cancelled:
                outcome = JobCancelled(job_id)
            else:
                log.warning("job %d failed: %s", job_id, error.failure.details)
                failure = replace(error.failure, path=error.failure.path or request.path)
                outcome = JobFailed(job_id, failure)
        except Exception as error:  # a RuntimeError of CUDA is one; nothing may end the thread
            if cancel.is_cancelled:
                outcome = JobCancelled(job_id)
            else:
                expected = isinstance(error, DeepfakeDesktopError)
                level = logging.WARNING if expected else logging.ERROR
                log.log(level, "job %d failed: %s", job_id, error, exc_info=not expected)
                outcome = JobFailed(job_id, Failure.of(error, path=request.path))
        self.messageSent.emit(outcome)
        self.messageSent.emit(JobFinished(job_id))

    def _outcome(self, request: AnalysisRequest, cancel: CancelToken) -> Message:
        cancel.raise_if_cancelled()
        events = self._analyze(request, cancel=cancel)
        # An engine that is a generator must run its finally blocks here, on this thread, now.
        closing: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if isinstance(events, Generator):
            closing = contextlib.closing(events)
        with closing:
            for event in events:
                cancel.raise_if_cancelled()
                if isinstance(event, Finished):
                    return JobSucceeded(request.job_id, event.analysis)
                self.messageSent.emit(JobEvent(request.job_id, event))
        cancel.raise_if_cancelled()
        raise RuntimeError("the engine ended without a result")


# --- chores: scanning folders, listing and checking models ---------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Chore:
    """``work`` is called with the token on the chores' thread and returns a value."""

    id: int
    work: Callable[[CancelToken], object]
    cancel: CancelToken
    path: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChoreDone:
    id: int
    result: object


@dataclass(frozen=True, slots=True)
class ChoreFailed:
    id: int
    failure: Failure | None
    """None where it was cancelled."""


class ChoreWorker(QObject):
    """Small slow things, in order. ``answered`` carries ChoreDone or ChoreFailed."""

    answered = Signal(object)

    @Slot(object)
    def run(self, chore: Chore) -> None:
        try:
            chore.cancel.raise_if_cancelled()
            answer: ChoreDone | ChoreFailed = ChoreDone(chore.id, chore.work(chore.cancel))
        except Cancelled:
            answer = ChoreFailed(chore.id, None)
        except RemoteError as error:
            answer = ChoreFailed(
                chore.id, replace(error.failure, path=error.failure.path or chore.path)
            )
        except Exception as error:  # a chore's error is shown, it ends no thread
            log.exception("chore %d failed", chore.id)
            answer = ChoreFailed(chore.id, Failure.of(error, path=chore.path))
        self.answered.emit(answer)
