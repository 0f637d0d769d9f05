"""Results as the engine would give them, for the views' tests. Nothing here is measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepfake_desktop.core.types import (
    Analysis,
    AnalysisSettings,
    AudioStream,
    CheckpointSummary,
    FaceBox,
    FaceSeen,
    FrameCounts,
    Label,
    Opened,
    Reason,
    Thresholds,
    TimedBox,
    TrackResult,
    Verdict,
    VideoInfo,
    WindowScore,
)

THRESHOLDS = Thresholds(real=0.35, fake=0.75)


def video(
    path: Path = Path("press_conference_final.mp4"), *, duration_s: float = 72.0
) -> VideoInfo:
    return VideoInfo(
        path=path,
        container="mov,mp4,m4a",
        codec="h264",
        pixel_format="yuv420p",
        width_px=1920,
        height_px=1080,
        rotation_deg=0,
        duration_s=duration_s,
        frame_rate_hz=29.97,
        frame_count=round(duration_s * 29.97),
        audio=(AudioStream("aac", 2, 48_000),),
        metadata=(),
        file_size_bytes=31_457_280,
        sha256="9f3c71aa" + "0" * 52 + "04de",
    )


def checkpoint(**changes: object) -> CheckpointSummary:
    result = CheckpointSummary(
        name="model_90_acc_20_frames_own_data.pt",
        path=Path("models/model_90_acc_20_frames_own_data.pt"),
        sha256="ab" * 32,
        frames=20,
        accuracy=90.0,
        class_order=("fake", "real"),
        class_order_source="card",
        backbone="efficientnet_lite0",
        trace_kinds=(),
        patches=False,
        temporal="sequence",
        licence="MIT",
        image_size=224,
        thresholds=THRESHOLDS,
        calibration={"method": "platt", "scale": 0.8, "offset": 0.1},
        metrics={"auc": 0.93, "ece": 0.04},
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def window(track_id: int, start_s: float, p_fake: float, *, length_s: float = 1.6) -> WindowScore:
    p = min(0.9999, max(0.0001, p_fake))
    times = tuple(start_s + length_s * step / 20 for step in range(20))
    return WindowScore(track_id, start_s, start_s + length_s, times, math.log(p / (1 - p)), p_fake)


def track(
    track_id: int,
    scores: Sequence[float],
    *,
    first_s: float = 0.0,
    pitch_s: float = 2.5,
    length_s: float = 1.6,
    box: FaceBox | None = None,
    notes: tuple[Reason, ...] = (),
) -> TrackResult:
    """Windows every ``pitch_s`` from ``first_s`` on, with a box every 0.08 s inside each."""
    windows = tuple(
        window(track_id, first_s + index * pitch_s, score, length_s=length_s)
        for index, score in enumerate(scores)
    )
    place = box or FaceBox(400.0 * track_id, 200.0, 400.0 * track_id + 240, 500.0)
    boxes = []
    for one in windows:
        for time_s in one.frame_times_s:
            shift = 40 * math.sin(time_s / 3)
            moved = FaceBox(
                place.left_px + shift, place.top_px, place.right_px + shift, place.bottom_px
            )
            boxes.append(TimedBox(time_s, moved, detected=True))
    p_fake = sum(scores) / len(scores)
    return TrackResult(
        id=track_id,
        first_s=boxes[0].time_s,
        last_s=boxes[-1].time_s,
        p_fake=p_fake,
        logit=math.log(max(1e-4, p_fake) / max(1e-4, 1 - p_fake)),
        windows=windows,
        boxes=tuple(boxes),
        frames=len(boxes),
        median_face_px=196.0,
        sharpness=130.0,
        notes=notes,
    )


def two_people() -> tuple[TrackResult, TrackResult]:
    one = [0.3 if i < 2 else 0.6 if i < 5 else 0.87 + 0.11 * math.sin(i) for i in range(28)]
    other = [0.08 + 0.12 * abs(math.sin(i)) for i in range(20)]
    return track(1, one), track(2, other, first_s=21.0)


def analysis(
    label: Label = "FAKE",
    *,
    tracks: tuple[TrackResult, ...] | None = None,
    confidence: float | None = 0.96,
    reasons: tuple[Reason, ...] | None = None,
    **changes: object,
) -> Analysis:
    found = two_people() if tracks is None else tracks
    if label in ("INCONCLUSIVE", "NO FACE"):
        confidence = None
    p_fake = {"FAKE": confidence, "REAL": 1 - (confidence or 0), "INCONCLUSIVE": 0.55}.get(label)
    default = {
        "FAKE": (
            Reason("windows_fake", "20 of 28 windows look manipulated."),
            Reason(
                "most_suspicious_of",
                "2 people were scored on their own; person 1 decides, as the most suspicious one.",
            ),
        ),
        "REAL": (Reason("windows_real", "All 20 windows look authentic."),),
        "INCONCLUSIVE": (
            Reason("windows_disagree", "The windows disagree: 9 of 20 look fake, 8 look real."),
            Reason("small_face", "The face is small, 41 pixels wide."),
        ),
        "NO FACE": (
            Reason(
                "no_face",
                "No face was found in the examined frames. Faces must be turned towards the "
                "camera and not be tiny.",
            ),
        ),
    }[label]
    result = Analysis(
        video=video(),
        settings=AnalysisSettings(),
        checkpoint=checkpoint(),
        verdict=Verdict(label, confidence, p_fake, default if reasons is None else reasons),
        tracks=() if label == "NO FACE" else found,
        frames=FrameCounts(examined=560, with_face=0 if label == "NO FACE" else 556),
        frame_times_s=tuple(index * 0.08 for index in range(560)),
        timings_s={"total": 24.2},
        warnings=(),
        software={"deepfake_desktop": "0.1.0"},
        device="cpu",
        created_utc="2026-01-05T12:00:00Z",
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def opened() -> Opened:
    return Opened(video(), checkpoint())


def face(track_id: int, time_s: float, *, side: int = 120) -> FaceSeen:
    """A drawn head whose skin differs by person."""
    y, x = np.mgrid[0:side, 0:side] / side
    image = np.empty((side, side, 3), np.uint8)
    image[...] = (70, 84, 100)
    head = ((x - 0.5) / 0.28) ** 2 + ((y - 0.45) / 0.36) ** 2 < 1
    image[head] = [(214, 170, 140), (150, 108, 82), (235, 200, 170)][track_id % 3]
    for eye in (0.4, 0.6):
        image[((x - eye) / 0.045) ** 2 + ((y - 0.4) / 0.03) ** 2 < 1] = (30, 30, 40)
    mouth = 0.62 + 0.02 * math.sin(time_s)
    image[(abs(x - 0.5) < 0.1) & (abs(y - mouth) < 0.015)] = (150, 60, 60)
    return FaceSeen(track_id, time_s, image, FaceBox(400.0, 200.0, 640.0, 500.0))
