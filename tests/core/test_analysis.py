"""The whole engine on real pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core.analysis import analyze
from deepfake_desktop.core.checkpoints import sha256_of
from deepfake_desktop.core.errors import Cancelled, DeviceMemoryError, UsageError
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.report.as_json import to_json, write_json
from deepfake_desktop.core.stages import FaceSequence, NetworkStage
from deepfake_desktop.core.types import (
    Analysis,
    AnalysisRequest,
    AnalysisSettings,
    CancelToken,
    Event,
    FaceSeen,
    Finished,
    Opened,
    Progress,
    WindowScored,
)
from tests.core.helpers import SMALL_CARD, MakeCheckpoint


def _settings(models: Path, **changes: object) -> AnalysisSettings:
    chosen = AnalysisSettings(frames=10, checkpoint=next(models.glob("*.pt")), budget_frames=40)
    return replace(chosen, **changes)  # type: ignore[arg-type]


def _run(path: Path, settings: AnalysisSettings) -> tuple[list[Event], Analysis]:
    *events, last = analyze(AnalysisRequest(path, settings))
    assert isinstance(last, Finished)
    return events, last.analysis


def test_events_tell_the_story_in_order(authentic: Path, small_models: Path) -> None:
    events, analysis = _run(authentic, _settings(small_models))
    assert isinstance(events[0], Opened)
    assert events[0].video.sha256 is None
    faces = [event for event in events if isinstance(event, FaceSeen)]
    scores = [event for event in events if isinstance(event, WindowScored)]
    progress = [event for event in events if isinstance(event, Progress)]
    assert faces
    assert faces[0].thumbnail.dtype == np.uint8
    assert max(faces[0].thumbnail.shape) <= 160
    assert tuple(event.window for event in scores) == analysis.tracks[0].windows
    assert scores[-1].preliminary == analysis.verdict
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)


def test_an_analysis_holds_what_a_replay_needs(sample_analysis: Analysis, authentic: Path) -> None:
    assert sample_analysis.video.sha256 == sha256_of(authentic)
    assert len(sample_analysis.tracks) == 1
    track = sample_analysis.tracks[0]
    assert sample_analysis.frames.examined == len(sample_analysis.frame_times_s) == 20
    assert sample_analysis.frames.with_face == track.frames == 20
    assert [len(window.frame_times_s) for window in track.windows] == [10, 10]
    for window in track.windows:
        assert set(window.frame_times_s) <= set(sample_analysis.frame_times_s)
        gaps = np.diff(window.frame_times_s)
        assert gaps == pytest.approx(0.08, abs=1e-6)
    assert 100 < track.median_face_px < 250
    assert set(sample_analysis.timings_s) == {"decode", "load", "faces", "network", "total"}
    assert "uncalibrated" in [warning.code for warning in sample_analysis.warnings]
    assert sample_analysis.software["torch"] != "unknown"


def test_two_runs_give_the_same_numbers(
    sample_analysis: Analysis, authentic: Path, small_models: Path
) -> None:
    _, again = _run(authentic, _settings(small_models, budget_frames=240))
    assert again.tracks == sample_analysis.tracks
    assert again.verdict == sample_analysis.verdict


def test_opening_reads_the_first_consecutive_frames(authentic: Path, small_models: Path) -> None:
    _, analysis = _run(authentic, _settings(small_models, sampling="opening", frames=12))
    assert analysis.frame_times_s == pytest.approx([i / 25 for i in range(12)], abs=1e-6)
    assert "nearest_checkpoint" in [warning.code for warning in analysis.warnings]


def test_every_reads_all_frames_in_windows(authentic: Path, small_models: Path) -> None:
    _, analysis = _run(authentic, _settings(small_models, sampling="every", frames=50))
    assert analysis.frames.examined == round((analysis.video.duration_s or 0) * 25)
    times = [t for window in analysis.tracks[0].windows for t in window.frame_times_s]
    assert times == sorted(set(times))
    assert len(times) == analysis.frames.with_face


def test_a_video_without_a_face_says_so(shared_data: Path, small_models: Path) -> None:
    _, analysis = _run(shared_data / "fixtures" / "noface_nasa_13013.mp4", _settings(small_models))
    assert analysis.verdict.label == "NO FACE"
    assert analysis.frames.with_face == 0
    assert analysis.frames.examined == 40
    json.loads(to_json(analysis))


def _write_portraits(path: Path, shots: Sequence[Sequence[Path]]) -> None:
    """25 frames a shot; the portraits of a shot stand side by side."""
    import av
    import cv2

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 320, "yuv420p"
        for shot in shots:
            pictures = [
                cv2.resize(cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB), (320, 320))
                for p in shot
            ]
            canvas = np.hstack([*pictures, np.full((320, 640, 3), 60, np.uint8)])[:, :640]
            for _ in range(25):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(canvas), format="rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_two_people_are_scored_apart_even_when_they_change_places(
    shared_data: Path, small_models: Path, tmp_path: Path
) -> None:
    one, two = (
        shared_data / "faces" / name
        for name in ("congress118__G000582.jpg", "nasa__dominic_gorie_usa.jpg")
    )
    path = tmp_path / "two.mp4"
    _write_portraits(path, [(one, two), (two, one)])
    _, analysis = _run(path, _settings(small_models, sampling="every", frames=25))
    assert len(analysis.tracks) == 2
    for track in analysis.tracks:
        assert len(track.windows) == 2
        sides = [
            {timed.box.left_px < 320 for timed in track.boxes if (timed.time_s < 1.0) is first}
            for first in (True, False)
        ]
        assert sides[0] != sides[1]
        assert all(len(side) == 1 for side in sides)
    assert analysis.verdict.p_fake == max(track.p_fake for track in analysis.tracks)


def test_a_long_sequence_is_begun_while_it_grows(
    authentic: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And gives the same as where the network comes too late for it."""
    begun: list[int] = []
    original = NetworkStage.begin

    def begin(self: NetworkStage, sequence: FaceSequence) -> None:
        original(self, sequence)
        begun.append(sum(map(len, sequence.features)))

    settings = _settings(small_models, sampling="opening", frames=70)
    monkeypatch.setattr(NetworkStage, "begin", begin)
    _, ahead = _run(authentic, settings)
    assert begun[-1] == 64
    monkeypatch.setattr(NetworkStage, "begin", lambda *_: None)
    _, late = _run(authentic, settings)
    assert ahead.tracks == late.tracks


def test_the_mean_frame_decides_not_the_batch(small_models: Path) -> None:
    """A sequence's score does not depend on how memory made it be cut into batches."""
    from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint

    crops = list(np.random.default_rng(0).integers(0, 256, (9, 64, 64, 3), dtype=np.uint8))
    loaded = load_checkpoint(file_for_path(next(small_models.glob("*.pt"))))
    whole = Scorer.open(loaded, "cpu").logit(crops)
    scorer = Scorer(loaded, "cpu")
    scorer.largest_batch = 2
    pieces = scorer.logit(crops)
    assert pieces == pytest.approx(whole, abs=1e-5)


# --- cancel and errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("after", [Opened, FaceSeen, WindowScored])
def test_cancel_ends_all_threads_wherever_it_comes(
    after: type[Event], authentic: Path, small_models: Path
) -> None:
    cancel = CancelToken()
    events = analyze(AnalysisRequest(authentic, _settings(small_models)), cancel=cancel)
    with pytest.raises(Cancelled):  # noqa: PT012 - the generator raises while it is iterated
        for event in events:
            if isinstance(event, after):
                cancel.cancel()


def test_a_caller_that_walks_away_leaves_no_threads(authentic: Path, small_models: Path) -> None:
    events = analyze(AnalysisRequest(authentic, _settings(small_models)))
    assert isinstance(next(events), Opened)
    assert next(events) is not None
    events.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": 0},
        {"budget_frames": 0},
        {"threshold_real": 0.9, "threshold_fake": 0.1},
        {"threshold_fake": 1.5},
    ],
)
def test_settings_that_make_no_sense_are_refused(
    changes: dict[str, object], authentic: Path, small_models: Path
) -> None:
    with pytest.raises(UsageError):
        list(analyze(AnalysisRequest(authentic, _settings(small_models, **changes))))


def test_thresholds_of_the_user_take_the_place_of_the_checkpoints(
    authentic: Path, small_models: Path
) -> None:
    _, real = _run(authentic, _settings(small_models, threshold_real=1.0, threshold_fake=1.0))
    _, fake = _run(authentic, _settings(small_models, threshold_real=0.0, threshold_fake=0.0))
    assert (real.verdict.label, fake.verdict.label) == ("REAL", "FAKE")
    assert real.checkpoint.thresholds.fake == 1.0


def test_memory_that_runs_out_backs_off_and_says_so(
    authentic: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Scorer._features
    tried: list[int] = []

    def scarce(self: Scorer, crops: Sequence[np.ndarray]) -> object:
        tried.append(len(crops))
        if len(crops) > 3:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")
        return whole(self, crops)

    monkeypatch.setattr(Scorer, "_features", scarce)
    _, analysis = _run(authentic, _settings(small_models))
    assert max(tried) == 10
    assert "memory" in [warning.code for warning in analysis.warnings]


def test_memory_that_is_not_there_at_all_is_an_error_in_words(
    authentic: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Scorer, crops: Sequence[np.ndarray]) -> object:
        raise MemoryError

    monkeypatch.setattr(Scorer, "_features", never)
    with pytest.raises(DeviceMemoryError, match="fewer frames"):
        _run(authentic, _settings(small_models))


def test_another_runtime_error_is_not_swallowed(
    authentic: Path, small_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Scorer, crops: Sequence[np.ndarray]) -> object:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Scorer, "_features", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        _run(authentic, _settings(small_models))


# --- JSON ----------------------------------------------------------------------------------------


def test_json_has_the_promised_keys(sample_analysis: Analysis) -> None:
    result = json.loads(to_json(sample_analysis))
    assert result["schema"] == 1
    assert set(result) >= {
        "video",
        "settings",
        "checkpoint",
        "verdict",
        "tracks",
        "frames",
        "timings_s",
        "warnings",
        "software",
    }
    assert set(result["checkpoint"]) >= {"sha256", "class_order", "class_order_source"}
    assert set(result["verdict"]) == {"label", "confidence", "p_fake", "reasons"}
    (track,) = result["tracks"]
    assert set(track) >= {"id", "first_s", "last_s", "p_fake", "windows"}
    assert set(track["windows"][0]) >= {"start_s", "end_s", "p_fake", "frame_times_s"}
    assert set(result["frames"]) >= {"examined", "with_face"}
    assert result["video"]["sha256"] == sample_analysis.video.sha256


def test_json_is_written_whole_or_not_at_all(sample_analysis: Analysis, tmp_path: Path) -> None:
    from deepfake_desktop.core.errors import OutputError

    path = tmp_path / "ergebnis ü.json"
    write_json(sample_analysis, path)
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == 1
    with pytest.raises(OutputError, match="cannot be written"):
        write_json(sample_analysis, tmp_path / "missing" / "x.json")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_an_assumed_class_order_is_said_in_every_result(
    authentic: Path, tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    make_checkpoint(tmp_path, card=None)
    _, analysis = _run(authentic, _settings(tmp_path))
    assert analysis.checkpoint.class_order_source == "assumed"
    assert "class_order_assumed" in [warning.code for warning in analysis.warnings]


def test_a_swapped_card_swaps_the_verdict(
    authentic: Path, tmp_path: Path, make_checkpoint: MakeCheckpoint
) -> None:
    """Same weights, opposite class order: the opposite answer, never the same."""
    labels = {}
    for classes in (("fake", "real"), ("real", "fake")):
        folder = tmp_path / classes[0]
        make_checkpoint(folder, card=replace(SMALL_CARD, classes=classes))
        _, analysis = _run(authentic, _settings(folder))
        labels[classes] = analysis.verdict
    first, second = labels.values()
    assert first.p_fake == pytest.approx(1 - (second.p_fake or 0), abs=1e-6)
    assert {first.label, second.label} == {"FAKE", "REAL"}
