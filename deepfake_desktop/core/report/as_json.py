"""An ``Analysis`` as JSON, schema 1. docs/JSON.md explains every key."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepfake_desktop.core.atomic import write_atomically
from deepfake_desktop.core.types import Analysis, FaceBox, Reason, TrackResult

SCHEMA = 1


def to_dict(analysis: Analysis) -> dict[str, Any]:
    """Plain dicts, lists, strings and numbers; the same analysis gives the same dict."""
    checkpoint = asdict(analysis.checkpoint)
    return {
        "schema": SCHEMA,
        "created_utc": analysis.created_utc,
        "video": {
            **asdict(analysis.video),
            "path": str(analysis.video.path),
            "metadata": dict(analysis.video.metadata),
        },
        "settings": {
            **asdict(analysis.settings),
            "checkpoint": _text(analysis.settings.checkpoint),
        },
        "checkpoint": {**checkpoint, "path": str(analysis.checkpoint.path)},
        "verdict": {
            "label": analysis.verdict.label,
            "confidence": analysis.verdict.confidence,
            "p_fake": analysis.verdict.p_fake,
            "reasons": [_reason(reason) for reason in analysis.verdict.reasons],
        },
        "tracks": [_track(track) for track in analysis.tracks],
        "frames": {
            "examined": analysis.frames.examined,
            "with_face": analysis.frames.with_face,
            "times_s": list(analysis.frame_times_s),
        },
        "device": analysis.device,
        "self_test": asdict(analysis.self_test),
        "timings_s": {key: round(value, 3) for key, value in analysis.timings_s.items()},
        "warnings": [_reason(warning) for warning in analysis.warnings],
        "software": dict(analysis.software),
    }


def to_json(analysis: Analysis) -> str:
    return json.dumps(to_dict(analysis), indent=2, ensure_ascii=False) + "\n"


def write_json(analysis: Analysis, path: Path) -> None:
    """Write all or nothing.

    Raises:
        OutputError: if the file cannot be written.
    """
    write_atomically(path, to_json(analysis).encode())


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _reason(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "text": reason.text, "values": dict(reason.values)}


def _track(track: TrackResult) -> dict[str, Any]:
    return {
        "id": track.id,
        "first_s": track.first_s,
        "last_s": track.last_s,
        "p_fake": track.p_fake,
        "logit": track.logit,
        "frames": track.frames,
        "median_face_px": track.median_face_px,
        "sharpness": track.sharpness,
        "notes": [_reason(note) for note in track.notes],
        "windows": [
            {
                "start_s": window.start_s,
                "end_s": window.end_s,
                "p_fake": window.p_fake,
                "logit": window.logit,
                "frame_times_s": list(window.frame_times_s),
            }
            for window in track.windows
        ],
        "boxes": [
            {"time_s": timed.time_s, "detected": timed.detected, **_box(timed.box)}
            for timed in track.boxes
        ],
    }


def _box(box: FaceBox) -> dict[str, float]:
    return {key: round(value, 2) for key, value in asdict(box).items()}
