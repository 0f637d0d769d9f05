"""What the threads of an analysis do: frames to faces, faces to scores.

Both stages are plain objects without threads of their own; ``analysis`` runs them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.checkpoints import CheckpointFile
from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.faces import FaceFinder, eyes_and_nose
from deepfake_desktop.core.inference import LARGEST_BATCH, device_name, open_scorer
from deepfake_desktop.core.media import SampledFrame
from deepfake_desktop.core.patches import PATCH_EVERY, Patch, PatchPair, cut_patch
from deepfake_desktop.core.traces import Floats, TraceMeter, is_noisy, summarise, surroundings
from deepfake_desktop.core.tracking import FaceTracker, SeenFace
from deepfake_desktop.core.types import (
    CancelToken,
    CheckpointSummary,
    Device,
    Event,
    FaceSeen,
    Image,
    Precision,
    Reason,
    Thresholds,
    TimedBox,
    TrackResult,
    Verdict,
    WindowScore,
    WindowScored,
)
from deepfake_desktop.core.verdict import decide, pool, track_notes

if TYPE_CHECKING:
    from torch import Tensor

_THUMBNAIL_PX = 128
_THUMBNAIL_MARGIN = 0.25
_THUMBNAIL_EVERY_S = 0.4
TRACE_EVERY_S = 0.0599
"""0.06 s, less what times are rounded by: three frames at 50 a second."""
_FEWEST_TRACES = 4
_BURNT_LEVEL = 250

Emit = Callable[[Event], None]


@dataclass(slots=True)
class FaceSequence:
    """Crops of one person in one window, without a cut: one pass of the network."""

    person: int
    crops: list[Image] = field(default_factory=list)
    boxes: list[TimedBox] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    searched: int = 0
    traces: list[Floats] = field(default_factory=list)
    patches: list[PatchPair] = field(default_factory=list)
    patch_before: Patch | None = None
    meter: TraceMeter = field(default_factory=TraceMeter)
    measured_s: float = float("-inf")
    features: list[Tensor] = field(default_factory=list)
    """What the network has made of the first crops while the rest were being looked for."""

    def measure(self, image: Image, place: TimedBox, *, patches: bool = False) -> None:
        """Take the traces of a frame and, where asked for, cut its patch; unless it follows the one
        before too closely: the change between frames is comparable only over like times."""
        if place.time_s - self.measured_s < TRACE_EVERY_S:
            return
        self.measured_s = place.time_s
        around, points = surroundings(image, eyes_and_nose(image, place.box))
        turn = len(self.traces) % PATCH_EVERY
        self.traces.append(self.meter.add(around, points))
        if not patches or turn > 1:
            return
        patch = cut_patch(around, points)
        if turn == 0:
            self.patch_before = patch
        elif self.patch_before is not None:
            self.patches.append(np.stack([self.patch_before, patch]))

    def summary(self) -> Floats | None:
        """Its traces, or None where it is too short to tell."""
        return summarise(self.traces) if len(self.traces) >= _FEWEST_TRACES else None


@dataclass(frozen=True, slots=True)
class WindowOfFaces:
    """All that was found in one window; ``frames`` counts also those without a face."""

    frames: int
    sequences: tuple[FaceSequence, ...]


@dataclass(frozen=True, slots=True)
class EndOfFaces:
    """No more windows come."""

    frame_times_s: tuple[float, ...]
    frames_with_face: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Everything the stages know at the end."""

    checkpoint: CheckpointSummary
    verdict: Verdict
    tracks: tuple[TrackResult, ...]
    frame_times_s: tuple[float, ...]
    frames_with_face: int
    timings_s: dict[str, float]
    warnings: tuple[Reason, ...]
    device: str


class FaceStage:
    """Frames in, windows of cropped faces out."""

    def __init__(self, finder: FaceFinder, card: Card, emit: Emit) -> None:
        self._tracker = FaceTracker(finder)
        self._published = finder.published
        self._card = card
        self._emit = emit
        self._window: int | None = None
        self._frames = 0
        self._sequences: dict[int, FaceSequence] = {}
        self._grown: list[FaceSequence] = []
        self._times: list[float] = []
        self._times_with_face: set[float] = set()
        self._shown: dict[int, float] = {}
        self._seconds = 0.0

    def add(self, sampled: SampledFrame) -> WindowOfFaces | None:
        """Take a frame; returns the window before, when the frame starts a new one."""
        started = time.perf_counter()
        done = None
        if sampled.window != self._window:
            done = self._close()
            self._window = sampled.window
        self._frames += 1
        self._times.append(sampled.frame.time_s)
        self._take(self._tracker.add(sampled.frame))
        self._seconds += time.perf_counter() - started
        return done

    def grown(self) -> list[FaceSequence]:
        """Sequences of the window at hand that have filled another batch of the network since the
        last call."""
        grown, self._grown = self._grown, []
        return grown

    def finish(self) -> tuple[WindowOfFaces | None, EndOfFaces]:
        started = time.perf_counter()
        window = self._close()
        self._seconds += time.perf_counter() - started
        return window, EndOfFaces(tuple(self._times), len(self._times_with_face), self._seconds)

    def _close(self) -> WindowOfFaces | None:
        if not self._frames:
            return None
        self._take(self._tracker.flush())
        window = WindowOfFaces(self._frames, tuple(self._sequences.values()))
        self._frames, self._sequences, self._grown = 0, {}, []
        return window

    def _take(self, faces: list[SeenFace]) -> None:
        for face in faces:
            image, box = face.frame.image, face.place.box
            crop = crop_face(
                image,
                box,
                margin=self._card.crop_margin,
                margin_px=self._card.crop_margin_px,
                size=self._card.image_size,
                published=self._published,
            )
            sequence = self._sequences.setdefault(face.piece, FaceSequence(face.person))
            sequence.crops.append(crop)
            sequence.boxes.append(face.place)
            sequence.sharpness.append(_sharpness(crop))
            if self._card.trace_kinds:
                sequence.measure(image, face.place, patches=self._card.patches)
            sequence.searched += face.searched
            if len(sequence.crops) % LARGEST_BATCH == 0:
                self._grown.append(sequence)
            self._times_with_face.add(face.place.time_s)
            if face.place.detected:
                self._show(face)

    def _show(self, face: SeenFace) -> None:
        time_s = face.place.time_s
        if time_s - self._shown.get(face.person, float("-inf")) < _THUMBNAIL_EVERY_S:
            return
        self._shown[face.person] = time_s
        thumbnail = crop_face(
            face.frame.image, face.place.box, margin=_THUMBNAIL_MARGIN, size=_THUMBNAIL_PX
        )
        self._emit(FaceSeen(face.person, time_s, thumbnail, face.place.box))


@dataclass(slots=True)
class _Evidence:
    """What is known of one person so far."""

    windows: list[WindowScore] = field(default_factory=list)
    boxes: list[TimedBox] = field(default_factory=list)
    sharpness: list[float] = field(default_factory=list)
    overexposed: list[float] = field(default_factory=list)
    noisy: list[bool] = field(default_factory=list)
    """One for each window whose traces could be measured."""
    searched: int = 0


class NetworkStage:
    """Windows of cropped faces in, scores and at the end the verdict out."""

    def __init__(
        self,
        file: CheckpointFile,
        device: Device,
        thresholds: Thresholds,
        cancel: CancelToken,
        emit: Emit,
        *,
        precision: Precision = "exact",
    ) -> None:
        self._scorer = open_scorer(file, device, precision)
        # Not the checkpoint: its network is let go where the scorer must leave the GPU.
        self._summary = self._scorer.checkpoint.summary
        self._calibration = self._scorer.checkpoint.card.calibration
        self._precision = precision
        self._thresholds = thresholds
        self._cancel = cancel
        self._emit = emit
        self._people: dict[int, _Evidence] = {}
        self._seconds = 0.0

    def begin(self, sequence: FaceSequence) -> None:
        """Take what is there of a sequence whose window still grows.

        Raises:
            DeviceMemoryError: if one crop at a time does not fit.
            Cancelled: between two batches.
        """
        started = time.perf_counter()
        self._scorer.begin(sequence.features, sequence.crops, self._cancel)
        self._seconds += time.perf_counter() - started

    def add(self, window: WindowOfFaces) -> None:
        """Score every face of a window.

        Raises:
            DeviceMemoryError: if one crop at a time does not fit.
            Cancelled: between two batches.
        """
        for sequence in window.sequences:
            started = time.perf_counter()
            traces = sequence.summary()
            same = self._scorer.precision == self._precision  # or 16 bits have turned out too few
            logit = self._scorer.logit(
                sequence.crops,
                traces=traces,
                patches=sequence.patches,
                features=sequence.features if same else (),
                cancel=self._cancel,
            )
            self._seconds += time.perf_counter() - started
            times = tuple(box.time_s for box in sequence.boxes)
            score = WindowScore(
                track_id=sequence.person,
                start_s=times[0],
                end_s=times[-1],
                frame_times_s=times,
                logit=logit,
                p_fake=calibrated(logit, self._calibration),
            )
            evidence = self._people.setdefault(sequence.person, _Evidence())
            evidence.windows.append(score)
            evidence.boxes += sequence.boxes
            evidence.sharpness += sequence.sharpness
            evidence.overexposed += map(_overexposed, sequence.crops)
            if traces is not None:
                evidence.noisy.append(is_noisy(traces))
            evidence.searched += sequence.searched
            self._emit(WindowScored(score, decide(self._tracks(), self._thresholds)))

    def finish(self, end: EndOfFaces) -> Scored:
        tracks = self._tracks()
        return Scored(
            checkpoint=self._summary,
            verdict=decide(tracks, self._thresholds),
            tracks=tracks,
            frame_times_s=end.frame_times_s,
            frames_with_face=end.frames_with_face,
            timings_s={"faces": end.seconds, "network": self._seconds},
            warnings=self._scorer.fallbacks,
            device=device_name(self._scorer.device, self._scorer.precision),
        )

    def _tracks(self) -> tuple[TrackResult, ...]:
        return tuple(
            self._track(person, evidence) for person, evidence in sorted(self._people.items())
        )

    def _track(self, person: int, evidence: _Evidence) -> TrackResult:
        logit, p_fake = pool(evidence.windows, self._calibration)
        width = statistics.median(box.box.width_px for box in evidence.boxes)
        sharpness = statistics.median(evidence.sharpness)
        frames = len(evidence.boxes)
        return TrackResult(
            id=person,
            first_s=evidence.windows[0].start_s,
            last_s=max(window.end_s for window in evidence.windows),
            p_fake=p_fake,
            logit=logit,
            windows=tuple(evidence.windows),
            boxes=tuple(sorted(evidence.boxes, key=lambda timed: timed.time_s)),
            frames=frames,
            median_face_px=width,
            sharpness=sharpness,
            notes=track_notes(
                frames=frames,
                median_face_px=width,
                sharpness=sharpness,
                overexposed=statistics.median(evidence.overexposed),
                noisy=sum(evidence.noisy) > len(evidence.noisy) / 2,
                detected_share=sum(box.detected for box in evidence.boxes)
                / max(evidence.searched, 1),
            ),
        )


def _sharpness(crop: Image) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al., 2000), in squared gray levels."""
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())


def _overexposed(crop: Image) -> float:
    """The share of pixels with a colour at its limit, in the middle half of the crop each way."""
    height, width = crop.shape[0] // 4, crop.shape[1] // 4
    return float((crop[height:-height, width:-width].max(axis=2) >= _BURNT_LEVEL).mean())
