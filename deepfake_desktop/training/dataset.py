"""Pairs of a real face and its own fake, through one chain: what both stages train on.

A *unit* is one face seen twice: two chains, and under each the real picture and a fake of it. So
a batch always holds, for every fake, its own original from the same source with the same camera
and codec, and for every real picture itself at another quality.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.types import FaceBox, Image
from deepfake_desktop.training import chain as chains
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.fakes import KINDS, Subject, possible
from deepfake_desktop.training.fakes.base import Points, as_floats, as_image
from deepfake_desktop.training.synthetic_cache import SyntheticCache

GIVEN = "given"
"""The kind of a pair whose fake came labelled, from a folder of fakes."""


@dataclass(frozen=True, slots=True)
class PairSettings:
    """Everything that decides how a pair is made (part of the recipe)."""

    image_size: int = 224
    crop_margin: float = 0.3
    margin_jitter: float = 0.1
    shift_jitter: float = 0.06
    chain_strength: float = 1.0
    denoised_share: float = 0.0
    """Of the chains, real and fake alike, this share smooths the whole picture."""
    still_share: float = 0.4
    largest_face_px: float = 210.0
    smaller_share: float = 0.5
    """Of the faces drawn, this share is made smaller than it is."""
    synthetic_share: float = 0.5
    """Of the faces drawn, this share is tried to be one with cached reconstructions."""
    given_share: float = 0.5
    """Where labelled fakes are given, this share of the pairs uses one of them."""
    kinds: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    real: Image
    fake: Image
    kind: str


class PairMaker:
    """Draws faces balanced over sources and clips and makes pairs of them."""

    def __init__(
        self,
        store: FaceStore,
        indices: npt.NDArray[np.int64],
        settings: PairSettings,
        synthetic: SyntheticCache | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.synthetic = synthetic
        self.stills: dict[str, list[int]] = defaultdict(list)
        given = indices[store.fake[indices]]
        indices = indices[~store.fake[indices]]
        self.faces = indices
        self.given = [int(i) for i in given]
        self.given_clips = store.clips(given)
        for index in indices:
            if not store.clip[index]:
                self.stills[str(store.source[index])].append(int(index))
        self.clips = store.clips(indices)
        self._still_sources = sorted(self.stills)
        self._clip_names = sorted(self.clips)
        if not self._still_sources and not self._clip_names:
            raise ValueError("there is no face to train on")
        sizes = np.asarray([len(self.stills[s]) for s in self._still_sources], dtype=np.float64)
        self._still_weights = np.sqrt(sizes) / max(np.sqrt(sizes).sum(), 1e-9)
        # A folder of many short clips of one source counts by the square root of its clips.
        per_source: dict[str, int] = defaultdict(int)
        sources = [str(store.source[self.clips[c][0]]) for c in self._clip_names]
        for source in sources:
            per_source[source] += 1
        weights = np.asarray([per_source[s] ** -0.4 for s in sources], dtype=np.float64)
        self._clip_weights = weights / max(weights.sum(), 1e-9)
        kinds = settings.kinds or dict.fromkeys(KINDS, 1.0)
        self._kinds = [k for k in KINDS if kinds.get(k, 0) > 0]
        self._kind_weights = np.asarray([float(kinds[k]) for k in self._kinds])

    def draw_face(self, rng: np.random.Generator) -> int:
        stills = bool(self._still_sources) and (
            not self._clip_names or rng.random() < self.settings.still_share
        )
        if stills:
            source = str(rng.choice(self._still_sources, p=self._still_weights))
            return int(rng.choice(self.stills[source]))
        clip = str(rng.choice(self._clip_names, p=self._clip_weights))
        return int(rng.choice(self.clips[clip]))

    def draw_covered_face(self, rng: np.random.Generator) -> int:
        """As ``draw_face``, with the settings' share of faces that have reconstructions."""
        face = self.draw_face(rng)
        if self.synthetic is not None and rng.random() < self.settings.synthetic_share:
            for _ in range(30):
                if face in self.synthetic.rows:
                    break
                face = self.draw_face(rng)
        return face

    def draw_other_person(self, face: int, rng: np.random.Generator) -> int | None:
        """A face of somebody else; None where four draws found nobody."""
        for _ in range(4):
            other = self.draw_face(rng)
            if self.store.identity[other] != self.store.identity[face]:
                return other
        return None

    def draw_kind(self, rng: np.random.Generator, subject: Subject) -> str:
        can = np.asarray([possible(kind, subject) for kind in self._kinds])
        weights = self._kind_weights * can
        return str(rng.choice(self._kinds, p=weights / weights.sum()))

    def subject(
        self,
        face: int,
        rng: np.random.Generator,
        *,
        image: Image | None = None,
        landmarks: Points | None = None,
    ) -> Subject:
        """The face at working size with a donor, another moment, and its reconstructions.

        ``image`` and ``landmarks`` replace what the store holds, for clips.
        """
        window = None
        if image is None or landmarks is None:
            image, landmarks = self.sized(face, rng)
            sized = image.shape
            window = self._window(sized, landmarks)
            x0, y0, x1, y1 = window
            image, landmarks = image[y0:y1, x0:x1], landmarks - np.array([x0, y0], np.float32)
        points = landmarks
        other = None
        clip = str(self.store.clip[face])
        if clip:
            other = self._plain(int(rng.choice(self.clips[clip])))
        donor_face = self.draw_other_person(face, rng)
        donor = None if donor_face is None else self._plain(donor_face)
        made = {}
        if self.synthetic is not None:
            for name, decoded in self.synthetic.images(face).items():
                if window is None:
                    made[name] = fit(decoded, image.shape)
                else:
                    x0, y0, x1, y1 = window
                    made[name] = fit(decoded, sized)[y0:y1, x0:x1]
        return Subject(image, points, donor=donor, other=other, synthetic=made)

    def unit(self, rng: np.random.Generator, *, views: int = 2) -> list[Pair]:
        """``views`` pairs of one face, each with its own chain and its own kind of fake."""
        subject = self.subject(self.draw_covered_face(rng), rng)
        return [self.pair(subject, rng) for _ in range(views)]

    def pair(self, subject: Subject, rng: np.random.Generator, *, kind: str | None = None) -> Pair:
        """The subject and one fake of it under one chain and framing; ``kind`` draws which."""
        box = box_from_landmarks(subject.landmarks)
        fake_box = box
        if kind is None and self.given and rng.random() < self.settings.given_share:
            kind = GIVEN
            fake, points = self.sized(int(rng.choice(self.given)), rng)
            fake_box = box_from_landmarks(points)
        else:
            kind = kind or self.draw_kind(rng, subject)
            fake = KINDS[kind](rng, subject)(subject.image, subject.landmarks, 0)
        real = subject.image
        chain = self.draw_chain(rng, box.width_px)
        seeds = rng.integers(0, 2**31, size=2)
        framing = draw_framing(rng, self.settings)
        flip = bool(rng.random() < 0.5)
        finished = [
            frame_face(
                chains.apply([image], chain, seed=int(seed))[0],
                image.shape,
                around,
                framing,
                size=self.settings.image_size,
                flip=flip,
            )
            for image, around, seed in zip((real, fake), (box, fake_box), seeds, strict=True)
        ]
        return Pair(finished[0], finished[1], kind)

    def draw_chain(self, rng: np.random.Generator, face_px: float) -> chains.Chain:
        settings = self.settings
        return chains.draw(
            rng,
            face_px=face_px,
            strength=settings.chain_strength,
            denoised=settings.denoised_share,
        )

    def sized(self, face: int, rng: np.random.Generator) -> tuple[Image, Points]:
        """The stored face, at most ``largest_face_px`` wide and sometimes smaller."""
        image, points = self._plain(face)
        width = box_from_landmarks(points).width_px
        largest = self.settings.largest_face_px
        scale = min(1.0, largest / width)
        if width > 100 and rng.random() < self.settings.smaller_share:
            scale = min(scale, float(rng.uniform(90, max(91.0, min(width, largest)))) / width)
        if scale > 0.97:
            return image, points
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        small = as_image(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
        ratio = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
        return small, as_floats(points * ratio)

    def _window(self, shape: tuple[int, ...], landmarks: Points) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of what can come into the crop at all: the rest is work."""
        box = box_from_landmarks(landmarks)
        reach = (
            self.settings.crop_margin
            + self.settings.margin_jitter
            + 2 * self.settings.shift_jitter
            + 0.1
        ) * box.width_px
        return (
            max(0, int(box.left_px - reach)),
            max(0, int(box.top_px - reach)),
            min(shape[1], int(box.right_px + reach) + 1),
            min(shape[0], int(box.bottom_px + reach) + 1),
        )

    def _plain(self, face: int) -> tuple[Image, Points]:
        return self.store.image(face), self.store.landmarks[face]


@dataclass(frozen=True, slots=True)
class Framing:
    """How a detector's box differs from the landmarks' box, and the margin around it."""

    margin: float
    shift_x: float
    shift_y: float
    scale: float


def draw_framing(rng: np.random.Generator, settings: PairSettings) -> Framing:
    return Framing(
        margin=settings.crop_margin + float(rng.uniform(-1, 1)) * settings.margin_jitter,
        shift_x=float(rng.normal()) * settings.shift_jitter,
        shift_y=float(rng.normal()) * settings.shift_jitter,
        scale=float(np.exp(rng.normal() * 0.07)),
    )


def frame_face(
    image: Image,
    original: tuple[int, ...],
    box: FaceBox,
    framing: Framing,
    *,
    size: int,
    flip: bool,
) -> Image:
    """The network's input: ``box`` is in pixels of the ``original`` shape, before the chain."""
    ratio_x, ratio_y = image.shape[1] / original[1], image.shape[0] / original[0]
    half = box.width_px * framing.scale / 2
    x = (box.left_px + box.right_px) / 2 + framing.shift_x * box.width_px
    y = (box.top_px + box.bottom_px) / 2 + framing.shift_y * box.height_px
    moved = FaceBox(
        (x - half) * ratio_x, (y - half) * ratio_y, (x + half) * ratio_x, (y + half) * ratio_y
    )
    crop = crop_face(image, moved, margin=framing.margin, size=size)
    return np.ascontiguousarray(crop[:, ::-1]) if flip else crop


def fit(image: Image, shape: tuple[int, ...]) -> Image:
    """Scaled to the height and width of ``shape``."""
    if image.shape[:2] == shape[:2]:
        return image
    shrinks = image.shape[0] > shape[0]
    return np.asarray(
        cv2.resize(
            image,
            (shape[1], shape[0]),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC,
        ),
        dtype=np.uint8,
    )
