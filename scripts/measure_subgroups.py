"""Scores of real, held-out portraits by how light the skin looks (training/subgroups.py).

python scripts/measure_subgroups.py ../shared/data/faces models/model_..._data.pt
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from deepfake_desktop.core.checkpoints import file_for_path
from deepfake_desktop.training.subgroups import by_angle, score_portraits


def main() -> None:
    parser = argparse.ArgumentParser(description="Scores of real portraits by lightness of skin.")
    parser.add_argument("faces", type=Path, help="folder with index.csv and landmarks.npy")
    parser.add_argument("checkpoint", type=Path)
    arguments = parser.parse_args()
    portraits = score_portraits(arguments.faces, file_for_path(arguments.checkpoint))
    print(json.dumps(by_angle(portraits), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
