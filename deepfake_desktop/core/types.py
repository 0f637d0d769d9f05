"""Every type that travels through the program, with units in the names.

All are frozen: a value that has left its maker never changes, so it may cross threads. Images are
NumPy arrays, RGB, uint8, height x width x 3, unless a name says otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.errors import Cancelled

Image = npt.NDArray[np.uint8]
Label = Literal["FAKE", "REAL", "INCONCLUSIVE", "NO FACE"]
Sampling = Literal["spread", "opening", "every"]
Detector = Literal["hog", "cnn"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "exact"]
Stage = Literal["open", "frames", "faces", "network", "verdict"]
ClassOrderSource = Literal["card", "known file", "assumed"]

SEQUENCE_LENGTHS: tuple[int, ...] = (10, 20, 40, 60, 80, 100)


class CancelToken:
    """One per job; checked once per frame and once per batch."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raises:
        Cancelled: if ``cancel`` was called.
        """
        if self._event.is_set():
            raise Cancelled


# --- the video ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioStream:
    codec: str
    channels: int
    sample_rate_hz: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the container says of itself. Sizes are those of the upright, displayed picture."""

    path: Path
    container: str
    codec: str
    pixel_format: str
    width_px: int
    height_px: int
    rotation_deg: int
    duration_s: float | None
    frame_rate_hz: float | None
    frame_count: int | None
    audio: tuple[AudioStream, ...]
    metadata: tuple[tuple[str, str], ...]
    file_size_bytes: int
    sha256: str | None = None
    """Known once the whole file has been read: in an ``Analysis`` always, in ``Opened`` not yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded, upright picture. ``time_s`` is its exact presentation time from the start."""

    time_s: float
    image: Image


# --- faces -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Pixels of the full frame; right and bottom are exclusive."""

    left_px: float
    top_px: float
    right_px: float
    bottom_px: float

    @property
    def width_px(self) -> float:
        return self.right_px - self.left_px

    @property
    def height_px(self) -> float:
        return self.bottom_px - self.top_px


@dataclass(frozen=True, slots=True)
class TimedBox:
    """Where a track's face is at one moment. ``detected`` is false where the box was tracked."""

    time_s: float
    box: FaceBox
    detected: bool


# --- scores ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WindowScore:
    """One pass of the network over consecutive sampled frames of one face.

    ``logit`` is the uncalibrated log-odds of fake (fake minus real logit of the network, and where
    the checkpoint reads traces, their part);
    ``p_fake`` the calibrated probability.
    """

    track_id: int
    start_s: float
    end_s: float
    frame_times_s: tuple[float, ...]
    logit: float
    p_fake: float


@dataclass(frozen=True, slots=True)
class TrackResult:
    """All about one person. ``sharpness`` is the median variance of the crops' Laplacian."""

    id: int
    first_s: float
    last_s: float
    p_fake: float
    logit: float
    windows: tuple[WindowScore, ...]
    boxes: tuple[TimedBox, ...]
    frames: int
    median_face_px: float
    sharpness: float
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is what it is. ``code`` is stable; ``text`` is plain English.

    ``values`` holds the figures of the sentence, so that a window can say it in its own language.
    """

    code: str
    text: str
    values: tuple[tuple[str, float | int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """``confidence`` is the calibrated probability of ``label``; None for the two without one."""

    label: Label
    confidence: float | None
    p_fake: float | None
    reasons: tuple[Reason, ...]


# --- the checkpoint ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Thresholds:
    """REAL at or below ``real``, FAKE at or above ``fake``; both are calibrated P(fake)."""

    real: float = 0.5
    fake: float = 0.5


@dataclass(frozen=True, slots=True)
class CheckpointSummary:
    """What a result says of the checkpoint that made it."""

    name: str
    path: Path
    sha256: str
    frames: int
    accuracy: float
    class_order: tuple[str, ...]
    class_order_source: ClassOrderSource
    backbone: str
    trace_kinds: tuple[str, ...]
    """The kinds of manipulation it reads from traces beside the network; empty: it reads none."""
    patches: bool
    """Whether it looks at the face in the picture's own pixels, too."""
    temporal: str
    licence: str
    image_size: int
    thresholds: Thresholds
    calibration: Mapping[str, Any]
    metrics: Mapping[str, Any]


# --- request and result ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """Everything a user may choose. Each field explains itself to the dialog that it generates."""

    frames: int = field(
        default=20,
        metadata={
            "label": "Sequence length",
            "help": "Consecutive sampled frames the network reads at once.",
            "suggestions": SEQUENCE_LENGTHS,
            "minimum": 1,
            "maximum": 1000,
        },
    )
    exact_frames: bool = field(
        default=False,
        metadata={
            "label": "Insist on this length",
            "help": "Fail when no checkpoint was trained for exactly this sequence length.",
        },
    )
    checkpoint: Path | None = field(
        default=None,
        metadata={
            "label": "Checkpoint",
            "help": "Automatic picks the most accurate one for the sequence length.",
        },
    )
    sampling: Sampling = field(
        default="spread",
        metadata={
            "label": "Sampling",
            "help": "spread: windows over the whole video. opening: the first frames only. "
            "every: all frames, slow.",
            "choices": ("spread", "opening", "every"),
        },
    )
    budget_frames: int = field(
        default=240,
        metadata={
            "label": "Frame budget",
            "help": "At most this many frames are examined when sampling is spread.",
            "minimum": 10,
            "maximum": 100_000,
        },
    )
    detector: Detector = field(
        default="hog",
        metadata={
            "label": "Face detector",
            "help": "hog: fast on any machine. cnn: finds more profiles, slow without a GPU.",
            "choices": ("hog", "cnn"),
        },
    )
    device: Device = field(
        default="auto",
        metadata={
            "label": "Device",
            "help": "auto takes a GPU where there is one.",
            "choices": ("auto", "cpu", "cuda", "mps"),
        },
    )
    precision: Precision = field(
        default="auto",
        metadata={
            "label": "Precision",
            "help": "Automatic computes in 16 bits where the device does so natively: quicker, and "
            "probabilities move a little. Exact computes in 32 bits everywhere.",
            "choices": ("auto", "exact"),
        },
    )
    threshold_real: float | None = field(
        default=None,
        metadata={
            "label": "REAL up to",
            "help": "Probability of fake up to which a video is called REAL. "
            "Empty: the checkpoint's own.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )
    threshold_fake: float | None = field(
        default=None,
        metadata={
            "label": "FAKE from",
            "help": "Probability of fake from which a video is called FAKE. "
            "Empty: the checkpoint's own.",
            "minimum": 0.0,
            "maximum": 1.0,
        },
    )


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What goes down into the engine: paths, a snapshot of the settings, and the job's id."""

    path: Path
    settings: AnalysisSettings = AnalysisSettings()
    models_dir: Path | None = None
    job_id: int = 0


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Whether this installation still gives a checkpoint's released scores for the samples.

    ``not covered``: no scores are stored for these weights, so nothing can be compared. ``details``
    are the single comparisons, one line each, in plain English.
    """

    result: Literal["passed", "failed", "not covered", "not run"] = "not run"
    tested_utc: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameCounts:
    examined: int
    with_face: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """The only input of the result panel, the history and every report."""

    video: VideoInfo
    settings: AnalysisSettings
    checkpoint: CheckpointSummary
    verdict: Verdict
    tracks: tuple[TrackResult, ...]
    frames: FrameCounts
    frame_times_s: tuple[float, ...]
    timings_s: Mapping[str, float]
    warnings: tuple[Reason, ...]
    software: Mapping[str, str]
    device: str
    created_utc: str
    self_test: SelfTest = SelfTest()


# --- events, upward ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """The first event: the file is a video, and this checkpoint will examine it."""

    video: VideoInfo
    checkpoint: CheckpointSummary
    warnings: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` units of ``stage``; ``fraction`` of the whole job, 0 to 1."""

    stage: Stage
    done: int
    total: int
    fraction: float
    remaining_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceSeen:
    """A face as it is found; ``thumbnail`` is RGB uint8, at most 160 px a side."""

    track_id: int
    time_s: float
    thumbnail: Image
    box: FaceBox


@dataclass(frozen=True, slots=True)
class WindowScored:
    """A score as it is made, with the verdict as far as it is known.

    ``preliminary`` is None where no verdict may be given yet: its self-test has not passed.
    """

    window: WindowScore
    preliminary: Verdict | None


@dataclass(frozen=True, slots=True)
class Finished:
    analysis: Analysis


Event = Opened | Progress | FaceSeen | WindowScored | Finished
