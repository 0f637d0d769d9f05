"""Colours, spacing, type and the stylesheet, for a light and a dark system.

Views ask ``colors(self)`` when they paint and repaint on ``QEvent.PaletteChange``; nobody keeps a
colour. Figures come from the design's README; every text pair meets WCAG AA (tests/ui/test_theme).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal

from PySide6.QtCore import QMargins, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.core.types import Label

Appearance = Literal["system", "light", "dark"]
TextRole = Literal["caption", "text", "body", "title", "verdict"]


# --- scales --------------------------------------------------------------------------------------


class Space:
    """The only distances in the program, in device-independent pixels."""

    XS, S, M, L, XL = 4, 8, 12, 16, 24


class Radius:
    CONTROL, CARD, PANEL = 6, 8, 10


#: Device-independent pixels at the system's usual font size.
TYPE_PX: dict[TextRole, int] = {"caption": 11, "text": 12, "body": 13, "title": 15, "verdict": 28}


# --- colours -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Colors:
    """Tokens by meaning. ``soft`` ones lie behind text, ``on_...`` ones are text on that colour."""

    dark: bool
    ground: QColor
    panel: QColor
    raised: QColor
    """Rows, buttons and fields on a panel."""
    hover: QColor
    pressed: QColor
    line: QColor
    """Decoration only; a control's outline is ``outline``."""
    outline: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    accent_hover: QColor
    accent_soft: QColor
    on_accent: QColor
    video: QColor
    """Behind the picture; dark in both themes."""
    on_video: QColor
    fake: QColor
    real: QColor
    inconclusive: QColor
    no_face: QColor
    on_verdict: QColor
    """Marks and words on a full verdict colour."""
    tracks: tuple[QColor, ...]
    """Persons, in order, around again after the last. Apart for the colour-blind, and none of
    them is a verdict's colour."""

    def verdict(self, label: Label | None) -> QColor:
        """The colour of a verdict; ``quiet`` while there is none."""
        by_label: dict[Label | None, QColor] = {
            "FAKE": self.fake,
            "REAL": self.real,
            "INCONCLUSIVE": self.inconclusive,
            "NO FACE": self.no_face,
        }
        return by_label.get(label, self.quiet)

    def track(self, index: int) -> QColor:
        """The colour of the ``index``-th person, counted from 0."""
        return self.tracks[index % len(self.tracks)]


def _c(name: str) -> QColor:
    return QColor(name)


def _tracks(*names: str) -> tuple[QColor, ...]:
    return tuple(QColor(name) for name in names)


LIGHT = Colors(
    dark=False,
    ground=_c("#F4F5F7"),
    panel=_c("#FFFFFF"),
    raised=_c("#F3F5F8"),
    hover=_c("#E9EDF2"),
    pressed=_c("#DDE3EA"),
    line=_c("#D9DEE5"),
    outline=_c("#8590A0"),
    text=_c("#1A1F27"),
    quiet=_c("#5C6673"),
    accent=_c("#1F6FB2"),
    accent_hover=_c("#195D97"),
    accent_soft=_c("#E8F0F8"),
    on_accent=_c("#FFFFFF"),
    video=_c("#20242B"),
    on_video=_c("#E8EBF0"),
    fake=_c("#C2410C"),
    real=_c("#0B7A62"),
    inconclusive=_c("#8A6200"),
    no_face=_c("#5C6673"),
    on_verdict=_c("#FFFFFF"),
    tracks=_tracks("#2E6FC0", "#9C3D9F", "#0E7C94", "#B8336A", "#5B4FC7", "#6B7A1E"),
)

DARK = Colors(
    dark=True,
    ground=_c("#14171C"),
    panel=_c("#1B1F26"),
    raised=_c("#232831"),
    hover=_c("#2B313C"),
    pressed=_c("#343B47"),
    line=_c("#2F3641"),
    outline=_c("#717C8C"),
    text=_c("#E8EBF0"),
    quiet=_c("#9AA4B2"),
    accent=_c("#5AA2E0"),
    accent_hover=_c("#78B4E8"),
    accent_soft=_c("#1F2D3B"),
    on_accent=_c("#10151C"),
    video=_c("#0D0F12"),
    on_video=_c("#E8EBF0"),
    fake=_c("#FF7A50"),
    real=_c("#3FC1A0"),
    inconclusive=_c("#E2B23C"),
    no_face=_c("#8A93A0"),
    on_verdict=_c("#14171C"),
    tracks=_tracks("#6CA8F5", "#D78BDB", "#5CC6DE", "#F58CB6", "#A79CFF", "#C3D36A"),
)


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """``share`` of ``second`` (0 to 1) in ``first``, opaque."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        first.redF() * rest + second.redF() * share,
        first.greenF() * rest + second.greenF() * share,
        first.blueF() * rest + second.blueF() * share,
    )


def faded(color: QColor, alpha: float) -> QColor:
    """The colour at ``alpha`` (0 to 1)."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


def contrast(first: QColor, second: QColor) -> float:
    """WCAG 2.2 contrast ratio of two opaque colours, 1 to 21."""

    def luminance(color: QColor) -> float:
        parts = (color.redF(), color.greenF(), color.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _high_contrast(base: Colors) -> Colors:
    """Where the system asks for more contrast: quiet text and lines step towards the text."""
    return replace(
        base,
        quiet=mix(base.quiet, base.text, 0.6),
        line=base.outline,
        outline=mix(base.outline, base.text, 0.6),
    )


# --- the theme in force --------------------------------------------------------------------------


class Theme(QObject):
    """Follows the system's light or dark, or what the preferences say; ``changed`` after a switch.

    One per application, made by ``install``.
    """

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("theme")
        self._app = app
        self._appearance: Appearance = "system"
        self._current = LIGHT
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._refresh)
        accessibility = getattr(hints, "accessibility", lambda: None)()
        if accessibility is not None and hasattr(accessibility, "contrastPreferenceChanged"):
            accessibility.contrastPreferenceChanged.connect(self._refresh)
        app.setStyle("Fusion")
        self._apply(self._wanted())

    @property
    def colors(self) -> Colors:
        return self._current

    @property
    def appearance(self) -> Appearance:
        return self._appearance

    def set_appearance(self, appearance: Appearance) -> None:
        """Light, dark, or whatever the system says."""
        self._appearance = appearance
        self._refresh()

    def _refresh(self, *_: object) -> None:
        wanted = self._wanted()
        if wanted != self._current:
            self._apply(wanted)
            self.changed.emit()

    def _wanted(self) -> Colors:
        hints = self._app.styleHints()
        dark = self._appearance == "dark"
        if self._appearance == "system":
            dark = hints.colorScheme() == Qt.ColorScheme.Dark
        base = DARK if dark else LIGHT
        accessibility = getattr(hints, "accessibility", lambda: None)()
        preference = getattr(accessibility, "contrastPreference", lambda: None)()
        if preference is not None and getattr(preference, "name", "") == "HighContrast":
            return _high_contrast(base)
        return base

    def _apply(self, wanted: Colors) -> None:
        self._current = wanted
        self._app.setPalette(palette(wanted))
        self._app.setStyleSheet(stylesheet(wanted))


def install(app: QApplication) -> Theme:
    """The application's theme; makes it on the first call."""
    found = app.findChild(Theme, "theme")
    return found if isinstance(found, Theme) else Theme(app)


def colors(_of: QWidget | QGuiApplication | None = None) -> Colors:
    """The tokens in force; LIGHT or DARK by the system where no theme is installed."""
    app = QApplication.instance()
    if app is None:
        return LIGHT
    found = app.findChild(Theme, "theme")
    if isinstance(found, Theme):
        return found.colors
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def type_scale() -> float:
    """How much larger than usual (13 px) the system's font is, 1 to 2."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return 1.0
    font = app.property("systemFont") or QFont()
    points = font.pointSizeF()
    screen = app.primaryScreen()
    if points <= 0 or screen is None:
        return 1.0
    return min(2.0, max(1.0, points * screen.logicalDotsPerInch() / 72.0 / 14.0))


def px(role: TextRole) -> int:
    """Text size in device-independent pixels."""
    return round(TYPE_PX[role] * type_scale())


def font(role: TextRole = "text", *, bold: bool = False) -> QFont:
    """The system's font in one of the five sizes; ``bold`` is 600, 700 for the verdict."""
    result = QFont(QApplication.font())
    result.setPixelSize(px(role))
    heavy = QFont.Weight.Bold if role == "verdict" else QFont.Weight.DemiBold
    result.setWeight(heavy if bold or role == "verdict" else QFont.Weight.Normal)
    return result


def margins(side: int) -> QMargins:
    """The same distance on all four sides."""
    return QMargins(side, side, side, side)


def motion_ms(wanted_ms: int = 150) -> int:
    """A duration for showing where something went: 0 where the system asks for less motion."""
    hints = QGuiApplication.styleHints()
    accessibility = getattr(hints, "accessibility", lambda: None)()
    preference = getattr(accessibility, "motionPreference", lambda: None)()
    if preference is not None and "Reduce" in getattr(preference, "name", ""):
        return 0
    return wanted_ms


# --- palette and stylesheet ----------------------------------------------------------------------


def palette(c: Colors) -> QPalette:
    """For what the stylesheet does not reach: native dialogs of Fusion, item views, links."""
    result = QPalette()
    role = QPalette.ColorRole
    pairs: tuple[tuple[QPalette.ColorRole, QColor], ...] = (
        (role.Window, c.ground),
        (role.WindowText, c.text),
        (role.Base, c.panel),
        (role.AlternateBase, c.raised),
        (role.Text, c.text),
        (role.Button, c.raised),
        (role.ButtonText, c.text),
        (role.BrightText, c.on_accent),
        (role.ToolTipBase, c.panel),
        (role.ToolTipText, c.text),
        (role.PlaceholderText, c.quiet),
        (role.Highlight, c.accent),
        (role.HighlightedText, c.on_accent),
        (role.Link, c.accent),
        (role.LinkVisited, c.accent),
        (role.Light, c.hover),
        (role.Midlight, c.raised),
        (role.Mid, c.line),
        (role.Dark, c.outline),
        (role.Shadow, c.outline),
        (role.Accent, c.accent),
    )
    for which, color in pairs:
        result.setColor(which, color)
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, mix(c.quiet, c.panel, 0.35))
    return result


def _css(color: QColor) -> str:
    if color.alpha() == 255:
        return color.name()
    return f"rgba({color.red()},{color.green()},{color.blue()},{color.alpha()})"


def stylesheet(c: Colors) -> str:
    """resources/styles/app.qss with its ``@token``s filled in: colours, sizes, icon files."""
    template = resource_path("styles/app.qss").read_text(encoding="utf-8")
    values: dict[str, str] = {
        f.name: _css(getattr(c, f.name))
        for f in fields(c)
        if isinstance(getattr(c, f.name), QColor)
    }
    values |= {f"px_{role}": f"{px(role)}px" for role in TYPE_PX}
    values |= {
        "radius_control": f"{Radius.CONTROL}px",
        "radius_card": f"{Radius.CARD}px",
        "radius_panel": f"{Radius.PANEL}px",
        "disabled": _css(mix(c.quiet, c.panel, 0.35)),
        "accent_disabled": _css(mix(c.accent, c.panel, 0.55)),
        "scroll": _css(mix(c.line, c.quiet, 0.35)),
        "fake_soft": _css(mix(c.panel, c.fake, 0.10)),
        "tone": "dark" if c.dark else "light",
        "styles": resource_path("styles").as_posix(),
    }
    for name in sorted(values, key=len, reverse=True):
        template = template.replace(f"@{name}", values[name])
    return template


def on_theme_change(widget: QWidget, slot: Callable[[], None]) -> None:
    """Calls a bound method of ``widget`` after each switch, for what cannot wait for a paint."""
    app = QApplication.instance()
    theme = app.findChild(Theme, "theme") if app is not None else None
    if isinstance(theme, Theme):
        theme.changed.connect(slot)
