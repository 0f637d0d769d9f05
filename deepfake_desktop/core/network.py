"""The network: a convolutional backbone per frame, an LSTM over the frames, a linear read-out.

Its parameter names are those of the published checkpoints (``model.*``, ``lstm.*``,
``linear1.*``), so one loader serves them and ours. Everything that a state dict can say (hidden
size, layers, bias) is read from it; what it cannot say (temporal form, read-out) is the card's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models import resnext50_32x4d
from torchvision.ops import Conv2dNormActivation

Temporal = Literal["sequence", "published"]
Readout = Literal["last", "mean"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Backbone:
    """``build`` makes the network without pooling and classifier: (B, 3, H, W) to (B, F, h, w)."""

    build: Callable[[], nn.Sequential]
    features: int
    stem_weight: str
    """Name and shape of its first weight, by which a state dict without a card is recognised."""
    stem_shape: tuple[int, int, int, int]


def _resnext50_32x4d() -> nn.Sequential:
    return nn.Sequential(*list(resnext50_32x4d(weights=None).children())[:-2])


class _LiteBlock(nn.Module):
    """MBConv without squeeze-and-excitation, ReLU6: the block of EfficientNet-Lite."""

    def __init__(self, inputs: int, outputs: int, *, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        conv = partial(
            Conv2dNormActivation, norm_layer=partial(nn.BatchNorm2d, eps=1e-3), bias=False
        )
        hidden = inputs * expand
        layers: list[nn.Module] = []
        if expand != 1:
            layers.append(conv(inputs, hidden, 1, activation_layer=nn.ReLU6))
        layers.append(
            conv(hidden, hidden, kernel, stride=stride, groups=hidden, activation_layer=nn.ReLU6)
        )
        layers.append(conv(hidden, outputs, 1, activation_layer=None))
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return x + y if self.residual else y


def _efficientnet_lite0() -> nn.Sequential:
    """EfficientNet-Lite0 (Tan and Le, 2019; Lite: Liu, 2020): 1280 features, 4.7 M parameters."""
    stages = (  # expand, channels, blocks, stride, kernel
        (1, 16, 1, 1, 3),
        (6, 24, 2, 2, 3),
        (6, 40, 2, 2, 5),
        (6, 80, 3, 2, 3),
        (6, 112, 3, 1, 5),
        (6, 192, 4, 2, 5),
        (6, 320, 1, 1, 3),
    )
    conv = partial(
        Conv2dNormActivation,
        norm_layer=partial(nn.BatchNorm2d, eps=1e-3),
        activation_layer=nn.ReLU6,
        bias=False,
    )
    layers: list[nn.Module] = [conv(3, 32, 3, stride=2)]
    channels = 32
    for expand, outputs, blocks, stride, kernel in stages:
        for block in range(blocks):
            layers.append(
                _LiteBlock(
                    channels,
                    outputs,
                    expand=expand,
                    kernel=kernel,
                    stride=stride if block == 0 else 1,
                )
            )
            channels = outputs
    layers.append(conv(320, 1280, 1))
    return nn.Sequential(*layers)


BACKBONES: Mapping[str, Backbone] = {
    "resnext50_32x4d": Backbone(_resnext50_32x4d, 2048, "model.0.weight", (64, 3, 7, 7)),
    "efficientnet_lite0": Backbone(_efficientnet_lite0, 1280, "model.0.0.weight", (32, 3, 3, 3)),
}


class FrameSequenceNetwork(nn.Module):
    """Frames of one face to two logits.

    ``temporal="sequence"``: the LSTM runs along the frames. ``temporal="published"``: the LSTM
    makes one step from a zero state for every frame on its own, which is what
    ``nn.LSTM(2048, 2048, 1, False)`` without ``batch_first`` computes when one video is fed at a
    time, and what the published files were trained with.

    ``readout="mean"`` averages the LSTM's output over the frames, ``"last"`` takes the last.
    """

    def __init__(
        self,
        backbone: str,
        *,
        hidden: int = 2048,
        layers: int = 1,
        bias: bool = True,
        temporal: Temporal = "sequence",
        readout: Readout = "last",
    ) -> None:
        super().__init__()
        entry = BACKBONES[backbone]
        self.features = entry.features
        self.temporal = temporal
        self.readout = readout
        self.model = entry.build()
        self.lstm = nn.LSTM(entry.features, hidden, layers, bias=bias, batch_first=True)
        self.linear1 = nn.Linear(hidden, 2)

    def frame_features(self, frames: Tensor) -> Tensor:
        """(B, 3, H, W) float, ImageNet-normalised, to (B, features) float."""
        maps: Tensor = self.model(frames)
        return maps.mean(dim=(2, 3))

    def sequence_logits(self, features: Tensor) -> Tensor:
        """(B, N, features) float to (B, 2) float, in the checkpoint's class order."""
        batch, count, width = features.shape
        if self.temporal == "published":
            steps, _ = self.lstm(features.reshape(batch * count, 1, width))
            outputs = steps.reshape(batch, count, -1)
        else:
            outputs, _ = self.lstm(features)
        state = outputs.mean(dim=1) if self.readout == "mean" else outputs[:, -1]
        logits: Tensor = self.linear1(state)
        return logits

    def forward(self, clips: Tensor) -> Tensor:
        """(B, N, 3, H, W) float, ImageNet-normalised, to (B, 2) float."""
        batch, count = clips.shape[:2]
        features = self.frame_features(clips.flatten(0, 1))
        return self.sequence_logits(features.reshape(batch, count, -1))


def normalise(images: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) float32, channels last, ImageNet mean and deviation."""
    x = images.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    mean = torch.tensor(IMAGENET_MEAN, device=x.device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=x.device).view(1, 3, 1, 1)
    return x.sub_(mean).div_(std)
