"""The trace stage: one linear output per kind of manipulation over a sequence's traces.

The traces (``core.traces``) and the texture (``TextureStem``) of a clip are some hundred numbers,
so a fit takes a moment. Few parameters, strongly held back, are on purpose: the made fakes only
resemble the real ones, and what separates them best is not what carries over.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from deepfake_desktop.core.network import FrameSequenceNetwork, TextureStem, TraceHead
from deepfake_desktop.training import backbones
from deepfake_desktop.training.clips import Native, make_trace_pair
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.synthetic_cache import SyntheticCache
from deepfake_desktop.training.trace_settings import FAMILIES, TraceStage


@dataclass(frozen=True, slots=True, eq=False)
class TraceSet:
    """``real`` and ``fake``: (P, T) float32 with NaN; ``kinds`` and ``identities`` of the P.
    ``made_as`` says what they were made from and how."""

    real: npt.NDArray[np.float32]
    fake: npt.NDArray[np.float32]
    kinds: tuple[str, ...]
    identities: tuple[str, ...]
    made_as: str = ""

    def save(self, path: Path) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file,
                real=self.real,
                fake=self.fake,
                kinds=np.asarray(self.kinds),
                identities=np.asarray(self.identities),
                made_as=np.asarray(self.made_as),
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> TraceSet:
        with np.load(path) as data:
            return cls(
                data["real"],
                data["fake"],
                tuple(map(str, data["kinds"])),
                tuple(map(str, data["identities"])),
                str(data["made_as"]),
            )


def trace_maker(
    store: FaceStore,
    pairs: PairSettings,
    stage: TraceStage,
    synthetic: SyntheticCache | None,
    *,
    held_out: bool,
) -> PairMaker:
    """Faces in their own resolution, stills set in motion among them; shorter clips have too little
    change to be measured, and of labelled fakes no family is known.

    Raises:
        ValueError: if there is no clip of a real person.
    """
    settings = replace(
        pairs,
        largest_face_px=stage.largest_face_px,
        smaller_share=stage.smaller_share,
        still_share=stage.still_share,
        given_share=0.0,
        kinds=stage.kinds,
    )
    chosen = store.split(held_out=held_out)
    clips = store.clips(chosen).values()
    faces = [face for clip in clips if len(clip) >= stage.frames for face in clip]
    faces += [int(face) for face in chosen if not store.clip[face]]
    return PairMaker(store, np.asarray(sorted(faces), dtype=np.int64), settings, synthetic)


def measure_traces(
    maker: PairMaker,
    stage: TraceStage,
    *,
    seed: int,
    stem: TextureStem | None = None,
    report: Callable[[int], None] | None = None,
) -> TraceSet:
    """The traces of ``stage.clips`` pairs, and what ``stem`` makes of their patches; those of a
    number do not depend on the others."""
    made = []
    for number in range(stage.clips):
        rng = np.random.default_rng((seed, number))
        real, fake, kind, identity = make_trace_pair(maker, rng, frames=stage.frames)
        made.append((_numbers(real, stem), _numbers(fake, stem), kind, identity))
        if report is not None:
            report(number + 1)
    reals, fakes, kinds, identities = zip(*made, strict=True)
    return TraceSet(np.stack(reals), np.stack(fakes), kinds, identities)


def texture_stem() -> TextureStem:
    """Its blocks as they came from ImageNet, where they are at hand. They are not trained on: such
    blocks get better on made fakes, and worse on everybody else's."""
    whole = FrameSequenceNetwork("efficientnet_lite0", hidden=1)
    backbones.start(whole, "efficientnet_lite0", "imagenet")
    stem = TextureStem()
    stem.blocks.load_state_dict(whole.model[: TextureStem.BLOCKS].state_dict())
    return stem.eval().requires_grad_(False)


@torch.inference_mode()
def _numbers(native: Native, stem: TextureStem | None) -> npt.NDArray[np.float32]:
    """What ``FrameSequenceNetwork.evidence`` makes of it."""
    if stem is None:
        return native.traces
    texture = stem.mean(torch.from_numpy(native.patches)).numpy()
    return np.concatenate([native.traces, texture])


def fit_traces(found: TraceSet, stage: TraceStage) -> TraceHead:
    """Fisher's linear discriminant (1936) with a ridge, an output for each family: the mean
    difference of a fake from its own original, over the covariance of all real clips.

    So a direction in which cameras, codecs and people differ counts little, however well it tells
    made fakes from their originals. People are weighted by the square root of their clips, the
    outputs are log-odds at even odds. In closed form.
    """
    both = np.concatenate([found.real, found.fake])
    head = TraceHead(both.shape[1], len(FAMILIES)).requires_grad_(False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what no clip shows; it weighs nothing
        head.mean.copy_(torch.from_numpy(np.nan_to_num(np.nanmean(both, axis=0))))
        head.scale.copy_(torch.from_numpy(np.nan_to_num(np.nanstd(both, axis=0)) + 1e-3))
    head.voices.copy_(torch.tensor(stage.voices))
    real, fake = (
        head.standardised(torch.from_numpy(side)).double() for side in (found.real, found.fake)
    )
    names, people = np.unique(found.identities, return_counts=True)
    of_person = {name: 1 / np.sqrt(count) for name, count in zip(names, people, strict=True)}
    weight = torch.tensor([of_person[name] for name in found.identities], dtype=torch.float64)
    within = torch.cov(real.T, aweights=weight, correction=0)
    within += stage.ridge * torch.eye(len(within))
    for column, kinds in enumerate(FAMILIES.values()):
        mine = torch.tensor([kind in kinds for kind in found.kinds])
        if not mine.any():
            head.linear.weight[column] = 0.0
            head.linear.bias[column] = 0.0
            continue
        share = (weight[mine] / weight[mine].sum())[:, None]
        apart = (share * (fake[mine] - real[mine])).sum(dim=0)
        middle = (share * (fake[mine] + real[mine])).sum(dim=0) / 2
        direction = torch.linalg.solve(within, apart)
        head.linear.weight[column] = direction
        head.linear.bias[column] = -direction @ middle
    return head.eval().requires_grad_(False)
