from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from deepfake_desktop.core.errors import CheckpointError, UsageError
from deepfake_desktop.training import meso4
from deepfake_desktop.training.cli import RECIPES


def test_it_is_the_network_of_the_paper() -> None:
    """27,977 trainable parameters, as the authors' own implementation counts."""
    network = meso4.Meso4()
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == 27_977
    assert network.eval()(torch.zeros(2, 3, 256, 256)).shape == (2,)


def test_it_learns_and_scores_as_it_learned(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(90, 160, (4, 2, 256, 256, 3), dtype=np.uint8)
    pictures[:, 1] //= 3  # fakes are darker
    losses: list[float] = []
    recipe = meso4.MesoRecipe(epochs=12, batch=8, learning_rate=1e-2)
    network = meso4.train(pictures, recipe, lambda k, n, loss: losses.append(loss))
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    torch.save(network.state_dict(), tmp_path / "meso4.pt")
    scorer = meso4.MesoScorer(meso4.load(tmp_path / "meso4.pt"))
    single = [scorer.logit([picture]) for picture in pictures[:, 1]]
    assert scorer.logit(list(pictures[:, 1])) == pytest.approx(np.mean(single), abs=1e-3)


def test_the_shipped_recipe_is_read_and_a_wrong_one_refused(tmp_path: Path) -> None:
    recipe = meso4.load_recipe(RECIPES / "meso4.toml")
    assert (recipe.pairs.image_size, recipe.pairs.crop_margin) == (
        meso4.SIDE_PX, meso4.CROP_MARGIN,
    )  # fmt: skip
    (tmp_path / "r.toml").write_text("[pairs]\nchain_strength = 0.5\n")
    rest = meso4.load_recipe(tmp_path / "r.toml").pairs
    assert (rest.chain_strength, rest.image_size) == (0.5, meso4.SIDE_PX)
    (tmp_path / "r.toml").write_text("colour = 1\n")
    with pytest.raises(UsageError, match="colour"):
        meso4.load_recipe(tmp_path / "r.toml")
    (tmp_path / "w.pt").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="no state of Meso-4"):
        meso4.load(tmp_path / "w.pt")
