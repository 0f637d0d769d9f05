"""Folding normalisation away changes the speed, not the answer: its rounding is as good."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from deepfake_desktop.core.fusion import fuse_normalisation
from deepfake_desktop.core.network import BACKBONES, FrameSequenceNetwork


@pytest.mark.parametrize("backbone", BACKBONES)
def test_features_stay_the_same(backbone: str) -> None:
    torch.manual_seed(3)
    network = FrameSequenceNetwork(backbone, hidden=16)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.momentum = None
    images = torch.randn(3, 3, 64, 64)
    with torch.no_grad():
        network.train().frame_features(images)
        network.eval()
        exact = copy.deepcopy(network).double().frame_features(images.double())
        plain = network.frame_features(images)
        fuse_normalisation(network.model)
        fused = network.frame_features(images)
        fuse_normalisation(network.model)
        twice = network.frame_features(images)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert float(exact.std()) > 0.01
    plain_error, fused_error = (float((x - exact).abs().max()) for x in (plain, fused))
    assert fused_error <= 3 * plain_error + 1e-5
    assert fused_error < 1e-3 * float(exact.abs().max())
    assert torch.equal(fused, twice)


def test_a_normalisation_of_its_own_is_left_alone() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4))
    module.eval()
    fuse_normalisation(module)
    assert [type(child).__name__ for child in module] == [
        "BatchNorm2d",
        "Conv2d",
        "ReLU",
        "BatchNorm2d",
    ]
