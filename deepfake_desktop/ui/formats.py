"""How the views write a person's name, a moment, a score: one place, in the user's locale."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QGuiApplication

from deepfake_desktop.core.types import Label, Thresholds
from deepfake_desktop.ui import wording

#: The space between a figure and its unit, and those of "score 0.30 of 1".
_UNIT = re.compile(r"(?<=\d) (?=%|[KMGT]i?B\b|fps\b|Bilder/|s\b|px\b)| (?=(?:\S+ ){0,2}1$)")


def person_name(track_id: int) -> str:
    """``Person 1``: the engine counts people from 1, as its reasons do."""
    return wording.person(track_id - 1)


def clock(time_s: float, *, decimals: int = 0) -> str:
    """``1:05``, ``1:02:03``; with ``decimals`` 2 ``01:05.13`` style fractions, cut, not rounded.

    A moment is cut down to the last digit shown so that it never names a later frame.
    """
    factor = 10**decimals
    units = int(max(0.0, time_s) * factor + 1e-6)
    whole, fraction = divmod(units, factor)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}{QLocale().decimalPoint()}{fraction:0{decimals}}" if decimals else text


def span(start_s: float, end_s: float, *, decimals: int = 0) -> str:
    """From and to, with a dash between."""
    text = f"{clock(start_s, decimals=decimals)} \u2013 {clock(end_s, decimals=decimals)}"
    if QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        return f"\u2066{text}\u2069"  # times run from left to right in every script
    return text


def score(p_fake: float) -> str:
    """Two decimals, never a false 0.00 or 1.00."""
    return QLocale().toString(min(0.99, max(0.01, p_fake)), "f", 2)


def label_of(p_fake: float, thresholds: Thresholds) -> Label:
    """The side of the thresholds a single score lies on; for colouring, not for judging."""
    if p_fake >= thresholds.fake:
        return "FAKE"
    return "REAL" if p_fake <= thresholds.real else "INCONCLUSIVE"


def side(label: Label) -> str:
    """What a single score says, in two words; a score is not a verdict."""
    words: dict[Label, str] = {
        "FAKE": QCoreApplication.translate("formats", "looks manipulated"),
        "REAL": QCoreApplication.translate("formats", "looks authentic"),
        "INCONCLUSIVE": QCoreApplication.translate("formats", "in between"),
        "NO FACE": QCoreApplication.translate("formats", "no face"),
    }
    return words[label]


def unbroken(text: str) -> str:
    """Keeps a figure and its unit on one line, and lets no line begin with a dot."""
    glued = _UNIT.sub("\u00a0", text).replace(" \u00b7", "\u00a0\u00b7")
    return glued.replace("/", "/\u2060")  # frames/s
