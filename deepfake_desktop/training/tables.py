"""An evaluation as Markdown tables, the form in which the field publishes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Figure = Mapping[str, float | None]


def _interval(figure: Figure | None, *, percent: bool = False) -> str:
    if figure is None or figure["value"] is None:
        return "n/a"

    def show(value: float | None) -> str:
        if value is None:
            return "n/a"
        return f"{100 * value:.0f}" if percent else f"{value:.3f}".removeprefix("0")

    return f"{show(figure['value'])} ({show(figure['low'])} to {show(figure['high'])})"


def _rate(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.0f} %"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def families_table(condition: Mapping[str, Any]) -> str:
    """Per family: what it was measured on, and how well fakes rank above reals."""
    rows = [
        [
            name,
            f"{row['fake']} / {row['real']} / {row['groups']}",
            _interval(row["auc"]),
            _interval(row["eer"], percent=True),
            _interval(row["accuracy"], percent=True),
            _interval(row["balanced_accuracy"], percent=True),
        ]
        for name, row in condition["families"].items()
    ]
    header = [
        "family", "fakes / reals / groups", "AUC", "EER, %", "accuracy, %", "balanced accuracy, %",
    ]  # fmt: skip
    return table(header, rows)


def conditions_table(conditions: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> str:
    """AUC per family and condition, with error and accuracy over all families."""
    families = list(conditions[names[0]]["families"])
    rows = []
    for name in names:
        found = conditions[name]["families"]
        rows.append(
            [
                name,
                *(_interval(found[f]["auc"]) if f in found else "n/a" for f in families),
                _interval(found["all"]["eer"], percent=True),
                _interval(found["all"]["accuracy"], percent=True),
                str(found["all"]["without_face"]),
            ]
        )
    header = ["condition", *(f"AUC, {f}" for f in families)]
    return table([*header, "EER, %", "accuracy, %", "clips without a face"], rows)


def verdicts_table(condition: Mapping[str, Any]) -> str:
    counts = condition["verdicts"]["counts"]
    labels = list(next(iter(counts.values())))
    return table(
        ["clips", *labels],
        [[family, *(str(row[label]) for label in labels)] for family, row in counts.items()],
    )


def rates_lines(verdicts: Mapping[str, float | None]) -> str:
    names = {
        "false_positive_rate": "real clips called FAKE",
        "inconclusive_rate_real": "real clips INCONCLUSIVE",
        "detection_rate": "fakes called FAKE",
        "false_negative_rate": "fakes called REAL",
        "inconclusive_rate": "all clips INCONCLUSIVE",
    }
    return "".join(f"- {names[k]}: {_rate(verdicts[k])}\n" for k in names if k in verdicts)


def to_markdown(report: Mapping[str, Any]) -> str:
    """The whole report. Conditions are grouped as lengths and worsened copies."""
    conditions = report["conditions"]
    main = next(iter(conditions))
    lengths = [n for n in conditions if n == main or "frame" in n]
    worse = [n for n in conditions if n not in lengths]
    checkpoint, clips = report["checkpoint"], report["clips"]
    thresholds, calibration = checkpoint["thresholds"], conditions[main]["calibration"]
    parts = [
        f"# {checkpoint['name']}\n",
        f"sha256 `{checkpoint['sha256']}`, {checkpoint['backbone']} + LSTM, "
        f"{checkpoint['image_size']} px, {report['settings']['frames']} frames.\n",
        f"{clips['measured']} clips in {clips['groups']} groups; "
        f"{clips['left_out_as_training_clips']} left out because training may use them, "
        f"{clips['not_readable']} not readable. Brackets: 95 % bootstrap intervals over groups, "
        f"{report['bootstrap_draws']} draws. Accuracy at P(fake) = 0.5.\n",
        "## By family\n",
        families_table(conditions[main]),
        "## Verdicts at the card's thresholds\n",
        f"REAL up to {thresholds['real']:.3f}, FAKE from {thresholds['fake']:.3f}.\n",
        verdicts_table(conditions[main]),
        rates_lines(conditions[main]["verdicts"]),
        "## Calibration\n",
        f"Expected calibration error {_number(calibration['ece'])}, Cllr "
        f"{_number(calibration['cllr'])} bits (best possible by calibration alone "
        f"{_number(calibration['min_cllr'])}); classes weighted evenly. On the clips it was "
        "fitted on, if these are they: the card's held-out figures are the honest ones.\n",
    ]
    if len(lengths) > 1:
        parts += ["## Sequence lengths\n", conditions_table(conditions, lengths)]
    if worse:
        first = f"the first {report['degraded_s']:g} s" if report["degraded_s"] else "whole clips"
        parts += [
            "## Recompression, reduction, blur, noise\n",
            f"Copies of {first}; CRF 18 is the reference, the others without a CRF are at 23.\n",
            conditions_table(conditions, worse),
        ]
    return "\n".join(parts)
