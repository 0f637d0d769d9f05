"""Train the Meso-4 baseline on the faces of a training run (training/meso4.py).

python scripts/train_meso4.py ../runs/lite0 --work ../runs/meso4 --out docs/evaluation/meso4.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from deepfake_desktop.training import meso4
from deepfake_desktop.training.cli import RECIPES
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.synthetic_cache import SyntheticCache


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the Meso-4 baseline.")
    parser.add_argument("run", type=Path, help="folder of a training run, for its store of faces")
    parser.add_argument("--work", type=Path, required=True, help="where the made pictures are kept")
    parser.add_argument("--out", type=Path, required=True, help="file for the weights")
    parser.add_argument("--recipe", type=Path, default=RECIPES / "meso4.toml")
    arguments = parser.parse_args()
    recipe = meso4.load_recipe(arguments.recipe)
    store = FaceStore(arguments.run / "store")
    synthetic = SyntheticCache(arguments.run / "synthetic")
    maker = PairMaker(store, store.split(held_out=False), recipe.pairs, synthetic)
    pictures = meso4.make_pictures(
        maker, recipe, arguments.work, lambda k, n: say(f"pictures: step {k} of {n}")
    )
    network = meso4.train(pictures, recipe, lambda k, n, loss: say(f"epoch {k} of {n}: {loss:.4f}"))
    torch.save(network.state_dict(), arguments.out)


if __name__ == "__main__":
    main()
