"""The trace stage: one linear output per kind of manipulation over a sequence's traces.

The traces (``core.traces``) of a clip pair are some hundred numbers, so a fit takes seconds. Few
parameters, strongly held back, are on purpose: the made fakes only resemble the real ones, and
what separates them best is not what carries over.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepfake_desktop.core.network import TraceHead
from deepfake_desktop.training.clips import make_trace_pair
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
    """Clips in their own resolution; stills and shorter clips have no change to be measured, and of
    labelled fakes no family is known.

    Raises:
        ValueError: if there is no clip of a real person.
    """
    settings = replace(
        pairs,
        largest_face_px=stage.largest_face_px,
        smaller_share=0.0,
        synthetic_share=1.0,
        still_share=0.0,
        given_share=0.0,
        kinds=stage.kinds,
    )
    clips = store.clips(store.split(held_out=held_out)).values()
    faces = [face for clip in clips if len(clip) >= stage.frames for face in clip]
    return PairMaker(store, np.asarray(sorted(faces), dtype=np.int64), settings, synthetic)


def measure_traces(
    maker: PairMaker,
    stage: TraceStage,
    *,
    seed: int,
    report: Callable[[int], None] | None = None,
) -> TraceSet:
    """The traces of ``stage.clips`` pairs; those of a number do not depend on the others."""
    made = []
    for number in range(stage.clips):
        rng = np.random.default_rng((seed, number))
        made.append(make_trace_pair(maker, rng, frames=stage.frames))
        if report is not None:
            report(number + 1)
    real, fake, kinds, identities = zip(*made, strict=True)
    return TraceSet(np.stack(real), np.stack(fake), kinds, identities)


def fit_traces(found: TraceSet, stage: TraceStage) -> TraceHead:
    """Penalised logistic regression (L-BFGS), an output for each family, people weighted by the
    square root of their clips. Deterministic."""
    both = np.concatenate([found.real, found.fake])
    head = TraceHead(both.shape[1], len(FAMILIES))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what no clip shows; it weighs nothing
        head.mean.copy_(torch.from_numpy(np.nan_to_num(np.nanmean(both, axis=0))))
        head.scale.copy_(torch.from_numpy(np.nan_to_num(np.nanstd(both, axis=0)) + 1e-3))
    head.voices.copy_(torch.tensor(stage.voices))
    head.requires_grad_(True)
    traces = head.standardised(torch.from_numpy(both))
    target, weight = _targets(found)
    nn.init.zeros_(head.linear.weight)
    nn.init.zeros_(head.linear.bias)
    optimiser = torch.optim.LBFGS(
        head.linear.parameters(), max_iter=200, line_search_fn="strong_wolfe"
    )

    def closure() -> float:
        optimiser.zero_grad()
        losses = nn.functional.binary_cross_entropy_with_logits(
            head.linear(traces), target, weight=weight, reduction="sum"
        )
        loss = losses / len(found.kinds) + 0.5 * stage.penalty * head.linear.weight.square().sum()
        torch.autograd.backward(loss)
        return loss.item()

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return head.eval().requires_grad_(False)


def _targets(found: TraceSet) -> tuple[Tensor, Tensor]:
    """(2P, families) each: real clips first. A fake of another family weighs nothing; in every
    family real and fake weigh the same, and nothing where no fake of it was made."""
    names, people = np.unique(found.identities, return_counts=True)
    of_person = {name: 1 / np.sqrt(count) for name, count in zip(names, people, strict=True)}
    own = np.asarray([of_person[name] for name in found.identities])
    count = len(own)
    target = np.zeros((2 * count, len(FAMILIES)), np.float32)
    target[count:] = 1.0
    weight = np.zeros_like(target)
    for column, kinds in enumerate(FAMILIES.values()):
        mine = np.asarray([kind in kinds for kind in found.kinds]) * own
        if mine.any():
            weight[:count, column] = own / own.sum()
            weight[count:, column] = mine / mine.sum()
    return torch.from_numpy(target), torch.from_numpy(weight * count)
