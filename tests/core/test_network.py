"""The network is torchvision's, name by name and number by number, without its import."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from deepfake_desktop.core.network import BACKBONES


def test_resnext_is_that_of_torchvision() -> None:
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(5)
    theirs = nn.Sequential(*list(models.resnext50_32x4d(weights=None).children())[:-2])
    ours = BACKBONES["resnext50_32x4d"].build()
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == [
        (k, v.shape) for k, v in theirs.state_dict().items()
    ]
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours.train()(images), theirs.train()(images))
        assert torch.equal(ours.eval()(images), theirs.eval()(images))


def test_building_it_imports_no_torchvision_and_no_compiler() -> None:
    code = (
        "import sys\n"
        "import torch, deepfake_desktop.core.inference\n"
        "from deepfake_desktop.core.network import BACKBONES\n"
        "with torch.device('meta'):\n"
        "    for backbone in BACKBONES.values(): backbone.build()\n"
        "print(*[n for n in ('torchvision', 'torch._dynamo', 'sympy') if n in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
