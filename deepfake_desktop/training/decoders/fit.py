"""Fitting the family to the training identities of a store: resumable, a file a network."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from deepfake_desktop.core.network import FrameSequenceNetwork
from deepfake_desktop.training import backbones
from deepfake_desktop.training.decoders.networks import Critic, DecoderNetwork
from deepfake_desktop.training.decoders.samples import cut, prepare, to_batch
from deepfake_desktop.training.decoders.settings import DecoderSettings, Plan
from deepfake_desktop.training.face_store import FaceStore

logger = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]
"""(network's name, steps done, steps in all)."""

_SAVE_EVERY = 50
_CRITIC_FROM = 0.4
"""The share of a fit after which an adversarial network meets its critic."""


def fit_all(
    store: FaceStore, settings: DecoderSettings, folder: Path, *, seed: int, report: Report
) -> dict[str, DecoderNetwork]:
    """Fit what is not yet in ``folder`` and load the rest; in evaluation mode, by name.

    A network starts from the first of the list where their layers have the same shape.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, DecoderNetwork] = {}
    for plan in settings.plans():
        path = folder / f"{plan.name}.pt"
        if path.exists():
            made[plan.name] = load(path)
            continue
        first = next(iter(made.values()), None)
        made[plan.name] = fit(store, plan, settings, path, seed=seed, start=first, report=report)
    return made


def fit(
    store: FaceStore,
    plan: Plan,
    settings: DecoderSettings,
    path: Path,
    *,
    seed: int,
    start: DecoderNetwork | None,
    report: Report,
) -> DecoderNetwork:
    """Fit one network on identities that are not held out, and write ``path``.

    Broken off, it goes on from ``path`` with the suffix ``.part``; a step's faces depend on seed
    and step alone.
    """
    torch.manual_seed(seed)
    network = DecoderNetwork(plan, width=settings.width)
    critic = Critic()
    if start is not None:
        _take_over(network, start)
    learner = torch.optim.Adam(network.parameters(), settings.learning_rate, betas=(0.8, 0.99))
    critic_learner = torch.optim.Adam(critic.parameters(), 4e-4, betas=(0.5, 0.99))
    state: dict[str, Any] = {"step": 0, "seconds": 0.0, "l1": 0.0}
    parts: dict[str, Any] = {
        "network": network, "critic": critic, "learner": learner, "critic_learner": critic_learner,
    }  # fmt: skip
    part = path.with_suffix(".part")
    if part.exists():
        saved = torch.load(part, weights_only=True)
        state = saved["state"]
        for name, module in parts.items():
            module.load_state_dict(saved[name])
    features = _Features()
    faces, clips = training_faces(store)
    began = time.monotonic() - state["seconds"]
    for step in range(int(state["step"]), settings.steps):
        share = step / settings.steps
        for group in learner.param_groups:
            group["lr"] = settings.learning_rate * min(1.0, (step + 1) / 20, 3 * (1 - share) + 0.02)
        rng = np.random.default_rng((seed, step))
        torch.manual_seed(seed + step)
        works = [
            cut(
                prepare(
                    store, face, plan.task, rng, face_px=draw_face_px(rng, settings), clips=clips
                ),
                settings.patch_px,
                rng,
            )
            for face in (int(f) for f in rng.choice(faces, settings.batch))
        ]
        batch, target = to_batch(works)
        made = network(batch)
        l1 = functional.l1_loss(made, target)
        loss = l1 + _edges(made, target) + 0.1 * features(made, target)
        if plan.adversarial and share >= _CRITIC_FROM:
            loss = loss + 0.02 * -critic(made).mean()
        learner.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        learner.step()
        if plan.adversarial and share >= _CRITIC_FROM - 0.05:
            doubt = functional.relu(1 - critic(target)).mean()
            doubt = doubt + functional.relu(1 + critic(made.detach())).mean()
            critic_learner.zero_grad()
            doubt.backward()  # type: ignore[no-untyped-call]
            critic_learner.step()
        state["l1"] = 0.97 * (state["l1"] or l1.item()) + 0.03 * l1.item()
        state["step"], state["seconds"] = step + 1, time.monotonic() - began
        if (step + 1) % _SAVE_EVERY == 0:
            _write(part, {"state": state} | {k: m.state_dict() for k, m in parts.items()})
        report(plan.name, step + 1, settings.steps)
    recipe = asdict(settings) | {"networks": list(settings.networks)}
    weights = {k: v.half() for k, v in network.state_dict().items()}
    _write(
        path,
        {"plan": asdict(plan), "settings": recipe, "seed": seed, "weights": weights} | state,
    )
    part.unlink(missing_ok=True)
    return load(path)


def load(path: Path) -> DecoderNetwork:
    """A fitted network, in evaluation mode."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = DecoderNetwork(Plan(**saved["plan"]), width=saved["settings"]["width"])
    network.load_state_dict({k: v.float() for k, v in saved["weights"].items()})
    return network.eval()


def training_faces(store: FaceStore) -> tuple[Sequence[int], dict[str, list[int]]]:
    """Real faces of identities that are not held out, and those of each clip in order of time.

    Clips are thinned, so that a long one does not outweigh a hundred portraits.
    """
    training = store.split(held_out=False)
    training = training[~store.fake[training]]
    clips = store.clips(training)
    faces = [int(i) for i in training if not store.clip[i]]
    faces += [i for members in clips.values() for i in members[::3]]
    return faces, clips


def draw_face_px(rng: np.random.Generator, settings: DecoderSettings) -> float:
    low, high = settings.smallest_face_px, settings.largest_face_px
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


class _Features:
    """Distance in the first layers of the ImageNet backbone, where its weights are at hand."""

    def __init__(self) -> None:
        network = FrameSequenceNetwork("efficientnet_lite0", hidden=1)
        backbones.start(network, "efficientnet_lite0", "imagenet")
        self.layers = network.model[:4].eval().requires_grad_(requires_grad=False)

    def __call__(self, made: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            wanted: Tensor = self.layers(target * 4 - 2)
        found: Tensor = self.layers(made * 4 - 2)
        return functional.l1_loss(found, wanted) / wanted.std()


def _edges(made: Tensor, target: Tensor) -> Tensor:
    error = made - target
    return error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()


def _take_over(network: DecoderNetwork, start: DecoderNetwork) -> None:
    own, theirs = network.state_dict(), start.state_dict()
    same = {k: v for k, v in theirs.items() if k in own and own[k].shape == v.shape}
    network.load_state_dict(own | same)


def _write(path: Path, value: dict[str, Any]) -> None:
    """Whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(value, temporary)
    temporary.replace(path)
