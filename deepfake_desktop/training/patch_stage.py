"""The patch stage: a shallow network on faces in the picture's own pixels, and their change.

Its blocks stay as they came from ImageNet; only what judges their features is trained. That is on
purpose: blocks that train along get better on made fakes, and worse on everybody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from deepfake_desktop.core.network import FrameSequenceNetwork, PatchHead
from deepfake_desktop.training import backbones, losses
from deepfake_desktop.training.clips import make_patch_pairs
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.ema import Ema
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.patch_settings import PatchStage
from deepfake_desktop.training.steps import Pictures, StepStream, load
from deepfake_desktop.training.synthetic_cache import SyntheticCache


def patch_maker(
    store: FaceStore, pairs: PairSettings, stage: PatchStage, synthetic: SyntheticCache | None
) -> PairMaker:
    """Faces in their own resolution, stills set in motion among them; no labelled fakes."""
    settings = replace(
        pairs,
        largest_face_px=stage.largest_face_px,
        smaller_share=0.0,
        still_share=stage.still_share,
        given_share=0.0,
        kinds=stage.kinds,
    )
    return PairMaker(store, store.split(held_out=False), settings, synthetic)


class PatchStream(StepStream):
    """Steps of (clips x moments, 2, 2, S, S, 4): real at 0 and fake at 1, each a face before and
    now."""

    def __init__(self, maker: PairMaker, stage: PatchStage, *, seed: int, first_step: int) -> None:
        self.maker = maker
        self.stage = stage
        self.seed = seed
        self.first_step = first_step

    def step(self, step: int) -> Pictures:
        made = []
        for clip in range(self.stage.clips):
            rng = np.random.default_rng((self.seed, step, clip))
            pairs, _ = make_patch_pairs(
                self.maker, rng, frames=self.stage.frames, moments=self.stage.moments
            )
            made += [crop_pair(pair, rng, side=self.stage.crop_px) for pair in pairs]
        return np.stack(made)


def crop_pair(pair: Pictures, rng: np.random.Generator, *, side: int) -> Pictures:
    """(2, 2, H, W, 4) to (2, 2, side, side, 4): the same place of real and fake, before and now,
    within what all four show where that is large enough; mirrored half of the time."""
    shown = pair[..., 3].min(axis=(0, 1))
    starts = []
    for axis in (0, 1):
        filled = np.flatnonzero(shown.any(axis=1 - axis))
        room = shown.shape[axis] - side
        low, high = (filled[0], filled[-1] + 1 - side) if len(filled) else (room // 2, room // 2)
        low, high = sorted((int(np.clip(low, 0, room)), int(np.clip(high, 0, room))))
        starts.append(int(rng.integers(low, high + 1)))
    top, left = starts
    part = pair[:, :, top : top + side, left : left + side]
    return np.ascontiguousarray(part[..., ::-1, :] if rng.random() < 0.5 else part)


class PatchTrainer:
    """A run in ``path``; made anew or, where that file is there, continued."""

    def __init__(self, maker: PairMaker, stage: PatchStage, path: Path, *, seed: int) -> None:
        self.maker = maker
        self.stage = stage
        self.path = path
        self.seed = seed
        torch.manual_seed(seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = start()
        self.network.stem.requires_grad_(False)
        self.network.to(self.device).to(memory_format=torch.channels_last)
        self.ema = Ema(self.network, decay=stage.ema_decay)
        self.optimiser = torch.optim.AdamW(
            self.network.judge.parameters(), lr=stage.learning_rate, weight_decay=stage.weight_decay
        )
        self.step = 0
        if path.exists():
            self._restore()

    def run(self, *, workers: int, report: Callable[[int], None] | None = None) -> None:
        """Train to the stage's end, saving on the way."""
        stream = PatchStream(self.maker, self.stage, seed=self.seed, first_step=self.step)
        batches = iter(load(stream, workers))
        try:
            while self.step < self.stage.steps:
                self.train_step(next(batches))
                self.step += 1
                if self.step % self.stage.save_every == 0 or self.step == self.stage.steps:
                    self.save()
                if report is not None:
                    report(self.step)
        finally:
            del batches

    def train_step(self, pairs: Tensor) -> tuple[float, float]:
        """(P, 2, 2, S, S, 4) uint8 to its loss and the share of pairs in order."""
        self.network.train()
        self.network.stem.eval()  # its normalisation, too, stays as it came
        scores = self.network(pairs.flatten(0, 1).to(self.device, non_blocking=True))
        real, fake = scores.view(-1, 2).unbind(dim=1)
        loss = losses.classification(real, fake, smoothing=0.0)
        loss = loss + self.stage.ranking_weight * losses.ranking(real, fake)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.judge.parameters(), 5.0)
        self.optimiser.step()
        self.ema.update(self.network)
        return loss.item(), (fake > real).float().mean().item()

    @property
    def made_as(self) -> str:
        """What decides a run, and not how far it goes."""
        settings = {**asdict(self.stage), "steps": 0, "voice": 0, "save_every": 0}
        return f"{len(self.maker.store)} faces, seed {self.seed}, {settings}"

    def save(self) -> None:
        """Write the state whole or not at all."""
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "step": self.step,
                "made_as": self.made_as,
                "network": self.network.state_dict(),
                "ema": self.ema.network.state_dict(),
                "ema_updates": self.ema.updates,
                "optimiser": self.optimiser.state_dict(),
                "random": torch.get_rng_state(),
            },
            part,
        )
        part.replace(self.path)

    def _restore(self) -> None:
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        if state["made_as"] != self.made_as or state["step"] > self.stage.steps:
            return  # of another recipe or other faces: begin again
        self.network.load_state_dict(state["network"])
        self.ema.network.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]
        torch.set_rng_state(state["random"])


def start() -> PatchHead:
    """A head whose stem holds the first blocks of the ImageNet network, where that is at hand."""
    whole = FrameSequenceNetwork("efficientnet_lite0", hidden=1)
    backbones.start(whole, "efficientnet_lite0", "imagenet")
    head = PatchHead()
    head.stem.load_state_dict(whole.model[: PatchHead.BLOCKS].state_dict())
    return head
