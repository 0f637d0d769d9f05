from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core import sampling
from deepfake_desktop.core.checkpoints import CheckpointFile, describe
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.types import AnalysisSettings, CancelToken
from deepfake_desktop.training import code_version, crop_store
from deepfake_desktop.training.crop_store import CropStore, StoredEngine, cut, find_faces
from deepfake_desktop.training.scoring import Job, run_product

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "samples" / "authentic.mp4"
CORE = Path(sampling.__file__).parent


def _job(path: Path = SAMPLE) -> Job:
    return Job("authentic", "sample", lambda: path)


def _must_not_decode() -> Path:
    raise AssertionError("the clip was decoded again")


def test_what_is_loaded_is_what_was_found(tmp_path: Path) -> None:
    settings = AnalysisSettings(frames=10, budget_frames=20)
    store = CropStore(tmp_path)
    found = store.get(_job(), settings, CancelToken())
    kept = store.get(Job("a", "sample", _must_not_decode), settings, CancelToken())
    assert kept == found
    assert len(found.samples) == 20
    assert sum(len(answer) for answer in found.answers) == 20
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_another_sampling_or_another_face_stage_is_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CropStore(tmp_path)
    settings = AnalysisSettings()
    names = {
        store.path("a", settings),
        store.path("b", settings),
        store.path("a", replace(settings, frames=40)),
        store.path("a", replace(settings, budget_frames=40)),
    }
    assert len(names) == 4
    monkeypatch.setattr(crop_store, "face_stage_version", lambda: "another")
    assert store.path("a", settings) not in names


def test_a_comment_does_not_make_a_new_version(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "def f(x):\n    return x\n"
    seen = set()
    for text in (source, '"""Words."""\n' + source + "# more\n", source.replace("x", "y")):
        monkeypatch.setattr(code_version.inspect, "getsource", lambda module, text=text: text)
        seen.add(code_version.code_version(["json"]))
    assert len(seen) == 2


def test_the_version_covers_every_module_that_finds_faces() -> None:
    """What the covered modules import from the core is covered too, or holds only types."""
    covered = set(crop_store.FACE_STAGE)
    for name in covered:
        text = (CORE / f"{name}.py").read_text()
        imported = {
            line.split()[1].removeprefix("deepfake_desktop.core.")
            for line in text.splitlines()
            if line.strip().startswith("from deepfake_desktop.core.")
        }
        assert imported <= covered | {"types", "errors", "paths"}, name


@pytest.mark.parametrize(("margin", "size"), [(0.2, 64), (0.0, 160), (0.4, 224), (0.13, 97)])
def test_crops_of_any_geometry_are_the_products_to_the_pixel(
    tiny_checkpoint: CheckpointFile, margin: float, size: int
) -> None:
    from deepfake_desktop.core.media import open_video
    from deepfake_desktop.core.stages import FaceStage

    card = replace(
        describe(tiny_checkpoint)[0], crop_margin=margin, image_size=size, trace_kinds=("whole",)
    )
    settings = AnalysisSettings(frames=8, budget_frames=8)
    kept = cut(find_faces(SAMPLE, settings, CancelToken()), card)
    stage = FaceStage(crop_store.FaceFinder(), card, lambda event: None)
    with open_video(SAMPLE) as video:
        plan = video.plan(mode="spread", frames=8, budget_frames=8)
        for sampled in video.read(plan, CancelToken()):
            stage.add(sampled)
    window, end = stage.finish()
    assert window is not None
    assert kept.end.frame_times_s == end.frame_times_s
    assert kept.end.frames_with_face == end.frames_with_face == 8
    for a, b in zip(kept.windows[0].sequences, window.sequences, strict=True):
        assert (a.person, a.boxes, a.sharpness, a.searched) == (
            b.person, b.boxes, b.sharpness, b.searched,
        )  # fmt: skip
        assert np.array_equal(a.crops, b.crops)
        assert len(a.traces) == len(a.crops)
        assert np.array_equal(a.traces, b.traces, equal_nan=True)


def test_wider_crops_than_kept_are_refused(tiny_checkpoint: CheckpointFile) -> None:
    clip = find_faces(SAMPLE, AnalysisSettings(frames=2, budget_frames=2), CancelToken())
    card = describe(tiny_checkpoint)[0]
    for wide in (replace(card, crop_margin=0.5), replace(card, crop_margin_px=400)):
        with pytest.raises(UsageError, match="wider"):
            cut(clip, wide)


def test_stored_crops_score_as_the_product_does(
    tmp_path: Path, tiny_checkpoint: CheckpointFile
) -> None:
    card, _ = describe(tiny_checkpoint)
    settings = AnalysisSettings(frames=10, budget_frames=30, checkpoint=tiny_checkpoint.path)
    whole = run_product(_job(), settings, CancelToken())
    engine = StoredEngine(CropStore(tmp_path), tiny_checkpoint, card)
    for _ in range(2):  # found, then loaded; and nothing stays from the video before
        stored = engine(_job(), settings, CancelToken())
        assert stored.frames == whole.frames
        assert len(stored.tracks) == len(whole.tracks) == 1
        for a, b in zip(stored.tracks[0].windows, whole.tracks[0].windows, strict=True):
            assert a.frame_times_s == b.frame_times_s
            assert a.logit == pytest.approx(b.logit, abs=1e-5)


def test_a_clip_without_a_face_is_kept_as_such(
    tmp_path: Path, tiny_checkpoint: CheckpointFile
) -> None:
    import av

    path = tmp_path / "gray.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for _ in range(5):
            gray = np.full((120, 160, 3), 128, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(gray, format="rgb24")))
        container.mux(stream.encode(None))
    card, _ = describe(tiny_checkpoint)
    engine = StoredEngine(CropStore(tmp_path / "crops"), tiny_checkpoint, card)
    for source in (lambda: path, _must_not_decode):
        found = engine(Job("gray", "gray", source), AnalysisSettings(frames=4), CancelToken())
        assert found.tracks == ()
        assert found.frames.with_face == 0
        assert found.frames.examined > 0
