"""The network: a convolutional backbone per frame, an LSTM over the frames, a linear read-out.

Its parameter names are those of the published checkpoints (``model.*``, ``lstm.*``,
``linear1.*``), so one loader serves them and ours. Everything that a state dict can say (hidden
size, layers, bias) is read from it; what it cannot say (temporal form, read-out) is the card's.

The blocks are torchvision's, name by name and number by number (a test compares them). They stand
here because importing torchvision takes as long as importing torch: it brings torch's compiler in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from deepfake_desktop.core.patches import CORE, FACE, MOUTH, RIM, UPPER

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


class _Bottleneck(nn.Module):
    """A grouped 3x3 convolution, which carries the stride, between two 1x1 (Xie et al., 2017)."""

    def __init__(self, inputs: int, width: int, *, stride: int) -> None:
        super().__init__()
        outputs = 2 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, groups=32, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        y = self.relu(y)
        return y


def _resnext50_32x4d() -> nn.Sequential:
    """ResNeXt50 32x4d (Xie et al., 2017): 2048 features, 23 M parameters."""
    stages: list[nn.Module] = []
    inputs = 64
    for width, blocks, stride in ((128, 3, 1), (256, 4, 2), (512, 6, 2), (1024, 3, 2)):
        stage = []
        for block in range(blocks):
            stage.append(_Bottleneck(inputs, width, stride=stride if block == 0 else 1))
            inputs = 2 * width
        stages.append(nn.Sequential(*stage))
    network = nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, padding=3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, padding=1),
        *stages,
    )
    for module in network.modules():
        # Without storage, as when weights are loaded, drawing them would import torch's compiler.
        if isinstance(module, nn.Conv2d) and not module.weight.is_meta:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


def _conv(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    groups: int = 1,
    linear: bool = False,
) -> nn.Sequential:
    """Convolution, normalisation and, unless ``linear``, ReLU6."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3),
    ]
    return nn.Sequential(*layers, *(() if linear else (nn.ReLU6(inplace=True),)))


class _LiteBlock(nn.Module):
    """MBConv without squeeze-and-excitation, ReLU6: the block of EfficientNet-Lite."""

    def __init__(self, inputs: int, outputs: int, *, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expand
        layers = [_conv(inputs, hidden, 1)] if expand != 1 else []
        layers.append(_conv(hidden, hidden, kernel, stride=stride, groups=hidden))
        layers.append(_conv(hidden, outputs, 1, linear=True))
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
    layers: list[nn.Module] = [_conv(3, 32, 3, stride=2)]
    inputs = 32
    for expand, outputs, blocks, stride, kernel in stages:
        for block in range(blocks):
            stride = stride if block == 0 else 1
            layers.append(_LiteBlock(inputs, outputs, expand=expand, kernel=kernel, stride=stride))
            inputs = outputs
    layers.append(_conv(320, 1280, 1))
    return nn.Sequential(*layers)


BACKBONES: Mapping[str, Backbone] = {
    "resnext50_32x4d": Backbone(_resnext50_32x4d, 2048, "model.0.weight", (64, 3, 7, 7)),
    "efficientnet_lite0": Backbone(_efficientnet_lite0, 1280, "model.0.0.weight", (32, 3, 3, 3)),
}


LARGEST_TRACE = 4.0
PAIRS_AT_ONCE = 4
LEAST_COLOUR = 4.0
"""The spread, in levels, of a patch's colours where it has any: over 112 clips 8 and more."""
LEAST_WHOLE = 0.05
"""Added to a feature's size before smoothing's share of it is taken."""
EXACT_LAYERS = 4
"""First layers of a backbone that stay in float32 where the others are computed in 16 bits: in the
bundled networks, at least half of what rounding changes in a score comes from them (ADR 18)."""


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
        traces: int = 0,
        kinds: int = 0,
        patches: bool = False,
    ) -> None:
        """``traces`` numbers of a sequence go to ``kinds`` of manipulation; 0 leaves them out.
        ``patches``, which come beside traces only: whether native patches are looked at."""
        super().__init__()
        entry = BACKBONES[backbone]
        self.features = entry.features
        self.temporal = temporal
        self.readout = readout
        self.model = entry.build()
        self.lstm = nn.LSTM(entry.features, hidden, layers, bias=bias, batch_first=True)
        self.linear1 = nn.Linear(hidden, 2)
        self.patches = TextureStem() if patches else None
        texture = TextureStem.NUMBERS if patches else 0
        self.traces = TraceHead(traces + texture, kinds) if traces else None

    def frame_features(self, frames: Tensor, short: torch.dtype | None = None) -> Tensor:
        """(B, 3, H, W) float, ImageNet-normalised, to (B, features) float.

        ``short``: a 16-bit type for the convolutions after the first ``EXACT_LAYERS``.
        """
        if short is None:
            maps: Tensor = self.model(frames)
        else:
            maps = self.model[:EXACT_LAYERS](frames)
            with torch.autocast(frames.device.type, short):
                maps = self.model[EXACT_LAYERS:](maps).float()
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

    def evidence(self, traces: Tensor | None, patches: Tensor | None) -> Tensor:
        """What ``TraceHead`` reads of a sequence: its traces (T,) float and, where patches are
        looked at, the numbers of its pairs (P, 2, 3, H, W, 4) uint8, averaged. NaN where there is
        nothing."""
        assert self.traces is not None
        numbers = torch.full_like(self.traces.mean, torch.nan)
        texture = TextureStem.NUMBERS if self.patches is not None else 0
        if traces is not None:
            numbers[: len(numbers) - texture] = traces
        if self.patches is not None and patches is not None:
            numbers[-texture:] = self.patches.mean(patches)
        return numbers

    def with_evidence(
        self, logit: Tensor, traces: Tensor | None = None, patches: Tensor | None = None
    ) -> Tensor:
        """The log-odds of fake () that its frames gave a sequence, with its traces and patches,
        where the checkpoint reads them; ()."""
        if self.traces is None:
            return logit
        return self.traces.combine(logit, self.evidence(traces, patches))

    def forward(self, clips: Tensor) -> Tensor:
        """(B, N, 3, H, W) float, ImageNet-normalised, to (B, 2) float."""
        batch, count = clips.shape[:2]
        features = self.frame_features(clips.flatten(0, 1))
        return self.sequence_logits(features.reshape(batch, count, -1))


class TraceHead(nn.Module):
    """The traces of a sequence (``core.traces``), and the numbers of its texture (``TextureStem``),
    to one log-odds of fake per kind of manipulation.

    Linear in numbers that are standardised, clipped and 0 where they are missing. ``voices`` makes
    the log-odds of the traces (first row) and of the network (second row) comparable: what they are
    multiplied by, and what is added.
    """

    mean: Tensor
    scale: Tensor
    voices: Tensor

    def __init__(self, traces: int, kinds: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(traces))
        self.register_buffer("scale", torch.ones(traces))
        self.register_buffer("voices", torch.tensor([[1.0, 0.0]] * 2))
        self.linear = nn.Linear(traces, kinds)

    def standardised(self, traces: Tensor) -> Tensor:
        """(..., T) with NaN for what is missing to (..., T) within ``LARGEST_TRACE`` of 0."""
        z = ((traces - self.mean) / self.scale).clamp(-LARGEST_TRACE, LARGEST_TRACE)
        return torch.nan_to_num(z)

    def forward(self, traces: Tensor) -> Tensor:
        """(..., T) float, NaN for what is missing, to (..., K) log-odds of fake."""
        kinds: Tensor = self.linear(self.standardised(traces))
        return kinds

    def combine(self, logit: Tensor, traces: Tensor) -> Tensor:
        """The network's log-odds of fake (...) with its sequences' traces (..., T), to (...).

        A noisy-or (Pearl, 1988): one suffices, so that the one that sees nothing does not outvote
        the other. Both undecided give 0, whatever is added to them.
        """
        said = torch.stack([self(traces).mean(dim=-1), logit], dim=-1)
        scale, offset = self.voices.unbind(dim=1)
        heard = torch.logsumexp(scale * said + offset, dim=-1)
        return heard - torch.logsumexp(offset, dim=0)


class TextureStem(nn.Module):
    """Pairs of native patches (``core.patches``) to numbers, which ``TraceHead`` reads beside the
    traces.

    The first blocks of EfficientNet-Lite0, down to a quarter of the resolution: so it sees
    texture and its flicker, and no face. Of every feature, in a region: the mean, the standard
    deviation, and the mean of its absolute change since the frame before. In this order, region by
    region and feature by feature:

    - of the face and of its mouth, these three as they are, how much smoothing takes away, which
      share of the whole that is, and the three of the colours;
    - mean and deviation of the face's core less those of its rim, of the mouth less those of the
      face's upper half.
    """

    BLOCKS = 4
    STRIDE = 4
    FEATURES = 24
    REGIONS = (FACE, MOUTH, CORE, RIM, UPPER)
    NUMBERS = (4 * 2 * 3 + 2 * 2) * FEATURES

    def __init__(self) -> None:
        super().__init__()
        self.blocks = _efficientnet_lite0()[: self.BLOCKS]

    def mean(self, pairs: Tensor) -> Tensor:
        """Of any number of pairs of one sequence, a few at a time: (NUMBERS,) float."""
        starts = range(0, len(pairs), PAIRS_AT_ONCE)
        return torch.cat([self(pairs[k : k + PAIRS_AT_ONCE]) for k in starts]).nanmean(dim=0)

    def forward(self, pairs: Tensor) -> Tensor:
        """(B, 2, 3, H, W, 4) uint8, H and W multiples of ``STRIDE``, to (B, NUMBERS) float; NaN
        where a region is not in the picture, and for the colours of a picture that has none."""
        pixels, shown = pairs[..., :3], pairs[..., 3] > 0
        images = normalise(pixels.flatten(0, 2)) * shown.flatten(0, 2).unsqueeze(1)
        features: Tensor = self.blocks(images)
        features = features.reshape(*pairs.shape[:3], self.FEATURES, -1)
        plain, smoothed, colours = self._measured(features, pairs[:, 1, 0, ..., 3]).unbind(dim=1)
        colours = colours.where(has_colour(pairs[:, 1, 2])[:, None, None, None], torch.nan)
        _, mouth, core, rim, upper = plain.unbind(dim=1)
        whole, less = plain[:, :2], smoothed[:, :2]
        taken = whole - less
        share = taken / (whole.abs() + less.abs() + LEAST_WHOLE)
        across = torch.stack([core - rim, mouth - upper], dim=1)[:, :, :2]
        numbers = (whole, taken, share, colours[:, :2], across)
        return torch.cat([part.flatten(1) for part in numbers], dim=1)

    def _measured(self, features: Tensor, regions: Tensor) -> Tensor:
        """(B, 2, V, C, places) of both frames, with the bits (B, H, W) of the later one, to (B, V,
        regions, 3, C): mean, deviation and change."""
        before, now = features.unbind(dim=1)
        inside = torch.stack([(regions & bit) > 0 for bit in self.REGIONS], dim=1).float()
        weight = nn.functional.avg_pool2d(inside, self.STRIDE).flatten(2)
        weight = (weight / weight.sum(dim=2, keepdim=True)).unsqueeze(1)  # NaN: nowhere
        mean, square, change = (
            weight @ x.transpose(2, 3) for x in (now, now.square(), (now - before).abs())
        )
        return torch.stack([mean, (square - mean.square()).clamp(0).sqrt(), change], dim=3)


def has_colour(patches: Tensor) -> Tensor:
    """Of patches' colours (B, H, W, 4) uint8, whether there are any: (B,) bool."""
    shown = (patches[..., 3] > 0).unsqueeze(-1)
    values = patches[..., :3].float()
    count = shown.sum(dim=(1, 2)).clamp(min=1)
    mean = (values * shown).sum(dim=(1, 2)) / count
    square = (values.square() * shown).sum(dim=(1, 2)) / count
    return (square - mean.square()).amax(dim=1) > LEAST_COLOUR**2


def normalise(images: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 to (B, 3, H, W) float32, channels last, ImageNet mean and deviation."""
    x = images.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    mean = torch.tensor(IMAGENET_MEAN, device=x.device).view(1, 3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=x.device).view(1, 3, 1, 1)
    return x.sub_(mean).div_(std)
