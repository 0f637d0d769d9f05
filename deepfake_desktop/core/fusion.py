"""Folding batch normalisation into the convolution before it, for inference.

In eval mode a normalisation is a fixed scale and shift per channel, which the convolution's own
weights can carry (Jacob et al., 2018, section 3.2). The results agree up to rounding in float32;
one pass over memory per convolution is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def fuse_normalisation(module: nn.Module) -> None:
    """Fold, in place, every BatchNorm2d that directly follows a Conv2d among the children of
    ``module`` or of any module in it. The module must be in eval mode; folding twice does nothing.

    Relies on children being listed in the order in which they run, as in ``nn.Sequential``,
    torchvision's residual blocks and those of ``network``.
    """
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    previous: nn.Module | None = None
    previous_name = ""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
            fused = fuse_conv_bn_eval(previous, child).requires_grad_(False)
            setattr(module, previous_name, fused)
            setattr(module, name, nn.Identity())
        else:
            fuse_normalisation(child)
        previous, previous_name = child, name
