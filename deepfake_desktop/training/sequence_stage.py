"""The LSTM stage: a frozen backbone's features of clips, cached once, then many cheap epochs.

The features of a clip of N frames are N x 1280 (or 2048) numbers, so a thousand clips fit into
memory and the LSTM trains in seconds an epoch even on two cores.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from deepfake_desktop.core.network import FrameSequenceNetwork, Readout, normalise
from deepfake_desktop.training import losses
from deepfake_desktop.training.clips import make_clip_pair
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.ema import Ema
from deepfake_desktop.training.frame_stage import FrameNetwork, shrink
from deepfake_desktop.training.recipe import SequenceStage

logger = logging.getLogger(__name__)

FAKE, REAL = 0, 1
"""Our class order: classes = ["fake", "real"]."""


Features = npt.NDArray[np.float16]
"""(P, 2, N, F): of P pairs of clips, real at 0 and fake at 1."""


@torch.inference_mode()
def cache_features(
    network: FrameNetwork,
    maker: PairMaker,
    *,
    pairs: int,
    frames: int,
    seed: int,
    input_px: int = 0,
    report: Callable[[int], None] | None = None,
) -> Features:
    """Make ``pairs`` clip pairs and keep what the backbone says of them at ``input_px``."""
    network.eval()
    features = []
    for number in range(pairs):
        rng = np.random.default_rng((seed, number))
        pair = make_clip_pair(maker, rng, frames=frames)
        x = normalise(torch.from_numpy(np.concatenate([pair.real, pair.fake])))
        vectors = network.features(shrink(x, input_px))
        features.append(vectors.reshape(2, frames, -1).to(torch.float16).cpu().numpy())
        if report is not None:
            report(number + 1)
    return np.stack(features)


class SequenceHead(nn.Module):
    """LSTM and read-out over features, in the parts that ``FrameSequenceNetwork`` has."""

    def __init__(self, width: int, stage: SequenceStage) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, stage.hidden, stage.layers, batch_first=True)
        self.linear1 = nn.Linear(stage.hidden, 2)
        self.dropout = nn.Dropout(stage.dropout)
        self.readout = stage.readout

    def forward(self, features: Tensor) -> Tensor:
        """(B, N, F) to (B,) logits of fake."""
        outputs, _ = self.lstm(self.dropout(features))
        state = outputs.mean(dim=1) if self.readout == "mean" else outputs[:, -1]
        pair = self.linear1(self.dropout(state))
        logits: Tensor = pair[:, FAKE] - pair[:, REAL]
        return logits


def fit_head(train: Features, stage: SequenceStage, *, seed: int) -> SequenceHead:
    """Train on cached features; returns the averaged head in evaluation mode."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    count, _, length, width = train.shape
    head = SequenceHead(width, stage)
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=stage.learning_rate, weight_decay=stage.weight_decay
    )
    per_epoch = max(1, count // stage.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, stage.learning_rate, total_steps=per_epoch * stage.epochs, pct_start=0.15
    )
    ema = Ema(head, decay=0.98)
    for epoch in range(stage.epochs):
        order = rng.permutation(count)
        total = 0.0
        for k in range(per_epoch):
            picked = order[k * stage.batch : (k + 1) * stage.batch]
            batch = torch.from_numpy(train[picked].astype(np.float32))
            begin, end = _window(rng, length)
            scores = head.train()(batch[:, :, begin:end].flatten(0, 1)).view(len(picked), 2)
            real, fake = scores.unbind(dim=1)
            loss = losses.classification(
                real,
                fake,
                smoothing=stage.label_smoothing,
                real_smoothing=stage.real_smoothing,
                real_weight=stage.real_weight,
            )
            loss = loss + stage.ranking_weight * losses.ranking(real, fake)
            loss = loss + stage.evenness_weight * losses.evenness(real)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            ema.update(head)
            total += loss.item()
        logger.info("sequence epoch %d: loss %.4f", epoch + 1, total / per_epoch)
    return ema.network


def assemble(
    frame_network: FrameNetwork, head: SequenceHead, *, backbone: str, stage: SequenceStage
) -> FrameSequenceNetwork:
    """The network that ships: backbone, LSTM, linear, under the published parameter names."""
    readout: Readout = "mean" if stage.readout == "mean" else "last"
    network = FrameSequenceNetwork(
        backbone, hidden=stage.hidden, layers=stage.layers, readout=readout
    )
    network.model.load_state_dict(frame_network.model.state_dict())
    network.lstm.load_state_dict(head.lstm.state_dict())
    network.linear1.load_state_dict(head.linear1.state_dict())
    return network.eval()


def _window(rng: np.random.Generator, length: int) -> tuple[int, int]:
    """Mostly the whole clip, sometimes a part of it, so that shorter clips are known too."""
    if length < 6 or rng.random() < 0.7:
        return 0, length
    part = int(rng.integers(length // 2, length))
    begin = int(rng.integers(0, length - part + 1))
    return begin, begin + part
