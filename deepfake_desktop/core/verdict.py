"""From scores to words: when it is FAKE, when REAL, and when neither may be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepfake_desktop.core.cards import calibrated
from deepfake_desktop.core.types import Label, Reason, Thresholds, TrackResult, Verdict, WindowScore

FEWEST_FRAMES = 5
SMALL_FACE_PX = 64.0
TOO_SMALL_FACE_PX = 36.0
BLURRED_SHARPNESS = 30.0
"""Of the measuring clips' real faces, 90 % begin above; blurred by 2 pixels, 75 % end below."""
OVEREXPOSED_SHARE = 0.1
"""Of 112 clips' faces none holds more than .07 of pixels at their limit; made 1.8 times as bright,
95 % hold more than .12."""
MOSTLY_UNSEEN_SHARE = 0.5
_DISAGREEING_SHARE = 1 / 3


def pool(windows: Sequence[WindowScore], calibration: Mapping[str, Any]) -> tuple[float, float]:
    """(logit, calibrated P(fake)) of a face: its windows' mean logit, weighted by frames."""
    frames = sum(len(window.frame_times_s) for window in windows)
    logit = sum(window.logit * len(window.frame_times_s) for window in windows) / frames
    return logit, calibrated(logit, calibration)


def track_notes(
    *,
    frames: int,
    median_face_px: float,
    sharpness: float,
    detected_share: float,
    overexposed: float,
    noisy: bool,
) -> tuple[Reason, ...]:
    """Facts about a face that make its score less certain."""
    notes = []
    if frames < FEWEST_FRAMES:
        notes.append(
            Reason(
                "few_frames",
                f"The face was seen in only {frames} of the examined frames.",
                (("frames", frames),),
            )
        )
    if median_face_px < SMALL_FACE_PX:
        notes.append(
            Reason(
                "small_face",
                f"The face is small, {median_face_px:.0f} pixels wide.",
                (("face_px", round(median_face_px)),),
            )
        )
    if sharpness < BLURRED_SHARPNESS:
        notes.append(Reason("blurred_face", "The face is blurred; fine traces may be lost."))
    if overexposed > OVEREXPOSED_SHARE:
        notes.append(
            Reason(
                "overexposed_face",
                f"The face is overexposed: {overexposed:.0%} of it is as bright as can be.",
                (("share", round(overexposed, 3)),),
            )
        )
    if noisy:
        notes.append(
            Reason("noisy_face", "The face is noisy, and noise makes fakes look like camera video.")
        )
    if detected_share < MOSTLY_UNSEEN_SHARE:
        notes.append(
            Reason(
                "turned_away",
                "The face is often turned away or covered; it was followed, not detected, in "
                f"{1 - detected_share:.0%} of the searched frames.",
                (("share", round(1 - detected_share, 3)),),
            )
        )
    return tuple(notes)


def decide(tracks: Sequence[TrackResult], thresholds: Thresholds) -> Verdict:
    """The verdict on a video: that of its most suspicious face among those seen best.

    A face that is small, blurred, turned away or barely seen decides only where no clear one is.

    FAKE at or above ``thresholds.fake``, REAL at or below ``thresholds.real``. INCONCLUSIVE in
    between, when the evidence is thin, or when a third of the windows say the opposite.
    """
    if not tracks:
        return Verdict(
            "NO FACE",
            None,
            None,
            (
                Reason(
                    "no_face",
                    "No face was found in the examined frames. Faces must be turned towards the "
                    "camera and not be tiny.",
                ),
            ),
        )
    clear = [track for track in tracks if not track.notes]
    sound = [track for track in tracks if not _thin(track, thresholds)]
    deciding = max(clear or sound or tracks, key=lambda track: track.p_fake)
    p_fake = deciding.p_fake
    reasons: list[Reason] = []
    if len(tracks) > 1:
        reasons.append(
            Reason(
                "most_suspicious_of",
                f"{len(tracks)} people were scored on their own; person {deciding.id} decides, "
                "as the most suspicious one.",
                (("people", len(tracks)), ("id", deciding.id)),
            )
        )
    unclear = max(
        (track for track in tracks if track.p_fake > deciding.p_fake),
        key=lambda track: track.p_fake,
        default=None,
    )
    if unclear is not None and unclear.p_fake >= thresholds.fake:
        reasons.append(
            Reason(
                "unclear_suspicious",
                f"Person {unclear.id} scores {unclear.p_fake:.0%} fake, but is seen too poorly to "
                "decide.",
                (("id", unclear.id), ("p_fake", round(unclear.p_fake, 4))),
            )
        )
    thin = _thin(deciding, thresholds)
    if thin is not None:
        return Verdict("INCONCLUSIVE", None, p_fake, (thin, *reasons, *_others(deciding, thin)))

    fakes = sum(window.p_fake >= thresholds.fake for window in deciding.windows)
    reals = sum(window.p_fake <= thresholds.real for window in deciding.windows)
    count = len(deciding.windows)
    label: Label
    if p_fake >= thresholds.fake:
        label, agreeing, against = "FAKE", fakes, reals
    elif p_fake <= thresholds.real:
        label, agreeing, against = "REAL", reals, fakes
    else:
        between = Reason(
            "between_thresholds",
            f"The score, {p_fake:.0%} fake, lies between what this checkpoint calls REAL "
            f"(up to {thresholds.real:.0%}) and FAKE (from {thresholds.fake:.0%}).",
            (
                ("p_fake", round(p_fake, 4)),
                ("real", thresholds.real),
                ("fake", thresholds.fake),
            ),
        )
        return Verdict("INCONCLUSIVE", None, p_fake, (between, *reasons, *deciding.notes))
    if count > 1 and against >= _DISAGREEING_SHARE * count:
        split = Reason(
            "windows_disagree",
            f"The windows disagree: {fakes} of {count} look fake, {reals} look real.",
            (("windows", count), ("fake", fakes), ("real", reals)),
        )
        return Verdict("INCONCLUSIVE", None, p_fake, (split, *reasons, *deciding.notes))
    word = "manipulated" if label == "FAKE" else "authentic"
    agree = Reason(
        f"windows_{label.lower()}",
        f"{agreeing} of {count} windows look {word}."
        if count > 1
        else f"The one window that was examined looks {word}.",
        (("windows", count), ("agreeing", agreeing)),
    )
    extra = []
    if label == "REAL" and against:
        worst = max(deciding.windows, key=lambda window: window.p_fake)
        extra.append(
            Reason(
                "suspicious_moment",
                f"Look at {worst.start_s:.1f} to {worst.end_s:.1f} s: that window alone scores "
                f"{worst.p_fake:.0%} fake.",
                (
                    ("start_s", worst.start_s),
                    ("end_s", worst.end_s),
                    ("p_fake", round(worst.p_fake, 4)),
                ),
            )
        )
    confidence = p_fake if label == "FAKE" else 1.0 - p_fake
    return Verdict(label, confidence, p_fake, (agree, *extra, *reasons, *deciding.notes))


def _thin(track: TrackResult, thresholds: Thresholds) -> Reason | None:
    """The first reason why a face cannot carry a verdict. Softness is what most fakes are told by,
    so a face that is blurred as a whole, or burnt out, is not called FAKE for it, nor a noisy one
    REAL (docs/adr/0023, 0026, 0027)."""
    for note in track.notes:
        if note.code == "few_frames":
            return note
        if note.code in ("blurred_face", "overexposed_face") and track.p_fake >= thresholds.fake:
            return note
        if note.code == "noisy_face" and track.p_fake <= thresholds.real:
            return note
        if note.code == "small_face" and track.median_face_px < TOO_SMALL_FACE_PX:
            return note
    return None


def _others(track: TrackResult, told: Reason) -> tuple[Reason, ...]:
    return tuple(note for note in track.notes if note is not told)
