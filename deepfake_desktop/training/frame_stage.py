"""The frame-level stage: backbone and a linear head on pairs of single pictures.

Everything a run needs to go on (weights, averaged weights, optimiser, random state, step) is in
``state.pt``; the pairs of a step depend on seed and step alone, so a run that was broken off and
one that was not see the same pictures.
"""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.utils.data
from torch import Tensor, nn

from deepfake_desktop.core.inference import cuda_works
from deepfake_desktop.core.network import FrameSequenceNetwork, normalise
from deepfake_desktop.training import backbones, losses
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.ema import Ema
from deepfake_desktop.training.recipe import FrameStage, Recipe, as_dict

logger = logging.getLogger(__name__)

VIEWS = 2
Check = Callable[["FrameNetwork"], dict[str, float]]
Batches = Callable[[int], Iterable[Tensor]]
"""From a step's number on, endless steps as ``UnitStream`` gives them."""


class FrameNetwork(nn.Module):
    """Backbone, dropout, one linear logit of fake. Input may come from another device."""

    def __init__(self, network: FrameSequenceNetwork, *, dropout: float) -> None:
        super().__init__()
        self.model = network.model
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(network.features, 1)

    def features(self, images: Tensor) -> Tensor:
        maps: Tensor = self.model(images.to(self.head.weight.device))
        return maps.mean(dim=(2, 3))

    def judge(self, features: Tensor) -> Tensor:
        """(B, F) to (B,) logits of fake."""
        logits: Tensor = self.head(self.dropout(features.to(self.head.weight.device)))
        return logits[:, 0]

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) normalised to (B,) logits of fake."""
        return self.judge(self.features(images))


def training_device() -> torch.device:
    """CUDA where it works, else the processor."""
    return torch.device("cuda" if cuda_works() else "cpu")


def shrink(images: Tensor, side: int) -> Tensor:
    """(B, 3, H, W) averaged down to ``side``; 0 leaves them."""
    if side == 0 or images.shape[-1] == side:
        return images
    small = nn.functional.interpolate(images, size=(side, side), mode="area")
    return small.contiguous(memory_format=torch.channels_last)


class UnitStream(torch.utils.data.IterableDataset[Tensor]):
    """Endless steps of (units, views, 2, S, S, 3) uint8, real at 0 and fake at 1; each from its
    number alone, from ``first_step`` on, shared out among a loader's workers."""

    def __init__(self, maker: PairMaker, *, units: int, seed: int, first_step: int) -> None:
        self.maker = maker
        self.units = units
        self.seed = seed
        self.first_step = first_step

    def step(self, step: int) -> npt.NDArray[np.uint8]:
        found = []
        for unit in range(self.units):
            rng = np.random.default_rng((self.seed, step, unit))
            pairs = self.maker.unit(rng, views=VIEWS)
            found.append(np.stack([np.stack([p.real, p.fake]) for p in pairs]))
        return np.stack(found)

    def __iter__(self) -> Iterator[Tensor]:
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        step = self.first_step + (worker.id if worker else 0)
        while True:
            yield torch.from_numpy(self.step(step))
            step += worker.num_workers if worker else 1


def load(stream: UnitStream, workers: int) -> torch.utils.data.DataLoader[Tensor]:
    """Its steps in order, made by ``workers`` processes; by this one if there are none."""
    return torch.utils.data.DataLoader(
        stream,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None,
        generator=torch.Generator(),  # its own, so that dropout's is left alone
    )


@dataclass(slots=True)
class Progress:
    """What a caller may show. ``remaining_s`` counts only this stage."""

    step: int
    steps: int
    loss: float
    remaining_s: float


def learning_rate_factor(step: int, stage: FrameStage) -> float:
    """Linear warm-up, level, then a cosine to 2 % over the last ``decay_steps``."""
    if step < stage.warmup_steps:
        return (step + 1) / stage.warmup_steps
    begin = stage.steps - stage.decay_steps
    if step <= begin:
        return 1.0
    part = min(1.0, (step - begin) / max(1, stage.decay_steps))
    return float(0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * part)))


class FrameTrainer:
    """One run in ``folder``; made anew or, where ``state.pt`` lies there, continued."""

    def __init__(
        self,
        recipe: Recipe,
        maker: PairMaker,
        folder: Path,
        *,
        teacher: FrameNetwork | None = None,
        batches: Batches | None = None,
    ) -> None:
        """``batches``: where pairs come from, if not from processes that use ``maker``."""
        self.recipe = recipe
        self.teacher = teacher
        self.maker = maker
        self.batches = batches or self._from_processes
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(recipe.threads)
        base = FrameSequenceNetwork(recipe.backbone, hidden=1)
        self.origin = backbones.start(base, recipe.backbone, recipe.warm_start)
        stage = recipe.frame
        self.network = FrameNetwork(base, dropout=stage.dropout)
        self.device = training_device()
        self.network.to(self.device).to(memory_format=torch.channels_last)
        self.network.model[: stage.frozen_layers].requires_grad_(False)
        if teacher is not None:
            teacher.to(self.device)
        self.ema = Ema(self.network, decay=stage.ema_decay)
        decay: list[nn.Parameter] = []
        plain: list[nn.Parameter] = []
        for parameter in self.network.model[stage.frozen_layers :].parameters():
            (decay if parameter.ndim > 1 else plain).append(parameter)
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decay, "weight_decay": stage.weight_decay, "base": stage.learning_rate},
                {"params": plain, "weight_decay": 0.0, "base": stage.learning_rate},
                {
                    "params": list(self.network.head.parameters()),
                    "weight_decay": stage.weight_decay,
                    "base": stage.head_learning_rate,
                },
            ],
            lr=stage.learning_rate,
        )
        self.projection: nn.Linear | None = None
        if teacher is not None and stage.feature_weight > 0:
            self.projection = nn.Linear(base.features, teacher.head.in_features)
            self.projection.to(self.device)
            self.optimiser.add_param_group(
                {
                    "params": list(self.projection.parameters()),
                    "weight_decay": 0.0,
                    "base": stage.head_learning_rate,
                }
            )
        self.step = 0
        self.seconds = 0.0
        if self.state_path.exists():
            self._restore()

    @property
    def state_path(self) -> Path:
        return self.folder / "state.pt"

    def run(
        self,
        *,
        check: Check | None = None,
        report: Callable[[Progress], None] | None = None,
        until: int | None = None,
    ) -> None:
        """Train to ``until`` or the recipe's end, saving on the way."""
        stage = self.recipe.frame
        last = min(stage.steps, until or stage.steps)
        batches = iter(self.batches(self.step))
        mean_loss, began, first = 0.0, time.monotonic(), self.step
        stopped = self.seconds
        try:
            while self.step < last:
                figures = self._train_step(next(batches))
                self.step += 1
                done = self.step - first
                self.seconds = stopped + time.monotonic() - began
                mean_loss = (
                    figures["loss"] if done == 1 else 0.95 * mean_loss + 0.05 * figures["loss"]
                )
                self._note("curve.csv", {"step": self.step, "seconds": self.seconds, **figures})
                if report is not None:
                    pace = (time.monotonic() - began) / done
                    report(Progress(self.step, last, mean_loss, pace * (last - self.step)))
                if self.step % stage.save_every == 0 or self.step == last:
                    self.save()
                if check is not None and (self.step % stage.check_every == 0 or self.step == last):
                    measured = check(self.ema.network)
                    self._note(
                        "checks.csv", {"step": self.step, "seconds": self.seconds, **measured}
                    )
        finally:
            del batches

    def _from_processes(self, step: int) -> Iterable[Tensor]:
        recipe = self.recipe
        stream = UnitStream(self.maker, units=recipe.frame.units, seed=recipe.seed, first_step=step)
        return load(stream, recipe.workers)

    def _train_step(self, images: Tensor) -> dict[str, float]:
        stage = self.recipe.frame
        factor = learning_rate_factor(self.step, stage)
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * factor
        self.network.train()
        frozen = self.network if stage.freeze_norm else self.network.model[: stage.frozen_layers]
        for module in frozen.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        units, views = images.shape[:2]
        flat = normalise(images.flatten(0, 2).to(self.device, non_blocking=True))
        # On processors backward passes of depthwise convolutions are slower in 16 bits.
        cuda = self.device.type == "cuda"
        seen = shrink(flat, self.recipe.network_px)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=cuda):
            vectors = self.network.features(seen)
            scores = self.network.judge(vectors).float()
        grid = scores.view(units, views, 2)
        real, fake = grid[..., 0].reshape(-1), grid[..., 1].reshape(-1)
        sorting = losses.classification(
            real,
            fake,
            smoothing=stage.label_smoothing,
            real_smoothing=stage.real_smoothing,
            real_weight=stage.real_weight,
        )
        order = losses.ranking(real, fake)
        steady = losses.steadiness(grid[..., 0])
        loss = sorting + stage.ranking_weight * order + stage.steadiness_weight * steady
        loss = loss + stage.evenness_weight * losses.evenness(real)
        if self.teacher is not None:
            loss = loss + self._distance(flat, vectors.float(), scores)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.ema.update(self.network)
        with torch.no_grad():
            right = ((real < 0).float().mean() + (fake > 0).float().mean()) / 2
            pairs = (fake > real).float().mean()
        return {
            "loss": loss.item(),
            "cross_entropy": sorting.item(),
            "ranking": order.item(),
            "accuracy": right.item(),
            "pairs_in_order": pairs.item(),
            "learning_rate": factor * stage.learning_rate,
        }

    def _distance(self, images: Tensor, vectors: Tensor, scores: Tensor) -> Tensor:
        """How far the network is from its teacher, on the pictures at the teacher's size."""
        stage = self.recipe.frame
        assert self.teacher is not None
        with torch.no_grad():
            features = self.teacher.features(images).float()
            wanted = self.teacher.judge(features).float()
        loss = stage.distil_weight * nn.functional.smooth_l1_loss(scores, wanted, beta=2.0)
        if self.projection is not None:
            near = nn.functional.cosine_similarity(self.projection(vectors), features).mean()
            loss = loss + stage.feature_weight * (1 - near)
        return loss

    def save(self) -> None:
        """Write ``state.pt`` whole or not at all."""
        part = self.state_path.with_suffix(".part")
        torch.save(
            {
                "step": self.step,
                "seconds": self.seconds,
                "recipe": as_dict(self.recipe),
                "origin": self.origin,
                "network": self.network.state_dict(),
                "ema": self.ema.network.state_dict(),
                "ema_updates": self.ema.updates,
                "optimiser": self.optimiser.state_dict(),
                "projection": self.projection.state_dict() if self.projection else {},
                "random": torch.get_rng_state(),
            },
            part,
        )
        part.replace(self.state_path)

    def _restore(self) -> None:
        state = torch.load(self.state_path, map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["network"])
        self.ema.network.load_state_dict(state["ema"])
        self.ema.updates = state["ema_updates"]
        bases = [group["base"] for group in self.optimiser.param_groups]
        self.optimiser.load_state_dict(state["optimiser"])
        for group, base in zip(self.optimiser.param_groups, bases, strict=True):
            group["base"] = base
        if self.projection is not None:
            self.projection.load_state_dict(state["projection"])
        self.step = state["step"]
        self.seconds = state["seconds"]
        self.origin = state["origin"]
        torch.set_rng_state(state["random"])
        logger.info("continuing at step %d", self.step)

    def _note(self, name: str, row: dict[str, float]) -> None:
        path = self.folder / name
        fresh = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(row)
            writer.writerow(f"{v:.6g}" if isinstance(v, float) else v for v in row.values())
