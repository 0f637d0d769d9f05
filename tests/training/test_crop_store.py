from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core.checkpoints import CheckpointFile, describe
from deepfake_desktop.core.types import AnalysisSettings, CancelToken
from deepfake_desktop.training.crop_store import CropStore, StoredEngine, fill
from deepfake_desktop.training.scoring import Job, run_product

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "samples" / "authentic.mp4"


def _job(path: Path = SAMPLE) -> Job:
    return Job("authentic", "sample", lambda: path)


def _must_not_decode() -> Path:
    raise AssertionError("the clip was decoded again")


def test_what_is_loaded_is_what_was_found(tmp_path: Path, tiny_checkpoint: CheckpointFile) -> None:
    card, _ = describe(tiny_checkpoint)
    settings = AnalysisSettings(frames=10, budget_frames=20)
    store = CropStore(tmp_path)
    found = store.get(_job(), card, settings, CancelToken())
    kept = store.get(Job("a", "sample", _must_not_decode), card, settings, CancelToken())
    assert len(found.windows) == len(kept.windows) == 2
    assert found.end.frame_times_s == kept.end.frame_times_s
    assert found.end.frames_with_face == kept.end.frames_with_face == 20
    for before, after in zip(found.windows, kept.windows, strict=True):
        assert before.frames == after.frames
        for a, b in zip(before.sequences, after.sequences, strict=True):
            assert (a.person, a.boxes, a.sharpness, a.searched) == (
                b.person, b.boxes, b.sharpness, b.searched,
            )  # fmt: skip
            assert np.array_equal(a.crops, b.crops)
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


def test_another_crop_or_another_sampling_is_another_file(
    tmp_path: Path, tiny_checkpoint: CheckpointFile
) -> None:
    from dataclasses import replace

    card, _ = describe(tiny_checkpoint)
    store = CropStore(tmp_path)
    settings = AnalysisSettings()
    names = {
        store.path("a", card, settings),
        store.path("b", card, settings),
        store.path("a", replace(card, image_size=160), settings),
        store.path("a", replace(card, crop_margin=0.5), settings),
        store.path("a", card, replace(settings, frames=40)),
        store.path("a", card, replace(settings, budget_frames=40)),
    }
    assert len(names) == 6
    other_network = replace(card, readout="last", classes=("real", "fake"))
    assert store.path("a", other_network, settings) in names


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


def test_one_decoding_serves_several_crop_sizes(
    tmp_path: Path, tiny_checkpoint: CheckpointFile
) -> None:
    from dataclasses import replace

    card, _ = describe(tiny_checkpoint)
    cards = [card, replace(card, image_size=96), replace(card, crop_margin=0.5)]
    settings = AnalysisSettings(frames=10, budget_frames=20)
    together, apart = CropStore(tmp_path / "together"), CropStore(tmp_path / "apart")
    asked: list[Path] = []
    job = Job("authentic", "sample", lambda: asked.append(SAMPLE) or SAMPLE)
    assert fill(together, job, cards, settings)
    assert len(asked) == 1
    assert not fill(together, Job("a", "sample", _must_not_decode), cards, settings)
    for each in cards:
        a = together.get(Job("a", "sample", _must_not_decode), each, settings, CancelToken())
        b = apart.get(_job(), each, settings, CancelToken())
        assert a.end.frames_with_face == b.end.frames_with_face
        for before, after in zip(a.windows, b.windows, strict=True):
            for x, y in zip(before.sequences, after.sequences, strict=True):
                assert np.array_equal(x.crops, y.crops)
                assert x.sharpness == y.sharpness


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
