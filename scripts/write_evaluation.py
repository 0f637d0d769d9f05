"""Put the reports of ``deepfake-desktop evaluate`` into docs/EVALUATION.md and docs/MODEL_CARD.md.

python scripts/write_evaluation.py evaluation model_63_acc_20_frames_own_data model_60_...

Reports and plots are copied to docs/evaluation; what stands between ``<!-- generated: NAME -->``
and ``<!-- end -->`` in the two pages is written anew. Everything outside is by hand and quotes no
figure of a checkpoint.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deepfake_desktop.training import tables

DOCS = Path(__file__).resolve().parents[1] / "docs"
ENDINGS = (".json", "_roc.png", "_reliability.png")
GOALS = {"all": ".88", "face swap": ".92", "lip sync": ".85", "talking head": ".80"}
Report = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description="Reports into the documentation.")
    parser.add_argument("folder", type=Path, help="where evaluate wrote (its --out)")
    parser.add_argument("names", nargs="+", help="checkpoints, the default one first")
    arguments = parser.parse_args()
    kept = DOCS / "evaluation"
    for old in kept.glob("model_*"):
        old.unlink()
    for name in arguments.names:
        for ending in ENDINGS:
            shutil.copyfile(arguments.folder / f"{name}{ending}", kept / f"{name}{ending}")
    reports = [
        json.loads((kept / f"{name}.json").read_text(encoding="utf-8")) for name in arguments.names
    ]
    write(DOCS / "EVALUATION.md", {"clips": clips(reports[0]), "checkpoints": checkpoints(reports)})
    write(DOCS / "MODEL_CARD.md", {"figures": card_figures(reports)})


def write(path: Path, blocks: dict[str, str]) -> None:
    """Replace the named blocks of a page.

    Raises:
        ValueError: if the page has no such block.
    """
    text = path.read_text(encoding="utf-8")
    for name, body in blocks.items():
        pattern = rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)"
        found = re.compile(pattern, re.DOTALL)
        if not found.search(text):
            raise ValueError(f"{path} has no block {name!r}")
        text = found.sub(lambda m, body=body: f"{m[1]}\n{body.strip()}\n\n{m[2]}", text)
    path.write_text(text, encoding="utf-8")


def clips(report: Report) -> str:
    counted = report["clips"]
    families = next(iter(report["conditions"].values()))["families"]
    real = families["all"]["real"]
    methods: dict[str, set[str]] = {}
    for row in report["by_clip"]:
        methods.setdefault(row["family"], set()).add(row["method"])
    rows = [
        [family, str(row["fake"]), ", ".join(sorted(methods.get(family, ())))]
        for family, row in families.items()
        if family != "all"
    ]
    return (
        f"Of {counted['in_folder']} clips, the {counted['left_out_as_training_clips']} real ones "
        f"that training may use are left out of every figure but one: {counted['measured']} "
        f"remain, {real} real and {families['all']['fake']} fake, in {counted['groups']} "
        "groups.\n\n"
        + tables.table(["family", "fakes", "methods of the index that belong to it"], rows)
    )


def checkpoints(reports: Sequence[Report]) -> str:
    parts = []
    for report in reports:
        name = Path(report["checkpoint"]["name"]).stem
        text = re.sub("^#", "##", tables.to_markdown(report), flags=re.MULTILINE)
        plots = (
            f"![ROC](evaluation/{name}_roc.png) ![Reliability](evaluation/{name}_reliability.png)\n"
        )
        parts.append(text.replace("### Verdicts", f"{plots}\n### Verdicts", 1))
    return "\n".join(parts)


def card_figures(reports: Sequence[Report]) -> str:
    """AUC per family of every checkpoint beside the goals; verdicts of the first one."""
    rows = []
    for report in reports:
        conditions = report["conditions"]
        names = [next(iter(conditions)), *(n for n in ("single frame",) if n in conditions)]
        for name in names:
            found = conditions[name]["families"]
            rows.append(
                [
                    f"{Path(report['checkpoint']['name']).stem}, {name}",
                    *(tables.interval(found.get(f, {}).get("auc")) for f in GOALS),
                ]
            )
    for name, row in reports[0].get("baselines", {}).items():
        rows.append(
            [name, *(tables.interval(row["families"].get(f, {}).get("auc")) for f in GOALS)]
        )
    rows.append(["goal", *GOALS.values()])
    first = reports[0]
    said = [row["p_fake"] for row in first["by_clip"]]
    suspected = [row for row in first["by_clip"] if not row["fake"]][:3]
    parts = [
        tables.table(["checkpoint", *GOALS], rows),
        "Verdicts of the default checkpoint on these clips. "
        + (tables.held_out_lines(first) or "Not calibrated.\n"),
        tables.seen_lines(first.get("seen_in_training")),
        f"P(fake) of all clips lies between {min(said):.2f} and {max(said):.2f}. Real clips it "
        "suspects most: "
        + ", ".join(f"{row['method']} ({row['p_fake']:.2f}, {row['label']})" for row in suspected)
        + ".\n",
    ]
    for report in reports:
        if "made_fakes" in report:
            name = Path(report["checkpoint"]["name"]).stem
            made = tables.made_lines(report["made_fakes"])
            parts.append(f"Made fakes of people never trained on, {name} (goal: AUC .97): {made}")
    if "portraits" in first:
        parts += [
            "Whom the default checkpoint suspects, on real portraits by how light the cheeks "
            "look:\n",
            tables.portraits_table(first["portraits"]),
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
