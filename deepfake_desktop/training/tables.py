"""An evaluation as Markdown tables, the form in which the field publishes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Figure = Mapping[str, float | None]


def interval(figure: Figure | None, *, percent: bool = False) -> str:
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
            interval(row["auc"]),
            interval(row["eer"], percent=True),
            interval(row["accuracy"], percent=True),
            interval(row["balanced_accuracy"], percent=True),
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
                *(interval(found[f]["auc"]) if f in found else "n/a" for f in families),
                interval(found["all"]["eer"], percent=True),
                interval(found["all"]["accuracy"], percent=True),
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


def rates_table(conditions: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> str:
    """What the shipped thresholds make of real clips and fakes under every condition."""
    columns = {
        "false_positive_rate": "real clips FAKE",
        "inconclusive_rate_real": "real clips INCONCLUSIVE",
        "detection_rate": "fakes FAKE",
        "false_negative_rate": "fakes REAL",
    }
    rows = [
        [name, *(_rate(conditions[name]["verdicts"].get(column)) for column in columns)]
        for name in names
    ]
    return table(["condition", *columns.values()], rows)


def rates_lines(verdicts: Mapping[str, float | None]) -> str:
    names = {
        "false_positive_rate": "real clips called FAKE",
        "inconclusive_rate_real": "real clips INCONCLUSIVE",
        "detection_rate": "fakes called FAKE",
        "false_negative_rate": "fakes called REAL",
        "inconclusive_rate": "all clips INCONCLUSIVE",
    }
    return "".join(f"- {names[k]}: {_rate(verdicts[k])}\n" for k in names if k in verdicts)


def seen_lines(found: Mapping[str, Any] | None) -> str:
    """What real clips that training saw are called: no better can be expected of others."""
    if not found:
        return ""
    return (
        f"Of {found['real']} real clips that training saw, in no other figure: "
        f"{_rate(found['false_positive_rate'])} FAKE, {_rate(found['inconclusive_rate_real'])} "
        "INCONCLUSIVE. The FAKE threshold was chosen with them, too.\n"
    )


def held_out_lines(report: Mapping[str, Any]) -> str:
    """What calibration and thresholds are worth on groups they were not fitted on."""
    fitted = report["checkpoint"]["metrics"].get("calibration")
    if not fitted:
        return ""
    tried = ", ".join(f"{k} {_number(v)}" for k, v in fitted["held_out_cllr_by_method"].items())
    held = fitted["held_out"]
    return (
        f"Held out (fitted on the other folds, {fitted['folds']} folds over {fitted['groups']} "
        f"groups):\n\n{rates_lines(held['verdicts'])}- expected calibration error "
        f"{_number(held['ece'])}, Cllr {_number(held['cllr'])} bits; Cllr by method tried: "
        f"{tried}\n"
    )


def thresholds_table(report: Mapping[str, Any]) -> str:
    """Other REAL thresholds at the shipped FAKE threshold, and the pair within both limits."""
    shipped, tried = report["checkpoint"]["thresholds"], report["thresholds_tried"]
    both = tried["both_limits"]
    rows = [
        (f"{row['real']:.2f}" + (" (shipped)" if row["real"] == shipped["real"] else ""), row)
        for row in tried["pairs"]
    ]
    rows.append((f"{both['real']:.3f}, FAKE from {both['fake']:.3f}: both limits", both))
    rows.append(("the same, held out", both["held_out"]))
    header = [
        "REAL up to", "real clips FAKE", "real clips INCONCLUSIVE", "fakes FAKE", "fakes REAL",
        "all INCONCLUSIVE",
    ]  # fmt: skip
    names = (
        "false_positive_rate", "inconclusive_rate_real", "detection_rate", "false_negative_rate",
        "inconclusive_rate",
    )  # fmt: skip
    return table(header, [[title, *(_rate(row[n]) for n in names)] for title, row in rows])


def aggregation_table(found: Mapping[str, Any]) -> str:
    rows = [
        [name, interval(way["auc"]), interval(way["difference"])]
        for name, way in found["ways"].items()
    ]
    held = found["held_out"]["auc_within_folds"]
    chosen = ", ".join(found["held_out"]["chosen_by_fold"])
    return table(["windows to video", "AUC, all", "difference to as shipped"], rows) + (
        f"\nChosen by the other folds (best AUC there): {chosen}. AUC over pairs within a fold: "
        f"{_number(held['chosen'])} so chosen, {_number(held['present'])} as shipped.\n"
    )


def made_lines(made: Mapping[str, Any]) -> str:
    kinds = ", ".join(
        f"{kind} {_number(row['auc'])} ({row['fakes']})" for kind, row in made["kinds"].items()
    )
    return (
        f"{made['pairs']} pairs of clips of {made['frames']} frames, of {made['people']} people: "
        f"AUC {interval(made['auc'])}, EER {interval(made['eer'], percent=True)} %, accuracy at a "
        f"logit of 0 {interval(made['accuracy_at_logit_0'], percent=True)} %, calibrated "
        f"{interval(made['accuracy'], percent=True)} %. A fake scores above its own original in "
        f"{_rate(made['pairs_in_order'])} of the pairs. AUC by kind (fakes): {kinds}.\n"
    )


def portraits_table(portraits: Sequence[Mapping[str, Any]]) -> str:
    names = ["darkest", *(["between"] * (len(portraits) - 2)), "lightest"]
    return table(
        ["share", "angle, degrees", "portraits / people", "median logit", "AUC against the others"],
        [
            [
                name,
                "{:.0f} to {:.0f}".format(*row["angle_deg"]),
                f"{row['portraits']} / {row['people']}",
                f"{row['median_logit']:.2f}",
                interval(row["scores_higher_than_others"]),
            ]
            for name, row in zip(names, portraits, strict=True)
        ],
    )


def wrongest_table(report: Mapping[str, Any], count: int = 10) -> str:
    return table(
        ["clip", "method", "P(fake)", "verdict", "face, px"],
        [
            [
                row["name"], row["method"], f"{row['p_fake']:.2f}", row["label"],
                str(row["face_px"]),
            ]
            for row in report["by_clip"][:count]
        ],
    )  # fmt: skip


def to_markdown(report: Mapping[str, Any]) -> str:
    """The whole report. Conditions are grouped as lengths and worsened copies."""
    conditions = report["conditions"]
    main = next(iter(conditions))
    lengths = [n for n in conditions if n == main or "frame" in n]
    worse = [n for n in conditions if n not in lengths]
    checkpoint, clips = report["checkpoint"], report["clips"]
    thresholds, calibration = checkpoint["thresholds"], conditions[main]["calibration"]
    counts = conditions[main]["families"]["all"]
    check = report.get("checked_against_analyze")
    traces = " + traces" if checkpoint.get("trace_kinds") else ""
    traces += " + patches" if checkpoint.get("patches") else ""
    parts = [
        f"# {checkpoint['name']}\n",
        f"sha256 `{checkpoint['sha256']}`, {checkpoint['backbone']} + LSTM{traces}, "
        f"{checkpoint['image_size']} px, {report['settings']['frames']} frames. Scored by "
        f"{report['engine']}"
        + (
            f" (checked against `analyze` on {len(check['clips'])} clips: logits differ by at most "
            f"{check['largest_logit_difference']})"
            if check
            else ""
        )
        + ".\n",
        f"{clips['measured']} clips ({counts['fake']} fake, {counts['real']} real) in "
        f"{clips['groups']} groups; "
        f"{clips['left_out_as_training_clips']} left out because training may use them, "
        f"{clips['not_readable']} not readable. Brackets: 95 % bootstrap intervals over groups, "
        f"{report['bootstrap_draws']} draws. Accuracy at P(fake) = 0.5; calling every clip fake "
        f"has {_rate(counts['fake'] / (counts['fake'] + counts['real']))}.\n",
        "## By family\n",
        families_table(conditions[main]),
        "## Verdicts at the card's thresholds\n",
        f"REAL up to {thresholds['real']:.3f}, FAKE from {thresholds['fake']:.3f}.\n",
        verdicts_table(conditions[main]),
        rates_lines(conditions[main]["verdicts"]),
        seen_lines(report.get("seen_in_training")),
        held_out_lines(report),
        "## Calibration\n",
        f"`{json.dumps(checkpoint['calibration'])}`. Expected calibration error "
        f"{_number(calibration['ece'])}, Cllr "
        f"{_number(calibration['cllr'])} bits (best possible by calibration alone "
        f"{_number(calibration['min_cllr'])}; 1 is what a detector pays that always says even "
        "odds); classes weighted evenly. On the clips it was fitted on, if these are they: the "
        "held-out figures are the honest ones.\n",
    ]
    if "thresholds_tried" in report:
        parts += [
            "## What other thresholds would do\n",
            "Limits: at most 5 % of the real clips FAKE, at most 20 % of them and of all clips "
            "INCONCLUSIVE. The shipped pair never says REAL above even odds.\n",
            thresholds_table(report),
        ]
    if "made_fakes" in report:
        parts += ["## Made fakes of people never trained on\n", made_lines(report["made_fakes"])]
    baselines = report.get("baselines", {})
    if len(lengths) > 1 or baselines:
        parts += [
            "## Sequence lengths and baselines\n",
            '"Single frame" is the same network on one frame per window: what the sequence adds. '
            + ("Meso-4 stands on the very same frames, uncalibrated. " if baselines else "")
            + "The checkpoint was trained for one length; the others show how it takes them.\n",
            conditions_table({**conditions, **baselines}, [*lengths, *baselines]),
        ]
    if worse:
        first = f"the first {report['degraded_s']:g} s" if report["degraded_s"] else "whole clips"
        parts += [
            "## Worsened copies\n",
            f"Copies of {first}; those without a CRF in their name are encoded at 23.\n",
            conditions_table(conditions, worse),
            rates_table(conditions, worse),
        ]
    if "aggregation" in report:
        parts += [
            "## Other ways from windows to a video\n",
            aggregation_table(report["aggregation"]),
        ]
    if "portraits" in report:
        parts += [
            "## Whom it suspects\n",
            "Real portraits of people never trained on, by the individual typology angle of the "
            "cheeks (skin tone mixed with light and camera). .5: this share scores like the "
            "others; above: more like fakes.\n",
            portraits_table(report["portraits"]),
        ]
    if report.get("by_clip"):
        parts += ["## The clips it is most wrong about\n", wrongest_table(report)]
    return "\n".join(part for part in parts if part)
