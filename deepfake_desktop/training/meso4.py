"""Meso-4, the field's small single-frame baseline, trained on the same faces and fakes as ours.

Afchar, Nozick, Yamagishi and Echizen, "MesoNet: a Compact Facial Video Forgery Detection Network",
2018: four convolutions and 27,977 parameters on a face of 256 x 256 pixels in 0..1. It stands in
the results table and nowhere else; the program does not ship it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepfake_desktop.core.errors import CheckpointError
from deepfake_desktop.core.patches import PatchPair
from deepfake_desktop.core.traces import Floats
from deepfake_desktop.core.types import CancelToken, Image, Precision, Reason
from deepfake_desktop.training import losses
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.frame_stage import UnitStream
from deepfake_desktop.training.recipe import read_settings

logger = logging.getLogger(__name__)

SIDE_PX = 256
CROP_MARGIN = 0.2


class Meso4(nn.Module):
    """(B, 3, 256, 256) float in 0..1 to (B,) logits of fake."""

    def __init__(self) -> None:
        super().__init__()

        def block(inputs: int, outputs: int, kernel: int, pool: int) -> list[nn.Module]:
            conv = nn.Conv2d(inputs, outputs, kernel, padding="same")
            return [conv, nn.ReLU(), nn.BatchNorm2d(outputs), nn.MaxPool2d(pool)]

        self.features = nn.Sequential(
            *block(3, 8, 3, 2), *block(8, 8, 5, 2), *block(8, 16, 5, 2), *block(16, 16, 5, 4)
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(16 * 8 * 8, 16),
            nn.LeakyReLU(0.1),
            nn.Dropout(0.5),
            nn.Linear(16, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.features(images))
        return logits[:, 0]


@dataclass(frozen=True, slots=True)
class MesoRecipe:
    """``steps`` x ``units`` x 4 pictures are made once, then seen ``epochs`` times."""

    steps: int = 260
    units: int = 6
    seed: int = 2027
    epochs: int = 6
    batch: int = 32
    learning_rate: float = 1e-3
    threads: int = 1
    pairs: PairSettings = field(
        default_factory=lambda: PairSettings(image_size=SIDE_PX, crop_margin=CROP_MARGIN)
    )


def load_recipe(path: Path) -> MesoRecipe:
    """Raises:
    RecipeError: if the file is missing, not TOML, or names something unknown.
    """
    return read_settings(path, MesoRecipe())


def make_pictures(
    maker: PairMaker, recipe: MesoRecipe, folder: Path, report: Callable[[int, int], None]
) -> npt.NDArray[np.uint8]:
    """(P, 2, S, S, 3) uint8, real at 0 and fake at 1, mapped from a file; a run that was stopped
    goes on after the last step it wrote."""
    side = recipe.pairs.image_size
    path, per_step = folder / "pictures.bin", recipe.units * 2
    step_bytes = per_step * 2 * side * side * 3
    folder.mkdir(parents=True, exist_ok=True)
    stream = UnitStream(maker, units=recipe.units, seed=recipe.seed, first_step=0)
    with path.open("ab") as file:
        done = file.tell() // step_bytes
        file.truncate(done * step_bytes)
        for step in range(done, recipe.steps):
            file.write(stream.step(step).tobytes())
            report(step + 1, recipe.steps)
    return np.memmap(path, np.uint8, "r", shape=(recipe.steps * per_step, 2, side, side, 3))


def train(
    pictures: npt.NDArray[np.uint8], recipe: MesoRecipe, report: Callable[[int, int, float], None]
) -> Meso4:
    """Adam with a one-cycle rate on all ``pictures``, mirrored at random; the network at the end,
    in evaluation mode."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    network = Meso4().train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    pairs = max(1, recipe.batch // 2)
    per_epoch = max(1, len(pictures) // pairs)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.learning_rate, total_steps=per_epoch * recipe.epochs
    )
    for epoch in range(recipe.epochs):
        order, total = rng.permutation(len(pictures)), 0.0
        for k in range(per_epoch):
            batch = pictures[np.sort(order[k * pairs : (k + 1) * pairs])]
            if rng.random() < 0.5:
                batch = batch[..., ::-1, :]
            scores = network(scaled(batch.reshape(-1, *batch.shape[2:]))).view(-1, 2)
            real, fake = scores.unbind(dim=1)
            loss = losses.classification(real, fake, smoothing=0.0)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
            total += loss.item()
        report(epoch + 1, recipe.epochs, total / per_epoch)
    return network.eval()


def scaled(images: npt.NDArray[np.uint8]) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) float in 0..1, channels last."""
    pixels = torch.from_numpy(np.ascontiguousarray(images))
    return pixels.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)


def load(path: Path) -> Meso4:
    """Raises:
    CheckpointError: if the file is not Meso-4's state dict.
    """
    network = Meso4()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise CheckpointError("is no state of Meso-4.", path=path) from error
    return network.eval()


class MesoScorer:
    """Scores a sequence by the mean logit of its frames, as the paper averages over frames."""

    device = "cpu"
    precision: Precision = "exact"
    fallbacks: tuple[Reason, ...] = ()

    def __init__(self, network: Meso4) -> None:
        self._network = network

    def logit(
        self,
        crops: Sequence[Image],
        *,
        traces: Floats | None = None,
        patches: Sequence[PatchPair] = (),
        features: Sequence[Tensor] = (),
        cancel: CancelToken | None = None,
    ) -> float:
        with torch.inference_mode():
            return float(self._network(scaled(np.stack(crops))).mean())
