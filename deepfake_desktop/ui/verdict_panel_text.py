"""What the verdict panel says: sentences and rows made of an analysis. No widgets here.

The words stay below what was measured: a calibrated probability is a degree of confidence, an
uncalibrated one is named as such, and no single score is called a fact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from PySide6.QtCore import QCoreApplication, QLocale

from deepfake_desktop.core.types import (
    Analysis,
    CheckpointSummary,
    Thresholds,
    TrackResult,
    Verdict,
    VideoInfo,
)
from deepfake_desktop.ui import formats, wording
from deepfake_desktop.ui.timeline import limits

HIGH, MODERATE = 0.95, 0.8

translate = QCoreApplication.translate


class Row(NamedTuple):
    """One line of the facts; ``detail`` is its tooltip."""

    name: str
    value: str
    detail: str = ""


def is_calibrated(checkpoint: CheckpointSummary | None) -> bool:
    return checkpoint is not None and checkpoint.calibration.get("method", "none") != "none"


def confidence(verdict: Verdict, *, calibrated: bool) -> str:
    """In words and percent, or why there is none."""
    if verdict.label == "NO FACE":
        return translate("VerdictPanel", "nothing to score")
    if verdict.confidence is None:
        if verdict.p_fake is None:
            return translate("VerdictPanel", "no verdict can be given")
        return translate("VerdictPanel", "no verdict can be given, score {0} of 1").format(
            formats.score(verdict.p_fake)
        )
    share = wording.percent(verdict.confidence)
    if not calibrated:
        return translate("VerdictPanel", "{0}, not calibrated: probably too sure").format(share)
    if verdict.confidence >= HIGH:
        text = translate("VerdictPanel", "high confidence, {0} (calibrated)")
    elif verdict.confidence >= MODERATE:
        text = translate("VerdictPanel", "moderate confidence, {0} (calibrated)")
    else:
        text = translate("VerdictPanel", "low confidence, {0} (calibrated)")
    return text.format(share)


def why(analysis: Analysis) -> str:
    """One sentence: who, and where in the video."""
    verdict, tracks, thresholds = analysis.verdict, analysis.tracks, limits(analysis)
    if verdict.label == "FAKE":
        suspects = [track for track in tracks if track.p_fake >= thresholds.fake]
        if suspects:
            return _suspects(suspects, tracks, thresholds)
    if verdict.label == "REAL" and tracks:
        if len(tracks) == 1:
            return translate(
                "VerdictPanel", "{0} shows no sign of manipulation that this checkpoint knows."
            ).format(formats.person_name(tracks[0].id))
        return translate(
            "VerdictPanel",
            "None of the {0} people shows a sign of manipulation that this checkpoint knows.",
        ).format(len(tracks))
    if verdict.reasons:
        return wording.reason(verdict.reasons[0])
    return ""


def _suspects(
    suspects: list[TrackResult], tracks: tuple[TrackResult, ...], thresholds: Thresholds
) -> str:
    first = max(suspects, key=lambda track: track.p_fake)
    windows = [window for window in first.windows if window.p_fake >= thresholds.fake]
    if len(suspects) > 1:
        names = ", ".join(formats.person_name(track.id) for track in suspects)
        return translate("VerdictPanel", "{0} look manipulated.").format(names)
    name = formats.person_name(first.id)
    if windows and len(windows) < len(first.windows):
        sentence = translate("VerdictPanel", "{0} looks manipulated between {1} and {2}").format(
            name,
            formats.clock(min(window.start_s for window in windows)),
            formats.clock(max(window.end_s for window in windows)),
        )
    else:
        sentence = translate("VerdictPanel", "{0} looks manipulated in every window").format(name)
    others = len(tracks) - 1
    if others == 0:
        return f"{sentence}."
    clean = [track for track in tracks if track.p_fake <= thresholds.real]
    if others == 1 and clean:
        tail = translate("VerdictPanel", "{0} shows no sign of it.")
        return f"{sentence}; {tail.format(formats.person_name(clean[0].id))}"
    tail = translate("VerdictPanel", "{0} of the other people do not.")
    return f"{sentence}; {tail.format(others)}" if len(clean) == others else f"{sentence}."


def reasons(analysis: Analysis) -> list[str]:
    """The reasons that the sentence above does not say already."""
    sentence = why(analysis)
    told = [wording.reason(one) for one in analysis.verdict.reasons]
    return [text for text in told if text != sentence]


def video_row(video: VideoInfo) -> Row:
    parts = [f"{video.width_px}\u00d7{video.height_px}"]
    if video.duration_s:
        parts.append(formats.clock(video.duration_s))
    parts.append(video.codec)
    if video.frame_rate_hz:
        rate = QLocale().toString(video.frame_rate_hz, "f", 2).rstrip("0").rstrip(".,")
        parts.append(translate("VerdictPanel", "{0} fps").format(rate))
    parts.append(wording.file_size(video.file_size_bytes))
    return Row(translate("VerdictPanel", "Video"), " \u00b7 ".join(parts), str(video.path))


def checkpoint_rows(checkpoint: CheckpointSummary, thresholds: Thresholds) -> list[Row]:
    rows = [Row(translate("VerdictPanel", "Model"), checkpoint.name, str(checkpoint.path))]
    if evidence := wording.evidence(checkpoint):
        rows.append(
            Row(
                translate("VerdictPanel", "Traces"),
                evidence,
                translate(
                    "VerdictPanel",
                    "What it reads from fine detail in the picture's own resolution, "
                    "beside the network",
                ),
            )
        )
    measured = measured_figures(checkpoint.metrics)
    named = translate("VerdictPanel", "its file name says {0} accuracy").format(
        wording.percent(checkpoint.accuracy / 100)
    )
    if measured:
        rows.append(Row(translate("VerdictPanel", "Measured"), measured, named))
    else:
        rows.append(
            Row(
                translate("VerdictPanel", "Measured"),
                translate("VerdictPanel", "no figures in its card; {0}").format(named),
            )
        )
    rows.append(
        Row(
            translate("VerdictPanel", "Thresholds"),
            translate("VerdictPanel", "REAL up to {0}, FAKE from {1}").format(
                wording.percent(thresholds.real), wording.percent(thresholds.fake)
            ),
        )
    )
    rows.append(Row(translate("VerdictPanel", "Model SHA-256"), checkpoint.sha256))
    return rows


def measured_figures(metrics: Mapping[str, Any]) -> str:
    """The areas under the ROC curve that a card states: over all fakes first, worst kind last."""
    found: dict[str, float] = {}
    families = metrics.get("measured")
    if isinstance(families, Mapping):
        for family, row in families.items():
            value = _number(row.get("auc")) if isinstance(row, Mapping) else None
            if value is not None:
                found[str(family)] = value
    overall = _number(metrics.get("auc"))
    if not found and overall is not None:
        return f"AUC {QLocale().toString(overall, 'f', 2)}"
    ordered = sorted(found.items(), key=lambda item: (item[0] != "all", -item[1]))
    if not ordered:
        return ""
    figures = ", ".join(
        f"{wording.kind(name)} {QLocale().toString(value, 'f', 2)}" for name, value in ordered
    )
    return f"AUC: {figures}"


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return _number(value.get("value"))
    if isinstance(value, list | tuple) and value:
        return _number(value[0])
    return None


def examined_rows(analysis: Analysis) -> list[Row]:
    settings = analysis.settings
    windows = translate("VerdictPanel", "none")
    if count := sum(len(track.windows) for track in analysis.tracks):
        windows = translate("VerdictPanel", "{0}, each of {1} frames, {2}").format(
            QLocale().toString(count), settings.frames, _inside(wording.choice(settings.sampling))
        )
    rows = [
        video_row(analysis.video),
        Row(
            translate("VerdictPanel", "Frames"),
            translate("VerdictPanel", "{0} examined, {1} with a face").format(
                QLocale().toString(analysis.frames.examined),
                QLocale().toString(analysis.frames.with_face),
            ),
        ),
        Row(translate("VerdictPanel", "Windows"), windows),
        *checkpoint_rows(analysis.checkpoint, limits(analysis)),
    ]
    if analysis.self_test.result != "not run":
        told = wording.self_test(analysis.self_test)
        details = "\n".join(analysis.self_test.details)
        rows.append(Row(translate("VerdictPanel", "Self-test"), told, details))
    if analysis.video.sha256:
        rows.append(Row(translate("VerdictPanel", "Video SHA-256"), analysis.video.sha256))
    device = wording.device(analysis.device)
    total = analysis.timings_s.get("total")
    if total is not None:
        seconds = QLocale().toString(total, "f", 1)
        device = translate("VerdictPanel", "{0}, {1} s").format(device, seconds)
    rows.append(Row(translate("VerdictPanel", "Computed on"), device))
    return rows


def _inside(words: str) -> str:
    """As they stand inside a sentence."""
    return words[:1].lower() + words[1:]


def what_it_cannot_say() -> str:
    return translate(
        "VerdictPanel",
        "This is no proof on its own. The program judges faces only, not voices, words or scenes. "
        "New kinds of manipulation, small or blurred faces and strong compression can mislead it "
        "in both directions.",
    )


def setting_differences(first: Analysis, other: Analysis) -> str:
    """What the other run did differently, shortly."""
    parts: list[str] = []
    one, two = first.settings, other.settings
    if one.frames != two.frames:
        text = translate("VerdictPanel", "{0} frames").format(two.frames)
        parts.append(text)
    parts.extend(
        wording.choice(getattr(two, name))
        for name in ("sampling", "detector", "device", "precision")
        if getattr(one, name) != getattr(two, name)
    )
    if one.budget_frames != two.budget_frames:
        text = translate("VerdictPanel", "budget {0}").format(two.budget_frames)
        parts.append(text)
    if limits(first) != limits(other):
        used = limits(other)
        parts.append(
            translate("VerdictPanel", "limits {0}, {1}").format(
                wording.percent(used.real), wording.percent(used.fake)
            )
        )
    if first.checkpoint.sha256 != other.checkpoint.sha256:
        parts.append(other.checkpoint.name)
    return " \u00b7 ".join(parts) or translate("VerdictPanel", "same settings")
