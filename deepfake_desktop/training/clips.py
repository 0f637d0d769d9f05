"""Pairs of clips: a real one and its fake, whose parameters drift, through one chain."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.patches import PATCH_EVERY, cut_patch
from deepfake_desktop.core.traces import Floats, TraceMeter, summarise, surroundings
from deepfake_desktop.core.types import FaceBox, Image
from deepfake_desktop.training import chain as chains
from deepfake_desktop.training import motion
from deepfake_desktop.training.dataset import GIVEN, PairMaker, draw_framing, fit, frame_face
from deepfake_desktop.training.face_store import box_from_landmarks, eyes_and_nose_of
from deepfake_desktop.training.fakes import KINDS
from deepfake_desktop.training.fakes.base import Points
from deepfake_desktop.training.synthetic_cache import FITTED


@dataclass(frozen=True, slots=True, eq=False)
class Native:
    """``traces`` as ``core.traces.summarise`` gives them; ``patches``: the pairs of
    ``core.patches`` that an analysis cuts, (P, 2, 3, PATCH_PX, PATCH_PX, 4) uint8."""

    traces: Floats
    patches: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class ClipPair:
    """(N, S, S, 3) uint8 each; ``kind`` of fake and the identity behind both. ``real_native`` and
    ``fake_native`` are what their own resolution shows, where that was asked for."""

    real: npt.NDArray[np.uint8]
    fake: npt.NDArray[np.uint8]
    kind: str
    identity: str
    real_native: Native | None = None
    fake_native: Native | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Pictures of one size with their landmarks, before they are framed."""

    real: list[Image]
    fake: list[Image]
    real_points: list[Points]
    fake_points: list[Points]
    kind: str
    identity: str


def make_clip_pair(
    maker: PairMaker, rng: np.random.Generator, *, frames: int, native: bool = False
) -> ClipPair:
    """One unit of the sequence stage, ``frames`` long."""
    settings = maker.settings
    drawn = _draw(maker, rng, frames)
    chain = maker.draw_chain(rng, box_from_landmarks(drawn.real_points[0]).width_px)
    seeds = rng.integers(0, 2**31, size=2)
    framing = draw_framing(rng, settings)
    flip = bool(rng.random() < 0.5)
    finished, measured = [], []
    sides = ((drawn.real, drawn.real_points), (drawn.fake, drawn.fake_points))
    for (clip, marks), seed in zip(sides, seeds, strict=True):
        shape = clip[0].shape
        images = chains.apply(clip, chain, seed=int(seed))
        boxes = _steady([box_from_landmarks(p) for p in marks])
        crops = [
            frame_face(image, shape, box, framing, size=settings.image_size, flip=flip)
            for image, box in zip(images, boxes, strict=True)
        ]
        finished.append(np.stack(crops))
        measured.append(_native_of(images, marks, shape) if native else None)
    return ClipPair(finished[0], finished[1], drawn.kind, drawn.identity, measured[0], measured[1])


def make_trace_pair(
    maker: PairMaker, rng: np.random.Generator, *, frames: int
) -> tuple[Native, Native, str, str]:
    """A real clip and its fake in their own resolution, the kind, the identity: a unit of the trace
    stage."""
    drawn = _draw(maker, rng, frames)
    chain = chains.draw_codec(rng)
    seeds = rng.integers(0, 2**31, size=2)
    real = chains.apply(drawn.real, chain, seed=int(seeds[0]))
    fake = chains.apply(drawn.fake, chain, seed=int(seeds[1]))
    return (
        _native_of(real, drawn.real_points, drawn.real[0].shape),
        _native_of(fake, drawn.fake_points, drawn.fake[0].shape),
        drawn.kind,
        drawn.identity,
    )


def _draw(maker: PairMaker, rng: np.random.Generator, frames: int) -> _Drawn:
    face = maker.draw_covered_face(rng)
    identity = str(maker.store.identity[face])
    originals, points, run = _frames_of(maker, face, rng, frames)
    if maker.given_clips and rng.random() < maker.settings.given_share:
        members = maker.given_clips[str(rng.choice(sorted(maker.given_clips)))]
        fakes, fake_points, _ = _frames_of(maker, int(rng.choice(members)), rng, frames)
        return _Drawn(originals, fakes, points, fake_points, GIVEN, identity)
    at = run[0] if run else face
    first = maker.subject(at, rng, image=originals[0], landmarks=points[0])
    subject = replace(first, steps=frames, runs=_decoded_runs(maker, run, originals))
    kind = maker.draw_kind(rng, subject)
    render = KINDS[kind](rng, subject)
    fakes = [render(originals[k], points[k], k) for k in range(frames)]
    return _Drawn(originals, fakes, points, points, kind, identity)


def _native_of(images: list[Image], marks: list[Points], shape: tuple[int, ...]) -> Native:
    """``marks`` are in pixels of ``shape``, before the chain may have scaled the pictures."""
    height, width = images[0].shape[:2]
    ratio = np.array([width / shape[1], height / shape[0]], np.float32)
    seen = [
        surroundings(image, eyes_and_nose_of(points) * ratio)
        for image, points in zip(images, marks, strict=True)
    ]
    meter = TraceMeter()
    traces = summarise([meter.add(*around) for around in seen])
    pairs = [
        np.stack([cut_patch(*seen[k]), cut_patch(*seen[k + 1])])
        for k in range(0, len(seen) - 1, PATCH_EVERY)
    ]
    return Native(traces, np.stack(pairs))


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
            image, points = maker.sized(run[0], rng)
            images, marks = [image], [points]
            stored = store.image(run[0])
            scale = image.shape[1] / stored.shape[1]
            for index in run[1:]:
                stored = store.image(index)
                size = (round(stored.shape[1] * scale), round(stored.shape[0] * scale))
                scaled = fit(stored, (size[1], size[0], 3))
                ratio = np.array([size[0] / stored.shape[1], size[1] / stored.shape[0]], np.float32)
                images.append(_on_canvas(scaled, image.shape))
                marks.append(store.landmarks[index] * ratio)
            return images, marks, run
    image, landmarks = maker.sized(face, rng)
    return *motion.move(rng, image, landmarks, steps=frames), []


def _on_canvas(image: Image, shape: tuple[int, ...]) -> Image:
    """Cut or continued to the right and below to ``shape``, so that no pixel is resampled."""
    image = image[: shape[0], : shape[1]]
    missing = (0, shape[0] - image.shape[0], 0, shape[1] - image.shape[1])
    if not any(missing):
        return image
    return np.asarray(cv2.copyMakeBorder(image, *missing, cv2.BORDER_REPLICATE), dtype=np.uint8)


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
    first = maker.store.image(run[0]).shape
    canvas = originals[0].shape
    sizes = [
        tuple(
            round(side * canvas[k] / first[k]) for k, side in enumerate(maker.store.image(i).shape)
        )
        for i in run
    ]
    return {
        name: [
            _on_canvas(fit(found[name], size), canvas)
            for found, size in zip(made, sizes, strict=True)
        ]
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
