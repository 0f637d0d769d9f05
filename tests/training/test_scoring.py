from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deepfake_desktop.core import analysis
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.errors import Cancelled, DamagedVideoError
from deepfake_desktop.core.types import (
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Event,
    FrameCounts,
    Reason,
    Thresholds,
    TrackResult,
    WindowScore,
)
from deepfake_desktop.training import scoring
from deepfake_desktop.training.scoring import (
    Examined,
    Job,
    ResultsFile,
    clip_from_json,
    clip_to_json,
    judge,
    run_product,
    score_all,
    score_key,
    video_logit,
)

CARD = Card(classes=("fake", "real"))
NONE = {"method": "none"}


def make_track(*logits: float, id: int = 1, frames: int = 10, notes=()) -> TrackResult:  # noqa: A002
    windows = tuple(
        WindowScore(
            id, float(k), k + 0.8, tuple(round(k + 0.08 * i, 4) for i in range(frames)), x, 0.5
        )
        for k, x in enumerate(logits)
    )
    return TrackResult(
        id, 0.0, 9.0, 0.5, 0.0, windows, (), frames * len(logits), 120.0, 90.0, notes
    )


class FakeEngine:
    """Answers with the logit that the job's name is, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined:
        cancel.raise_if_cancelled()
        self.asked.append(job.name)
        if job.name == "broken":
            raise DamagedVideoError("has not one frame that decodes.", path=job.path())
        return Examined((make_track(float(job.name)),), FrameCounts(10, 10))


def _jobs(*names: str) -> list[Job]:
    return [Job(name, f"sha-{name}", lambda: Path("a.mp4")) for name in names]


def _run(results: ResultsFile, *names: str, **changes):
    engine = FakeEngine()
    scores = score_all(
        _jobs(*names),
        checkpoint_sha256="c" * 64,
        card=CARD,
        settings=AnalysisSettings(**changes),
        results=results,
        engine=engine,
    )
    return engine.asked, scores


def test_a_second_run_asks_only_for_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    asked, _ = _run(ResultsFile(path), "1", "2")
    assert asked == ["1", "2"]
    asked, scores = _run(ResultsFile(path), "1", "2", "3")
    assert asked == ["3"]
    assert video_logit(scores["2"].tracks) == pytest.approx(2.0)


def test_a_line_cut_off_by_a_kill_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    _run(ResultsFile(path), "1", "2", "3")
    path.write_bytes(path.read_bytes()[:-40])
    asked, _ = _run(ResultsFile(path), "1", "2", "3")
    assert asked == ["3"]
    asked, scores = _run(ResultsFile(path), "1", "2", "3")
    assert asked == []
    assert video_logit(scores["3"].tracks) == pytest.approx(3.0)


def test_failures_are_told_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for _ in range(2):
        asked, scores = _run(ResultsFile(path), "broken", "1")
        assert "broken" in asked
        assert scores["broken"].error == "a.mp4: has not one frame that decodes."
    assert asked == ["broken"]


def test_cancelling_keeps_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        score_all(
            _jobs("1", "2"),
            checkpoint_sha256="c",
            card=CARD,
            settings=AnalysisSettings(),
            results=ResultsFile(path),
            engine=FakeEngine(),
            cancel=cancel,
            advance=lambda name: cancel.cancel(),
        )
    assert len(ResultsFile(path)) == 1


def test_the_key_changes_with_what_changes_a_score_and_nothing_else() -> None:
    from dataclasses import replace

    settings = AnalysisSettings()
    key = score_key("a", CARD, settings, "v")
    others = [
        score_key("b", CARD, settings, "v"),
        score_key("a", replace(CARD, classes=("real", "fake")), settings, "v"),
        score_key("a", CARD, replace(settings, frames=40), "v"),
        score_key("a", CARD, settings, "w"),
    ]
    assert len({key, *others}) == 5
    calibrated = replace(
        CARD,
        calibration={"method": "platt", "scale": 2.0, "offset": 1.0},
        thresholds=Thresholds(0.2, 0.8),
    )
    assert score_key("a", calibrated, replace(settings, threshold_fake=0.9), "v") == key


def test_a_score_is_made_anew_when_the_rules_for_notes_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = AnalysisSettings(frames=20)
    key = score_key("a", CARD, settings, "v")
    monkeypatch.setattr(scoring, "_notes_version", lambda: "another")
    assert score_key("a", CARD, settings, "v") != key


def test_videos_are_scored_in_32_bits_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores are kept under a key that does not name the machine."""
    asked: list[AnalysisSettings] = []

    def engine(request: AnalysisRequest, *, cancel: CancelToken) -> Iterator[Event]:
        asked.append(request.settings)
        raise Cancelled

    monkeypatch.setattr(analysis, "analyze", engine)
    with pytest.raises(Cancelled):
        run_product(_jobs("1")[0], AnalysisSettings(frames=40), CancelToken())
    assert asked == [AnalysisSettings(frames=40, precision="exact")]


def test_a_score_survives_json() -> None:
    from deepfake_desktop.training.scoring import ScoredClip

    note = Reason("small_face", "The face is small.", (("face_px", 40),))
    score = ScoredClip((make_track(1.5, -2.0, notes=(note,)),), 20, 18, 1.25)
    assert clip_from_json(clip_to_json(score)) == score


def test_judging_again_follows_the_new_calibration_and_thresholds() -> None:
    tracks = (make_track(1.0, 1.0),)
    assert judge(tracks, NONE, Thresholds(0.4, 0.6)).label == "FAKE"
    assert judge(tracks, NONE, Thresholds(0.4, 0.9)).label == "INCONCLUSIVE"
    shifted = {"method": "platt", "scale": 1.0, "offset": -3.0}
    again = judge(tracks, shifted, Thresholds(0.4, 0.6))
    assert again.label == "REAL"
    assert again.p_fake == pytest.approx(0.1192, abs=1e-4)


def test_the_logit_of_a_video_is_that_of_the_face_which_decides() -> None:
    thin = make_track(9.0, id=3, frames=2, notes=(Reason("few_frames", "x"),))
    tracks = (make_track(-3.0), make_track(2.0, 4.0, id=2), thin)
    assert video_logit(tracks) == pytest.approx(3.0)
    assert video_logit((make_track(80.0), make_track(70.0, id=2))) == pytest.approx(80.0)
    assert video_logit(()) is None
