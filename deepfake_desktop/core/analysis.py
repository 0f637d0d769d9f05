"""The one verb: a video goes in, events come out, a verdict ends them.

Three threads work side by side, joined by short queues: one decodes, one finds faces, one runs the
network. The caller's thread only passes events on, so a first face shows while torch still loads.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from deepfake_desktop.core import threads
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    describe,
    file_for_path,
    list_checkpoints,
    select,
)
from deepfake_desktop.core.errors import Cancelled, DeviceMemoryError, UsageError
from deepfake_desktop.core.faces import FaceFinder
from deepfake_desktop.core.hashing import FileHasher
from deepfake_desktop.core.media import SampledFrame, Video, open_video
from deepfake_desktop.core.stages import (
    EndOfFaces,
    FaceSequence,
    FaceStage,
    NetworkStage,
    Scored,
    WindowOfFaces,
)
from deepfake_desktop.core.tracking import SEARCH_EVERY_FRAMES
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    CheckpointSummary,
    Event,
    Finished,
    FrameCounts,
    Opened,
    Progress,
    Reason,
    Stage,
    Thresholds,
)
from deepfake_desktop.core.versions import software_versions

log = logging.getLogger(__name__)

_T = TypeVar("_T")

FRAMES_IN_FLIGHT = 8
BYTES_IN_FLIGHT = 128 << 20
"""Full pictures waiting between decoder and face search: as many as fit, 2 to 8 of them."""

WINDOWS_IN_FLIGHT = 3
_POLL_S = 0.05


def analyze(
    request: AnalysisRequest, *, cancel: CancelToken | None = None
) -> Generator[Event, None, None]:
    """Examine a video. Yields events and ends with ``Finished``.

    Raises:
        DeepfakeDesktopError: one of its kinds, naming the file, the reason and what to do.
        Cancelled: soon after ``cancel`` was set, when all threads have ended.
    """
    cancel = cancel or CancelToken()
    settings = request.settings
    _check(settings)
    started = time.perf_counter()
    file, warnings = choose_checkpoint(request)
    card, summary = describe(file)
    thresholds = effective_thresholds(summary, settings)
    warnings += _checkpoint_warnings(summary)
    with open_video(request.path, cancel) as video, FileHasher(request.path) as hasher:
        yield Opened(video.info, summary, tuple(warnings))
        run = _Run(video, file, card, settings, thresholds)
        try:
            scored = yield from run.events(cancel)
        finally:
            run.stop()
        sha256 = hasher.result(cancel)
        yield Finished(
            Analysis(
                video=replace(video.info, sha256=sha256),
                settings=settings,
                checkpoint=replace(scored.checkpoint, thresholds=thresholds),
                verdict=scored.verdict,
                tracks=scored.tracks,
                frames=FrameCounts(len(scored.frame_times_s), scored.frames_with_face),
                frame_times_s=scored.frame_times_s,
                timings_s={**scored.timings_s, "total": time.perf_counter() - started},
                warnings=(*warnings, *video.warnings, *scored.warnings),
                software=software_versions(),
                device=scored.device,
                created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
            )
        )


def effective_thresholds(summary: CheckpointSummary, settings: AnalysisSettings) -> Thresholds:
    """The checkpoint's thresholds, with what the user set instead.

    Raises:
        UsageError: if together they leave no order.
    """
    own = summary.thresholds
    real = own.real if settings.threshold_real is None else settings.threshold_real
    fake = own.fake if settings.threshold_fake is None else settings.threshold_fake
    if not 0.0 <= real <= fake <= 1.0:
        raise UsageError(
            f"the thresholds REAL {real:g} and FAKE {fake:g} contradict each other",
            remedy="Choose 0 <= REAL <= FAKE <= 1.",
        )
    return Thresholds(real=real, fake=fake)


def frames_in_flight(width_px: int, height_px: int) -> int:
    """How many RGB pictures of this size may wait for the face search."""
    return max(2, min(FRAMES_IN_FLIGHT, BYTES_IN_FLIGHT // max(3 * width_px * height_px, 1)))


def pictures_in_memory(width_px: int, height_px: int) -> int:
    """The most RGB pictures of this size that an analysis holds at once: those in flight, the one
    being handed to them, those since the last face search, and the one that it looked at.
    """
    return frames_in_flight(width_px, height_px) + 1 + SEARCH_EVERY_FRAMES + 1


def _check(settings: AnalysisSettings) -> None:
    if settings.frames < 1:
        raise UsageError(
            f"the sequence length {settings.frames} is not positive", remedy="Choose 10 to 100."
        )
    if settings.budget_frames < 1:
        raise UsageError(
            f"the frame budget {settings.budget_frames} is not positive",
            remedy="Choose some multiple of the sequence length.",
        )


def choose_checkpoint(request: AnalysisRequest) -> tuple[CheckpointFile, list[Reason]]:
    """The file that will answer a request, and what is to be said of the choice.

    Raises:
        CheckpointError: if there is none.
    """
    settings = request.settings
    if settings.checkpoint is not None:
        file = file_for_path(settings.checkpoint)
    else:
        file = select(
            list_checkpoints(request.models_dir), settings.frames, exact=settings.exact_frames
        )
    trained_for = file.name.frames
    if trained_for in (0, settings.frames):
        return file, []
    return file, [
        Reason(
            "nearest_checkpoint",
            f"The checkpoint was trained for {trained_for} frames and is used with "
            f"{settings.frames}.",
            (("trained_for", trained_for), ("frames", settings.frames)),
        )
    ]


def _checkpoint_warnings(summary: CheckpointSummary) -> list[Reason]:
    warnings = []
    if summary.class_order_source == "assumed":
        order = ", ".join(summary.class_order)
        warnings.append(
            Reason(
                "class_order_assumed",
                f"Nothing states the class order of this checkpoint. [{order}] is assumed, as its "
                "documentation says; if that is wrong, REAL and FAKE are swapped.",
                (("order", order),),
            )
        )
    if summary.calibration.get("method") == "none":
        warnings.append(
            Reason(
                "uncalibrated",
                "This checkpoint was never calibrated: its percentages are the network's own and "
                "tend to be too sure.",
            )
        )
    return warnings


class _Meter:
    """Joins both stages' progress; speaks at most ten times a second."""

    def __init__(self, expected_frames: int | None, emit: Callable[[Event], None]) -> None:
        self._expected = expected_frames
        self._emit = emit
        self._lock = threading.Lock()
        self._found = 0
        self._scored = 0
        self._started = time.perf_counter()
        self._spoke = 0.0

    def advance(self, stage: Stage, frames: int) -> None:
        with self._lock:
            if stage == "faces":
                self._found += frames
            else:
                self._scored += frames
            now = time.perf_counter()
            if now - self._spoke < 0.1:
                return
            self._spoke = now
            total = max(self._expected or 0, self._found)
            known = self._expected is not None
            fraction = 0.5 * (self._found + self._scored) / total if known else 0.0
            elapsed = now - self._started
            remaining = (
                elapsed * (1 - fraction) / fraction if fraction > 0.05 and elapsed > 0.5 else None
            )
            done = self._found if stage == "faces" else self._scored
        self._emit(Progress(stage, done, total, min(fraction, 1.0), remaining))


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class _Run:
    """The threads and queues of one analysis. ``stop`` ends them all, whatever they wait for."""

    def __init__(
        self,
        video: Video,
        file: CheckpointFile,
        card: Card,
        settings: AnalysisSettings,
        thresholds: Thresholds,
    ) -> None:
        self._video = video
        self._file = file
        self._settings = settings
        self._thresholds = thresholds
        self._stop = CancelToken()
        self._outbox: queue.SimpleQueue[Event | _Failed | Scored] = queue.SimpleQueue()
        self._frames: queue.Queue[SampledFrame | None] = queue.Queue(
            frames_in_flight(video.info.width_px, video.info.height_px)
        )
        self._windows: queue.Queue[FaceSequence | WindowOfFaces | EndOfFaces] = queue.Queue(
            WINDOWS_IN_FLIGHT
        )
        self._plan = video.plan(
            mode=settings.sampling,
            frames=settings.frames,
            budget_frames=settings.budget_frames,
        )
        self._meter = _Meter(self._plan.expected_frames, self._outbox.put)
        self._faces = FaceStage(FaceFinder.of(settings), card, self._outbox.put)
        self._decode_s = 0.0
        self._load_s = 0.0
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (
                ("decode", self._decode),
                ("faces", self._find_faces),
                ("network", self._run_network),
            )
        ]

    def events(self, cancel: CancelToken) -> Generator[Event, None, Scored]:
        """Start, pass events on, and return what was scored."""
        for thread in self._threads:
            thread.start()
        while True:
            cancel.raise_if_cancelled()
            try:
                item = self._outbox.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if isinstance(item, _Failed):
                raise item.error
            if isinstance(item, Scored):
                own = {"decode": self._decode_s, "load": self._load_s}
                return replace(item, timings_s={**own, **item.timings_s})
            yield item

    def stop(self) -> None:
        """Threads look at the token whenever they wait and between two batches; then join."""
        self._stop.cancel()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            pass
        except MemoryError as error:
            failure = DeviceMemoryError(
                "memory ran out while the video was being read",
                path=self._video.info.path,
                remedy="Close other programs and try again.",
            )
            failure.__cause__ = error
            self._outbox.put(_Failed(failure))
        except BaseException as error:
            self._outbox.put(_Failed(error))

    def _decode(self) -> None:
        started = time.perf_counter()
        waited = 0.0
        for sampled in self._video.read(self._plan, self._stop):
            handed = time.perf_counter()
            self._put(self._frames, sampled)
            waited += time.perf_counter() - handed
        self._decode_s = time.perf_counter() - started - waited
        self._put(self._frames, None)

    def _find_faces(self) -> None:
        while (sampled := self._get(self._frames)) is not None:
            if (window := self._faces.add(sampled)) is not None:
                self._put(self._windows, window)
            for sequence in self._faces.grown():
                if self._windows.empty():  # else the network has enough to do
                    self._windows.put_nowait(sequence)
            self._meter.advance("faces", 1)
        last, end = self._faces.finish()
        if last is not None:
            self._put(self._windows, last)
        self._put(self._windows, end)

    def _run_network(self) -> None:
        started = time.perf_counter()
        threads.set_once()  # imports torch
        stage = NetworkStage(
            self._file,
            self._settings.device,
            self._thresholds,
            self._stop,
            self._outbox.put,
            precision=self._settings.precision,
        )
        self._load_s = time.perf_counter() - started
        while not isinstance(item := self._get(self._windows), EndOfFaces):
            if isinstance(item, FaceSequence):
                stage.begin(item)
            else:
                stage.add(item)
                self._meter.advance("network", item.frames)
        self._outbox.put(stage.finish(item))

    def _put(self, target: queue.Queue[_T], item: _T) -> None:
        while True:
            self._stop.raise_if_cancelled()
            with contextlib.suppress(queue.Full):
                return target.put(item, timeout=_POLL_S)

    def _get(self, source: queue.Queue[_T]) -> _T:
        while True:
            self._stop.raise_if_cancelled()
            with contextlib.suppress(queue.Empty):
                return source.get(timeout=_POLL_S)
