from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfake_desktop.core.cards import NO_CALIBRATION, calibrated
from deepfake_desktop.core.types import Thresholds, TrackResult, WindowScore
from deepfake_desktop.core.verdict import decide, pool, track_notes

THRESHOLDS = Thresholds(real=0.3, fake=0.7)


def _window(p_fake: float, *, frames: int = 20, start_s: float = 0.0) -> WindowScore:
    times = tuple(start_s + 0.08 * i for i in range(frames))
    return WindowScore(1, times[0], times[-1], times, logit=0.0, p_fake=p_fake)


def _person(p_fake: float, *windows: float, number: int = 1, **facts: float) -> TrackResult:
    scored = tuple(_window(p, start_s=2.0 * i) for i, p in enumerate(windows or (p_fake,)))
    frames = int(facts.pop("frames", 20 * len(scored)))
    width = facts.pop("face_px", 200.0)
    sharpness = facts.pop("sharpness", 200.0)
    overexposed = facts.pop("overexposed", 0.0)
    noisy = bool(facts.pop("noisy", False))
    return TrackResult(
        id=number,
        first_s=0.0,
        last_s=scored[-1].end_s,
        p_fake=p_fake,
        logit=0.0,
        windows=scored,
        boxes=(),
        frames=frames,
        median_face_px=width,
        sharpness=sharpness,
        notes=track_notes(
            frames=frames,
            median_face_px=width,
            sharpness=sharpness,
            detected_share=1.0,
            overexposed=overexposed,
            noisy=noisy,
        ),
    )


def _codes(track: TrackResult, *more: TrackResult) -> list[str]:
    return [reason.code for reason in decide([track, *more], THRESHOLDS).reasons]


@pytest.mark.parametrize(
    ("p_fake", "label", "confidence"),
    [
        (0.70, "FAKE", 0.70),
        (0.95, "FAKE", 0.95),
        (0.30, "REAL", 0.70),
        (0.02, "REAL", 0.98),
        (0.31, "INCONCLUSIVE", None),
        (0.69, "INCONCLUSIVE", None),
    ],
)
def test_thresholds_decide_and_confidence_is_the_labels_own(
    p_fake: float, label: str, confidence: float | None
) -> None:
    verdict = decide([_person(p_fake)], THRESHOLDS)
    assert verdict.label == label
    assert verdict.confidence == (None if confidence is None else pytest.approx(confidence))
    assert verdict.p_fake == p_fake
    assert verdict.reasons


def test_no_face_is_said_and_has_no_probability() -> None:
    verdict = decide([], THRESHOLDS)
    assert (verdict.label, verdict.confidence, verdict.p_fake) == ("NO FACE", None, None)
    assert verdict.reasons[0].code == "no_face"


def test_the_most_suspicious_person_decides() -> None:
    verdict = decide([_person(0.1), _person(0.9, number=2)], THRESHOLDS)
    assert (verdict.label, verdict.p_fake) == ("FAKE", 0.9)
    assert "most_suspicious_of" in [reason.code for reason in verdict.reasons]


def test_a_person_barely_seen_does_not_decide_over_one_well_seen() -> None:
    verdict = decide([_person(0.1), _person(0.99, number=2, frames=2)], THRESHOLDS)
    assert verdict.label == "REAL"


def test_a_small_face_in_the_background_does_not_decide_but_is_named() -> None:
    verdict = decide([_person(0.1), _person(0.99, number=2, face_px=45.0)], THRESHOLDS)
    assert verdict.label == "REAL"
    assert "unclear_suspicious" in [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize("facts", [{"frames": 3}, {"face_px": 20.0}])
def test_thin_evidence_is_inconclusive_however_sure_the_network_is(
    facts: dict[str, float],
) -> None:
    verdict = decide([_person(0.99, **facts)], THRESHOLDS)
    assert (verdict.label, verdict.confidence) == ("INCONCLUSIVE", None)
    assert verdict.reasons[0].code in ("few_frames", "small_face")


def test_windows_that_disagree_are_inconclusive() -> None:
    verdict = decide([_person(0.75, 0.95, 0.95, 0.1)], THRESHOLDS)
    assert verdict.label == "INCONCLUSIVE"
    assert verdict.reasons[0].code == "windows_disagree"


def test_one_suspicious_moment_among_many_is_pointed_at() -> None:
    codes = _codes(_person(0.1, 0.05, 0.05, 0.05, 0.05, 0.9))
    assert codes[:2] == ["windows_real", "suspicious_moment"]


def test_a_small_face_is_stated_beside_a_verdict() -> None:
    assert _codes(_person(0.9, face_px=50.0)) == ["windows_fake", "small_face"]


def test_notes_tell_what_makes_a_score_uncertain() -> None:
    notes = track_notes(
        frames=2,
        median_face_px=40,
        sharpness=3,
        detected_share=0.2,
        overexposed=0.3,
        noisy=True,
    )
    assert [note.code for note in notes] == [
        "few_frames",
        "small_face",
        "blurred_face",
        "overexposed_face",
        "noisy_face",
        "turned_away",
    ]
    assert "30%" in notes[3].text
    assert not track_notes(
        frames=40,
        median_face_px=150,
        sharpness=300,
        detected_share=0.9,
        overexposed=0.09,
        noisy=False,
    )


@given(scores=st.lists(st.tuples(st.floats(-20, 20), st.integers(1, 100)), min_size=1, max_size=9))
def test_pooling_is_the_mean_over_frames(scores: list[tuple[float, int]]) -> None:
    windows = [replace(_window(0.5, frames=count), logit=logit) for logit, count in scores]
    logit, p_fake = pool(windows, NO_CALIBRATION)
    every_frame = [score for score, count in scores for _ in range(count)]
    assert logit == pytest.approx(sum(every_frame) / len(every_frame), abs=1e-9)
    assert p_fake == calibrated(logit, NO_CALIBRATION)


@given(p_fake=st.floats(0, 1), real=st.floats(0, 1), fake=st.floats(0, 1))
def test_a_label_never_contradicts_its_probability(p_fake: float, real: float, fake: float) -> None:
    real, fake = sorted((real, fake))
    verdict = decide([_person(p_fake)], Thresholds(real=real, fake=fake))
    if verdict.label == "FAKE":
        assert p_fake >= fake
        assert verdict.confidence == p_fake
    elif verdict.label == "REAL":
        assert p_fake <= real
        assert verdict.confidence == 1 - p_fake
    else:
        assert real < p_fake < fake


def test_a_blurred_face_is_not_called_fake() -> None:
    """Softness is what fakes are told by; it may be REAL all the same."""
    blurred = decide([_person(0.95, sharpness=29.0)], THRESHOLDS)
    assert (blurred.label, blurred.confidence, blurred.p_fake) == ("INCONCLUSIVE", None, 0.95)
    assert blurred.reasons[0].code == "blurred_face"
    assert decide([_person(0.95, sharpness=30.0)], THRESHOLDS).label == "FAKE"
    authentic = decide([_person(0.1, sharpness=29.0)], THRESHOLDS)
    assert authentic.label == "REAL"
    assert authentic.reasons[-1].code == "blurred_face"


def test_an_overexposed_face_is_not_called_fake() -> None:
    burnt = decide([_person(0.95, overexposed=0.11)], THRESHOLDS)
    assert (burnt.label, burnt.reasons[0].code) == ("INCONCLUSIVE", "overexposed_face")
    assert decide([_person(0.95, overexposed=0.1)], THRESHOLDS).label == "FAKE"
    assert decide([_person(0.1, overexposed=0.11)], THRESHOLDS).label == "REAL"


def test_a_noisy_face_is_not_called_real() -> None:
    noisy = decide([_person(0.1, noisy=True)], THRESHOLDS)
    assert (noisy.label, noisy.p_fake) == ("INCONCLUSIVE", 0.1)
    assert noisy.reasons[0].code == "noisy_face"
    fake = decide([_person(0.95, noisy=True)], THRESHOLDS)
    assert (fake.label, fake.reasons[-1].code) == ("FAKE", "noisy_face")


def test_a_sharp_face_decides_beside_a_blurred_suspicious_one() -> None:
    sharp, blurred = _person(0.1), _person(0.95, number=2, sharpness=10.0)
    verdict = decide([sharp, blurred], THRESHOLDS)
    assert verdict.label == "REAL"
    assert "unclear_suspicious" in [reason.code for reason in verdict.reasons]
    assert decide([_person(0.9), blurred], THRESHOLDS).label == "FAKE"
