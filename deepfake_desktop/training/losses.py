"""What training minimises. Scores are logits of fake; pairs stand side by side."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def classification(
    real: Tensor,
    fake: Tensor,
    *,
    smoothing: float,
    real_smoothing: float | None = None,
    real_weight: float = 1.0,
) -> Tensor:
    """Cross-entropy of (P,) real and (P,) fake scores with smoothed labels.

    With ``real_weight`` above 1 what cannot be told falls towards real, and a high
    ``real_smoothing`` keeps clear pictures from falling far below it.
    """
    target = smoothing if real_smoothing is None else real_smoothing
    low = functional.binary_cross_entropy_with_logits(real, real.new_full(real.shape, target))
    high = functional.binary_cross_entropy_with_logits(
        fake, fake.new_full(fake.shape, 1 - smoothing)
    )
    return (real_weight * low + high) / (1 + real_weight)


def ranking(real: Tensor, fake: Tensor) -> Tensor:
    """Every fake of the batch above every real one, and above its own original once more.

    The mean over all pairs is a smooth form of 1 - AUC across sources; the pair's own term
    leaves the source out of it.
    """
    everywhere = functional.softplus(real[:, None] - fake[None, :]).mean()
    own = functional.softplus(real - fake).mean()
    return (everywhere + own) / 2


def steadiness(real: Tensor) -> Tensor:
    """(U, V): one real face under V chains should score the same."""
    return ((real - real.mean(dim=1, keepdim=True)) ** 2).mean()


def evenness(real: Tensor) -> Tensor:
    """The variance of (P,) real scores: no source and no camera should stand out."""
    return real.var(correction=0)
