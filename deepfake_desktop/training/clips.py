"""Pairs of clips: a real one and its fake, whose parameters drift, through one chain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import FaceBox, Image
from deepfake_desktop.training import chain as chains
from deepfake_desktop.training import motion
from deepfake_desktop.training.dataset import GIVEN, PairMaker, draw_framing, fit, frame_face
from deepfake_desktop.training.face_store import box_from_landmarks
from deepfake_desktop.training.fakes import KINDS
from deepfake_desktop.training.fakes.base import Points
from deepfake_desktop.training.synthetic_cache import FITTED


@dataclass(frozen=True, slots=True, eq=False)
class ClipPair:
    """(N, S, S, 3) uint8 each; ``kind`` of fake and the identity behind both."""

    real: npt.NDArray[np.uint8]
    fake: npt.NDArray[np.uint8]
    kind: str
    identity: str


def make_clip_pair(maker: PairMaker, rng: np.random.Generator, *, frames: int) -> ClipPair:
    """One unit of the sequence stage, ``frames`` long."""
    settings = maker.settings
    face = maker.draw_covered_face(rng)
    originals, points, run = _frames_of(maker, face, rng, frames)
    if maker.given_clips and rng.random() < settings.given_share:
        kind = GIVEN
        members = maker.given_clips[str(rng.choice(sorted(maker.given_clips)))]
        fakes, fake_points, _ = _frames_of(maker, int(rng.choice(members)), rng, frames)
    else:
        at = run[0] if run else face
        first = maker.subject(at, rng, image=originals[0], landmarks=points[0])
        subject = replace(first, steps=frames, runs=_decoded_runs(maker, run, originals))
        kind = maker.draw_kind(rng, subject)
        render = KINDS[kind](rng, subject)
        fakes = [render(originals[k], points[k], k) for k in range(frames)]
        fake_points = points
    face_px = box_from_landmarks(points[0]).width_px
    chain = chains.draw(rng, face_px=face_px, strength=settings.chain_strength)
    seeds = rng.integers(0, 2**31, size=2)
    framing = draw_framing(rng, settings)
    flip = bool(rng.random() < 0.5)
    finished = [
        np.stack(
            [
                frame_face(image, clip[0].shape, box, framing, size=settings.image_size, flip=flip)
                for image, box in zip(
                    chains.apply(clip, chain, seed=int(seed)),
                    _steady([box_from_landmarks(p) for p in marks]),
                    strict=True,
                )
            ]
        )
        for clip, marks, seed in zip((originals, fakes), (points, fake_points), seeds, strict=True)
    ]
    return ClipPair(finished[0], finished[1], kind, str(maker.store.identity[face]))


def _frames_of(
    maker: PairMaker, face: int, rng: np.random.Generator, frames: int
) -> tuple[list[Image], list[Points], list[int]]:
    """Consecutive stored frames with ``face`` among them, and which; a still or too short a clip
    is set in motion."""
    store = maker.store
    clip = str(store.clip[face])
    if clip:
        members = (maker.given_clips if store.fake[face] else maker.clips)[clip]
        run = _run_with(members, face, store.time_s, frames)
        if run:
            image, _ = maker.sized(run[0], rng)
            shape = image.shape
            images, marks = [], []
            for index in run:
                stored = store.image(index)
                images.append(fit(stored, shape))
                ratio = np.array(
                    [shape[1] / stored.shape[1], shape[0] / stored.shape[0]], np.float32
                )
                marks.append(store.landmarks[index] * ratio)
            return images, marks, run
    image, landmarks = maker.sized(face, rng)
    return *motion.move(rng, image, landmarks, steps=frames), []


def _run_with(
    members: list[int], face: int, times: npt.NDArray[np.float64], frames: int
) -> list[int]:
    """``frames`` of ``members`` without a gap, from ``face`` on or as little before it as can be;
    empty if there are none."""
    at = members.index(face)
    for start in range(at, max(-1, at - frames), -1):
        run = members[start : start + frames]
        if len(run) == frames and float(np.diff(times[run]).max(initial=0)) < 0.2:
            return run
    return []


def _decoded_runs(
    maker: PairMaker, run: list[int], originals: list[Image]
) -> dict[str, list[Image]]:
    """The networks that every frame of ``run`` went through, with their pictures."""
    if maker.synthetic is None or not run:
        return {}
    made = [maker.synthetic.images(face) for face in run]
    return {
        name: [fit(found[name], image.shape) for found, image in zip(made, originals, strict=True)]
        for name in made[0]
        if name.startswith(FITTED) and all(name in found for found in made)
    }


def _steady(boxes: list[FaceBox]) -> list[FaceBox]:
    """Boxes smoothed over five frames, as a tracker's are."""
    values = np.asarray([[b.left_px, b.top_px, b.right_px, b.bottom_px] for b in boxes])
    padded = np.pad(values, ((2, 2), (0, 0)), mode="edge")
    smooth = np.stack([padded[k : k + len(values)] for k in range(5)]).mean(axis=0)
    return [FaceBox(*(float(v) for v in row)) for row in smooth]


def resize_clip(clip: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """(N, S, S, 3) to (N, size, size, 3), for sheets."""
    return np.stack([cv2.resize(f, (size, size), interpolation=cv2.INTER_AREA) for f in clip])
