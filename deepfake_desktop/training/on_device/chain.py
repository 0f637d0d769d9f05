"""One camera and its compression for a batch of pictures, as ``training.chain`` for single ones."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from deepfake_desktop.training import chain as chains
from deepfake_desktop.training.on_device import codec, pictures

_METHODS = {cv2.INTER_AREA: "area", cv2.INTER_LINEAR: "linear", cv2.INTER_CUBIC: "cubic"}


def photographed(
    x: Tensor,
    tables: Tensor,
    chain: chains.Chain,
    rng: np.random.Generator,
    noise: torch.Generator,
) -> Tensor:
    """(B, 3, H, W) through ``chain``; it may come out smaller (``chain.scale``). Of the chain's
    colours only whether there are any counts: ``tables`` has a row for each picture."""
    height, width = x.shape[-2:]
    if chain.colour is not None:
        x = pictures.recoloured(x, tables)
    if chain.denoised is not None:
        x = pictures.smoothed(x, chain.denoised)
    if chain.blur_sigma is not None:
        x = pictures.blurred(x, chain.blur_sigma)
    if chain.motion_px is not None:
        x = pictures.motion_blurred(x, chain.motion_px, chain.motion_deg)
    if chain.scale < 0.99:
        small = round(height * chain.scale), round(width * chain.scale)
        x = pictures.resized(x, *small, _METHODS[chain.down])
    if chain.noise_sigma is not None:
        grain = pictures.grain(x.shape, chain.noise_grain, noise)
        x = (x + chain.noise_sigma * grain).clamp(0, 255)
    if chain.scale < 0.99 and chain.restore_size:
        x = pictures.resized(x, height, width, _METHODS[chain.up])
    if chain.sharpen_amount is not None:
        x = pictures.sharpened(x, chain.sharpen_amount, 1.0)
    if chain.jpeg_quality is not None:
        x = codec.jpeg(x, chain.jpeg_quality)
    if chain.h264_crf is not None:
        x = codec.h264(
            x,
            crf=chain.h264_crf,
            block=int(rng.choice([4, 8])),
            dead=float(rng.uniform(0.15, 0.4)),
            corner=(int(rng.integers(0, 16)), int(rng.integers(0, 16))),
        )
    if chain.second_jpeg is not None:
        x = codec.jpeg(x, chain.second_jpeg)
    return x
