"""Faces of whole clips, kept, so that many checkpoints can be measured without finding them again.

What is kept of a clip is what does not depend on the checkpoint: which frames were looked at and
what the engine's tracker answered, each face with the pixels around it as they were decoded, in a
lossless PNG: ``WIDE_MARGIN`` of its box on each side, and what ``core.traces`` looks at. From that
the engine's own face stage cuts the crops of any card, to the pixel, and the engine's own network
stage scores them. So the scores are those of ``analyze`` for every image size and every crop margin
up to ``WIDE_MARGIN``, with and without traces.

A file's name says which code found the faces (``face_stage_version``): after a change there the
faces are found again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointFile
from deepfake_desktop.core.errors import OutputError, UsageError
from deepfake_desktop.core.faces import FaceFinder, eyes_and_nose
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.media import SampledFrame, open_video
from deepfake_desktop.core.patches import PatchPair
from deepfake_desktop.core.stages import EndOfFaces, FaceStage, NetworkStage, WindowOfFaces
from deepfake_desktop.core.traces import SURROUNDINGS, Floats, surrounding_square
from deepfake_desktop.core.tracking import FaceTracker, SeenFace
from deepfake_desktop.core.types import (
    AnalysisSettings,
    CancelToken,
    Device,
    FaceBox,
    Frame,
    FrameCounts,
    Image,
    Precision,
    Reason,
    Thresholds,
    TimedBox,
)
from deepfake_desktop.training.code_version import code_version
from deepfake_desktop.training.scoring import Examined, Job

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 3
"""Raise it when the file's layout changes, or which picture a reader gives at which time."""

WIDE_MARGIN = 0.4
"""Of the face's box, kept on each side. Checkpoints with a wider crop cannot be measured so."""

FACE_STAGE = ("crops", "faces", "hog_grid", "sampling", "tracking")
"""Modules of the core that decide which faces are found (``crops`` cuts a face's look)."""


@cache
def face_stage_version() -> str:
    """Changes with the code that finds faces, and with its libraries."""
    return code_version(
        (f"deepfake_desktop.core.{name}" for name in FACE_STAGE),
        ("dlib-bin", "face-recognition-models", "opencv-python-headless"),
    )


@dataclass(frozen=True, slots=True)
class ClipFaces:
    """Every window of a clip, cropped for a card, and what stands at its end."""

    windows: tuple[WindowOfFaces, ...]
    end: EndOfFaces


@dataclass(frozen=True, slots=True)
class KeptFace:
    """A tracker's answer with its pixels: ``png`` is the part of the picture (``height_px`` x
    ``width_px``) that begins at ``left_px`` and ``top_px``."""

    person: int
    piece: int
    place: TimedBox
    searched: bool
    height_px: int
    width_px: int
    left_px: int
    top_px: int
    png: bytes

    @classmethod
    def of(cls, face: SeenFace) -> KeptFace:
        box, image = face.place.box, face.frame.image
        height, width = image.shape[:2]
        dx, dy = WIDE_MARGIN * box.width_px + 1, WIDE_MARGIN * box.height_px + 1
        # What ``core.traces.surroundings`` looks at, with a pixel to spare.
        square = surrounding_square(eyes_and_nose(image, box))
        left = max(int(min(box.left_px - dx, square.left_px - 1)), 0)
        top = max(int(min(box.top_px - dy, square.top_px - 1)), 0)
        right = int(max(box.right_px + dx, square.right_px + 1)) + 1
        bottom = int(max(box.bottom_px + dy, square.bottom_px + 1)) + 1
        # The colours' order does not matter to a lossless file.
        _, png = cv2.imencode(
            ".png", image[top:bottom, left:right], [cv2.IMWRITE_PNG_COMPRESSION, 1]
        )
        return cls(
            face.person, face.piece, face.place, face.searched, height, width, left, top,
            png.tobytes(),
        )  # fmt: skip

    def seen(self) -> SeenFace:
        """The tracker's answer again. Of its picture only the kept part is defined."""
        part = cv2.imdecode(np.frombuffer(self.png, np.uint8), cv2.IMREAD_COLOR)
        if part is None:
            raise UsageError("a kept crop is damaged.", remedy="Delete the folder of crops.")
        image = np.empty((self.height_px, self.width_px, 3), np.uint8)
        height, width = part.shape[:2]
        image[self.top_px : self.top_px + height, self.left_px : self.left_px + width] = part
        return SeenFace(
            self.person, self.piece, Frame(self.place.time_s, image), self.place, self.searched
        )


@dataclass(frozen=True, slots=True)
class KeptClip:
    """``samples``: window and time of each frame looked at. ``answers``: what the tracker gave, in
    the order in which a face stage asks it."""

    samples: tuple[tuple[int, float], ...]
    answers: tuple[tuple[KeptFace, ...], ...]


class _Recording(FaceTracker):
    """A tracker whose answers are kept."""

    def __init__(self, finder: FaceFinder) -> None:
        super().__init__(finder)
        self.answers: list[tuple[KeptFace, ...]] = []
        self._inside = False

    def add(self, frame: Frame) -> list[SeenFace]:
        self._inside = True  # ``add`` settles frames through ``flush``
        found = super().add(frame)
        self._inside = False
        return self._keep(found)

    def flush(self) -> list[SeenFace]:
        found = super().flush()
        return found if self._inside else self._keep(found)

    def _keep(self, found: list[SeenFace]) -> list[SeenFace]:
        self.answers.append(tuple(KeptFace.of(face) for face in found))
        return []  # nothing is cropped while faces are being found


class _Replaying(FaceTracker):
    """Gives a recorded tracker's answers once more."""

    def __init__(self, clip: KeptClip) -> None:
        self._answers = iter(clip.answers)

    def add(self, frame: Frame) -> list[SeenFace]:
        return self.flush()

    def flush(self) -> list[SeenFace]:
        return [face.seen() for face in next(self._answers)]


class _Stage(FaceStage):
    """The engine's face stage, with a tracker of ours."""

    def __init__(self, tracker: FaceTracker, card: Card) -> None:
        super().__init__(FaceFinder(), card, lambda event: None)
        self._tracker = tracker


def find_faces(path: Path, settings: AnalysisSettings, cancel: CancelToken) -> KeptClip:
    """The first half of an analysis: decode, find, track.

    Raises:
        MediaError: if the video cannot be read.
        Cancelled: between two frames.
    """
    tracker = _Recording(FaceFinder.of(settings))
    stage = _Stage(tracker, Card(("fake", "real")))
    samples = []
    with open_video(path) as video:
        plan = video.plan(
            mode=settings.sampling,
            frames=settings.frames,
            budget_frames=settings.budget_frames,
        )
        for sampled in video.read(plan, cancel):
            cancel.raise_if_cancelled()
            samples.append((sampled.window, sampled.frame.time_s))
            stage.add(sampled)
    stage.finish()
    return KeptClip(tuple(samples), tuple(tracker.answers))


def cut(clip: KeptClip, card: Card) -> ClipFaces:
    """The crops of ``card``, through the engine's face stage.

    Raises:
        UsageError: if the card's crops are wider than what was kept.
    """
    for face in (face for answer in clip.answers for face in answer):
        if card.crop_margin_px + card.crop_margin * face.place.box.width_px > (
            WIDE_MARGIN * face.place.box.width_px
        ):
            raise UsageError(
                f"crops wider than {WIDE_MARGIN:g} of a face are not kept.",
                remedy="Measure this checkpoint without --from-crops.",
            )
    stage = _Stage(_Replaying(clip), card)
    nothing = np.empty((0, 0, 3), np.uint8)
    windows = [
        stage.add(SampledFrame(window, Frame(time_s, nothing))) for window, time_s in clip.samples
    ]
    last, end = stage.finish()
    return ClipFaces(tuple(w for w in (*windows, last) if w is not None), end)


class CropStore:
    """A folder of npz files, one per clip and sampling, for all checkpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, video_id: str, settings: AnalysisSettings) -> Path:
        facts = [
            FORMAT, face_stage_version(), WIDE_MARGIN, SURROUNDINGS, video_id, settings.sampling,
            settings.frames, settings.budget_frames, settings.detector,
        ]  # fmt: skip
        return self.folder / f"{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]}.npz"

    def get(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> KeptClip:
        """The faces of a clip: from the folder, or found now and put there.

        Raises:
            MediaError: if the video cannot be read.
            OutputError: if the file cannot be written.
            Cancelled: between two frames; nothing half written stays.
        """
        path = self.path(job.video_id, settings)
        if path.exists():
            return load_faces(path)
        clip = find_faces(job.path(), settings, cancel)
        save_faces(path, clip)
        return clip


def save_faces(path: Path, clip: KeptClip) -> None:
    """Write whole or not at all.

    Raises:
        OutputError: if it cannot be written.
    """
    faces = [(call, face) for call, answer in enumerate(clip.answers) for face in answer]
    table = [
        (
            call, f.person, f.piece, f.place.time_s, *asdict(f.place.box).values(),
            f.place.detected, f.searched, f.height_px, f.width_px, f.left_px, f.top_px,
            len(f.png),
        )
        for call, f in faces
    ]  # fmt: skip
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(
                file,
                samples=np.asarray(clip.samples, np.float64).reshape(-1, 2),
                calls=np.asarray(len(clip.answers)),
                faces=np.asarray(table, np.float64),
                png=np.frombuffer(b"".join(f.png for _, f in faces), np.uint8),
            )
        part.replace(path)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror}).", path=path) from error
    finally:
        part.unlink(missing_ok=True)


def load_faces(path: Path) -> KeptClip:
    """What ``save_faces`` wrote."""
    with np.load(path, allow_pickle=False) as data:
        samples, table, png = data["samples"].tolist(), data["faces"].tolist(), data["png"]
        answers: list[list[KeptFace]] = [[] for _ in range(int(data["calls"]))]
    start = 0
    for row in table:
        call, person, piece = map(int, row[:3])
        detected, searched = map(bool, row[8:10])
        height, width, left, top, size = map(int, row[10:])
        place = TimedBox(row[3], FaceBox(*row[4:8]), detected)
        blob = png[start : start + size].tobytes()
        answers[call].append(
            KeptFace(person, piece, place, searched, height, width, left, top, blob)
        )
        start += size
    return KeptClip(
        tuple((int(window), time_s) for window, time_s in samples),
        tuple(tuple(answer) for answer in answers),
    )


class SequenceScorer(Protocol):
    """What a network stage needs of a scorer."""

    device: str
    precision: Precision
    fallbacks: tuple[Reason, ...]

    def logit(
        self,
        crops: Sequence[Image],
        *,
        traces: Floats | None = None,
        patches: Sequence[PatchPair] = (),
        features: Sequence[Tensor] = (),
        cancel: CancelToken | None = None,
    ) -> float: ...


class _RememberingScorer(Scorer):
    """Computes the features of one and the same crop only once."""

    def __init__(self, scorer: Scorer) -> None:
        super().__init__(scorer.checkpoint, scorer.device)
        self.fallbacks = scorer.fallbacks
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

    def __init__(self, file: CheckpointFile, device: Device, scorer: SequenceScorer | None) -> None:
        super().__init__(file, device, Thresholds(), CancelToken(), lambda event: None)
        self._scorer = scorer or _RememberingScorer(self._scorer)  # type: ignore[assignment]

    def restart(self) -> None:
        self._people = {}


class StoredEngine:
    """An ``Engine`` that finds faces once per clip and sampling, for any number of checkpoints.

    The network is loaded when the first clip is scored; a checkpoint that cannot be used raises
    its CheckpointError then. ``scorer`` takes the network's place (a baseline); ``card`` says how
    it wants its crops.
    """

    def __init__(
        self,
        store: CropStore,
        file: CheckpointFile,
        card: Card,
        *,
        device: Device = "auto",
        scorer: SequenceScorer | None = None,
    ) -> None:
        self._store = store
        self._file = file
        self._card = card
        self._device: Device = device
        self._own_scorer = scorer

    @cached_property
    def _stage(self) -> _Replay:
        return _Replay(self._file, self._device, self._own_scorer)

    def __call__(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> Examined:
        return self.score(self.faces(job, settings, cancel), cancel)

    def faces(self, job: Job, settings: AnalysisSettings, cancel: CancelToken) -> ClipFaces:
        """The first half of an analysis, from the store where it is there."""
        return cut(self._store.get(job, settings, cancel), self._card)

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
