"""The small pretrained autoencoder (TAEF2, MIT, Ollin Boer Bohan) that makes decoder traces.

Optional: without its two files training goes on with the other kinds of fakes and says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

ENCODER_FILE = "taef2_encoder.pth"
DECODER_FILE = "taef2_decoder.pth"
_WIDTH = 64


class _Block(nn.Module):
    def __init__(self, *, pooled: bool = False) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            _conv(_WIDTH, _WIDTH),
            nn.ReLU(),
            _conv(_WIDTH, _WIDTH),
            nn.ReLU(),
            _conv(_WIDTH, _WIDTH),
        )
        if pooled:
            self.pool: nn.Module | None = nn.Sequential(
                nn.Conv2d(_WIDTH, 256, 1, bias=False),
                nn.GroupNorm(4, 256),
                nn.ReLU(),
                nn.Conv2d(256, _WIDTH, 1, bias=False),
            )
        else:
            self.pool = None

    def forward(self, x: Tensor) -> Tensor:
        if self.pool is not None:
            x = x + self.pool(x)
        return torch.relu(self.conv(x) + x)


class _Clamp(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 3) * 3


def _conv(inputs: int, outputs: int, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, **options)


def _encoder() -> nn.Sequential:
    layers: list[nn.Module] = [_conv(3, _WIDTH), _Block()]
    for stage in range(3):
        layers.append(_conv(_WIDTH, _WIDTH, stride=2, bias=False))
        layers.extend(_Block(pooled=stage == 2) for _ in range(3))
    return nn.Sequential(*layers, _conv(_WIDTH, 32))


def _decoder() -> nn.Sequential:
    layers: list[nn.Module] = [_Clamp(), _conv(32, _WIDTH), nn.ReLU()]
    for stage in range(3):
        layers.extend(_Block(pooled=stage == 0) for _ in range(3))
        layers.extend([nn.Upsample(scale_factor=2), _conv(_WIDTH, _WIDTH, bias=False)])
    return nn.Sequential(*layers, _Block(), _conv(_WIDTH, 3))


class AutoEncoder:
    """``encode``: (B, 3, H, W) in [0, 1], sides divisible by 8, to (B, 32, H/8, W/8) and back."""

    def __init__(self, folder: Path, *, device: str = "cpu") -> None:
        self.encoder = _load(_encoder(), folder / ENCODER_FILE).to(device)
        self.decoder = _load(_decoder(), folder / DECODER_FILE).to(device)

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        latents: Tensor = self.encoder(images)
        return latents

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> Tensor:
        images: Tensor = self.decoder(latents)
        return images.clamp(0, 1)


def available(folder: Path | None) -> bool:
    return folder is not None and all(
        (folder / name).is_file() for name in (ENCODER_FILE, DECODER_FILE)
    )


def _load(network: nn.Sequential, path: Path) -> nn.Sequential:
    """Raises:
    ValueError: if the file's shapes are not this autoencoder's.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    own = network.state_dict()
    if set(state) != set(own) or any(state[k].shape != own[k].shape for k in own):
        raise ValueError(f"{path.name} is not the expected autoencoder")
    network.load_state_dict({k: v.float() for k, v in state.items()})
    return network.eval().to(memory_format=torch.channels_last)
