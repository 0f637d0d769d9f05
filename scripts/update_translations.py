"""Collects the window's texts into resources/translations/*.ts and builds the .qm files.

    python scripts/update_translations.py

New texts come in as unfinished; translate them in the .ts files (Qt Linguist, or any editor) and
run this again. English holds the plural forms only.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("de", "en")


def main() -> int:
    tools = Path(sys.executable).parent
    sources = sorted(str(p) for p in (ROOT / "deepfake_desktop" / "ui").glob("*.py"))
    for language in LANGUAGES:
        target = FOLDER / f"deepfake_desktop_{language}.ts"
        plurals = ["-pluralonly"] if language == "en" else []
        collect = [str(tools / "pyside6-lupdate"), *sources, "-ts", str(target), *plurals]
        options = ["-no-obsolete", "-locations", "none", "-source-language", "en"]
        build = [
            str(tools / "pyside6-lrelease"),
            str(target),
            "-qm",
            str(target.with_suffix(".qm")),
        ]
        subprocess.run([*collect, *options, "-target-language", language], check=True)  # noqa: S603
        subprocess.run(build, check=True)  # noqa: S603
    return 0


if __name__ == "__main__":
    sys.exit(main())
