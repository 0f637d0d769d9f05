"""Store what the bundled checkpoints say of the samples, for ``deepfake-desktop self-test``.

Run it when a checkpoint, its card's calibration, the samples or the engine's way to a score were
changed on purpose, look at the difference, and commit resources/selftest.json.

    python scripts/update_selftest.py
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepfake_desktop.core.checkpoints import describe, list_checkpoints
from deepfake_desktop.core.paths import bundled_models_dir, resource_path
from deepfake_desktop.core.selftest import (
    SAMPLES,
    SCHEMA,
    STORED,
    TOLERANCE,
    sample_sha256,
    score_sample,
    settings_for,
)
from deepfake_desktop.core.versions import software_versions


def measure(models_dir: Path) -> dict[str, Any]:
    checkpoints: dict[str, Any] = {}
    for file in list_checkpoints(models_dir):
        if file.path.parent.resolve() != models_dir.resolve():
            continue
        card, summary = describe(file)
        settings = settings_for(file, summary.frames)
        checkpoints[summary.sha256] = {
            "name": summary.name,
            "classes": list(card.classes),
            "frames": summary.frames,
            "scores": {
                name: {
                    key: round(value, 6)
                    for key, value in asdict(
                        score_sample(resource_path(f"samples/{name}"), settings)
                    ).items()
                }
                for name in SAMPLES
            },
        }
    return {
        "schema": SCHEMA,
        "tolerance": TOLERANCE,
        "software": software_versions(),
        "samples": {name: sample_sha256(name) for name in SAMPLES},
        "checkpoints": checkpoints,
    }


def main() -> None:
    target = resource_path(STORED)
    text = json.dumps(measure(bundled_models_dir()), indent=2) + "\n"
    target.write_text(text, encoding="utf-8")
    print(f"Written: {target}")  # noqa: T201


if __name__ == "__main__":
    main()
