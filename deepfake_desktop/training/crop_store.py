"""Face crops of whole clips, kept, so that many checkpoints can be measured without decoding again.

What is kept is what the engine's face stage hands to its network stage: the windows of cropped
faces, losslessly, one compressed npz file a clip. A kept clip goes through the engine's own
network stage and verdict, so the scores are those of ``analyze``; a test holds that.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepfake_desktop.core import sampling
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile
from deepfake_desktop.core.errors import OutputError
from deepfake_desktop.core.faces import FaceFinder
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.media import open_video
from deepfake_desktop.core.stages import (
    EndOfFaces,
    FaceSequence,
    FaceStage,
    NetworkStage,
    WindowOfFaces,
)
from deepfake_desktop.core.tracking import FaceTracker, SeenFace
from deepfake_desktop.core.types import (
    AnalysisSettings,
    CancelToken,
    Device,
    FaceBox,
    Frame,
    FrameCounts,
    Image,
    Thresholds,
    TimedBox,
)
from deepfake_desktop.training.scoring import Examined, Job

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1
"""Raise it when detection, tracking, sampling or cropping change: old files then do not count."""

GEOMETRY = ("crop_margin", "crop_margin_px", "image_size")


@dataclass(frozen=True, slots=True)
class ClipFaces:
    """Every window of a clip, and what stands at its end."""

    windows: tuple[WindowOfFaces, ...]
    end: EndOfFaces


class _Recorded:
    """A tracker whose answers are kept, for other stages that ask the same in the same order."""

    def __init__(self, finder: FaceFinder) -> None:
        self._tracker = FaceTracker(finder)
        self.answers: list[list[SeenFace]] = []

    def forget(self) -> None:
        """Let go of the pictures in answers that every stage has had."""
        self.answers = [[] for _ in self.answers]

    def add(self, frame: Frame) -> list[SeenFace]:
        self.answers.append(self._tracker.add(frame))
        return self.answers[-1]

    def flush(self) -> list[SeenFace]:
        self.answers.append(self._tracker.flush())
        return self.answers[-1]


class _Replayed:
    """Gives a recorded tracker's answers once more, to one stage."""

    def __init__(self, recorded: _Recorded) -> None:
        self._recorded = recorded
        self._next = 0

    def add(self, frame: Frame) -> list[SeenFace]:
        return self.flush()

    def flush(self) -> list[SeenFace]:
        answer = self._recorded.answers[self._next]
        self._next += 1
        return answer


class _Stage(FaceStage):
    """The engine's face stage, with a tracker of ours."""

    def __init__(self, tracker: _Recorded | _Replayed, card: Card) -> None:
        super().__init__(FaceFinder(), card, lambda event: None)
        self._tracker = tracker  # type: ignore[assignment]


def find_faces(
    path: Path, cards: Sequence[Card], settings: AnalysisSettings, cancel: CancelToken
) -> tuple[ClipFaces, ...]:
    """The first half of an analysis: decode, find, track, then crop as each card says.

    Raises:
        MediaError: if the video cannot be read.
        Cancelled: between two frames.
    """
    tracker = _Recorded(FaceFinder(settings.detector))
    stages = [_Stage(tracker, cards[0])]
    stages += [_Stage(_Replayed(tracker), card) for card in cards[1:]]
    windows: list[list[WindowOfFaces]] = [[] for _ in stages]
    with open_video(path) as video:
        plan = sampling.plan(
            video.info,
            mode=settings.sampling,
            frames=settings.frames,
            budget_frames=settings.budget_frames,
        )
        for sampled in video.read(plan, cancel):
            cancel.raise_if_cancelled()
            for stage, found in zip(stages, windows, strict=True):
                done = stage.add(sampled)
                if done is not None:
                    found.append(done)
            tracker.forget()
    result = []
    for stage, found in zip(stages, windows, strict=True):
        last, end = stage.finish()
        result.append(ClipFaces((*found, last) if last is not None else tuple(found), end))
    return tuple(result)


class CropStore:
    """A folder of npz files, one per clip, crop geometry and sampling."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, video_id: str, card: Card, settings: AnalysisSettings) -> Path:
        facts = {
            "version": VERSION,
            "video": video_id,
            "card": {name: getattr(card, name) for name in GEOMETRY},
            "settings": [
                settings.sampling, settings.frames, settings.budget_frames, settings.detector,
            ],
        }  # fmt: skip
        name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
        return self.folder / f"{name}.npz"

    def get(
        self, job: Job, card: Card, settings: AnalysisSettings, cancel: CancelToken
    ) -> ClipFaces:
        """The faces of a clip: from the folder, or found now and put there.

        Raises:
            MediaError: if the video cannot be read.
            OutputError: if the file cannot be written.
            Cancelled: between two frames; nothing half written stays.
        """
        path = self.path(job.video_id, card, settings)
        if path.exists():
            return load_faces(path)
        (faces,) = find_faces(job.path(), [card], settings, cancel)
        save_faces(path, faces)
        return faces


def save_faces(path: Path, faces: ClipFaces) -> None:
    """Write whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    rows = [(w, s) for w, window in enumerate(faces.windows) for s in window.sequences]
    boxes = [box for _, sequence in rows for box in sequence.boxes]
    crops = [crop for _, sequence in rows for crop in sequence.crops]
    sharpness = [value for _, sequence in rows for value in sequence.sharpness]
    size = crops[0].shape[0] if crops else 0
    arrays: dict[str, npt.NDArray[Any]] = {
        "window_frames": np.asarray([w.frames for w in faces.windows], dtype=np.int64),
        "sequence": np.asarray(
            [(w, s.person, len(s.crops), s.searched) for w, s in rows], dtype=np.int64
        ).reshape(-1, 4),
        "crops": np.asarray(crops, dtype=np.uint8).reshape(len(crops), size, size, 3),
        "boxes": np.asarray(
            [(b.time_s, *asdict(b.box).values(), b.detected) for b in boxes], dtype=np.float64
        ).reshape(-1, 6),
        "sharpness": np.asarray(sharpness, dtype=np.float64),
        "times_s": np.asarray(faces.end.frame_times_s, dtype=np.float64),
        "with_face": np.asarray(faces.end.frames_with_face, dtype=np.int64),
    }
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        part.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror}).", path=path) from error
    finally:
        part.unlink(missing_ok=True)


def load_faces(path: Path) -> ClipFaces:
    """What ``save_faces`` wrote."""
    with np.load(path, allow_pickle=False) as data:
        counts = data["window_frames"].tolist()
        table = data["sequence"].tolist()
        crops, sharpness = data["crops"], data["sharpness"].tolist()
        boxes = [
            TimedBox(row[0], FaceBox(*row[1:5]), bool(row[5])) for row in data["boxes"].tolist()
        ]
        end = EndOfFaces(tuple(data["times_s"].tolist()), int(data["with_face"]), 0.0)
    found: list[list[FaceSequence]] = [[] for _ in counts]
    start = 0
    for window, person, count, searched in table:
        part = slice(start, start + count)
        found[window].append(
            FaceSequence(person, list(crops[part]), boxes[part], sharpness[part], searched)
        )
        start += count
    return ClipFaces(
        tuple(WindowOfFaces(n, tuple(s)) for n, s in zip(counts, found, strict=True)), end
    )


class _RememberingScorer(Scorer):
    """Computes the features of one and the same crop only once."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__(scorer.checkpoint, scorer.device)
        self._known: dict[bytes, Tensor] = {}

    def _features(self, crops: Sequence[Image]) -> Tensor:
        import torch

        names = [hashlib.blake2b(crop.tobytes(), digest_size=16).digest() for crop in crops]
        new = [k for k, name in enumerate(names) if name not in self._known]
        if new:
            found = super()._features([crops[k] for k in new])
            self._known.update(zip((names[k] for k in new), found, strict=True))
        return torch.stack([self._known[name] for name in names])


class _Replay(NetworkStage):
    """The engine's network stage, loaded once for many videos."""

    def __init__(self, file: CheckpointFile, device: Device, cancel: CancelToken) -> None:
        super().__init__(file, device, Thresholds(), cancel, lambda event: None)
        self._scorer = _RememberingScorer(self._scorer)

    def restart(self) -> None:
        self._people = {}


class StoredEngine:
    """An ``Engine`` that finds faces once per clip and sampling, for any number of checkpoints.

    The network is loaded when the first clip is scored; a checkpoint that cannot be used raises
    its CheckpointError then.
    """

    def __init__(
        self, store: CropStore, file: CheckpointFile, card: Card, *, device: Device = "auto"
    ) -> None:
        self._store = store
        self._file = file
        self._card = card
        self._device: Device = device

    @cached_property
    def _stage(self) -> _Replay:
        return _Replay(self._file, self._device, CancelToken())

    def __call__(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined:
        return self.score(self.faces(job, settings, cancel), cancel)

    def faces(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> ClipFaces:
        """The first half of an analysis, from the store where it is there."""
        return self._store.get(job, self._card, settings, cancel)

    def score(self, faces: ClipFaces, cancel: CancelToken) -> Examined:
        """The second half of an analysis."""
        self._stage.restart()
        for window in faces.windows:
            cancel.raise_if_cancelled()
            self._stage.add(window)
        scored = self._stage.finish(faces.end)
        return Examined(
            scored.tracks, FrameCounts(len(scored.frame_times_s), scored.frames_with_face)
        )


def fill(
    store: CropStore,
    job: Job,
    cards: Sequence[Card],
    settings: AnalysisSettings,
    *,
    cancel: CancelToken | None = None,
) -> bool:
    """Keep a clip's faces for several crop geometries, decoding it once at most.

    Returns whether anything was missing.
    """
    missing = [card for card in cards if not store.path(job.video_id, card, settings).exists()]
    if not missing:
        return False
    found = find_faces(job.path(), missing, settings, cancel or CancelToken())
    for card, faces in zip(missing, found, strict=True):
        save_faces(store.path(job.video_id, card, settings), faces)
    return True
