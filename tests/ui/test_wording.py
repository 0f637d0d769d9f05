from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QApplication

from deepfake_desktop.core import errors
from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.core.types import AnalysisSettings, Reason, SelfTest
from deepfake_desktop.ui import translations, wording
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure

CORE = Path(errors.__file__).parent


@pytest.fixture
def german(qapp: QApplication) -> object:
    held = translations.install(qapp, "de")
    yield held
    translations.remove(qapp, held)


def _reason_codes() -> set[str]:
    """Every code that the engine's sources give a Reason."""
    codes = set()
    for path in CORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id == "Reason" and node.args:  # type: ignore[attr-defined]
                first = node.args[0]  # type: ignore[attr-defined]
                if isinstance(first, ast.Constant):
                    codes.add(first.value)
    return codes


def test_every_reason_of_the_engine_has_its_sentence() -> None:
    codes = _reason_codes()
    assert {"no_face", "few_frames"} <= codes
    assert codes <= set(wording._REASONS), "a reason is not in wording.py"


def test_a_reason_says_its_figures() -> None:
    which = Reason("few_frames", "English", (("frames", 3),))
    assert wording.reason(which) == "The face was seen in only 3 of the examined frames."


def test_one_window_is_said_so() -> None:
    one = Reason("windows_fake", "x", (("windows", 1), ("agreeing", 1)))
    many = Reason("windows_fake", "x", (("windows", 8), ("agreeing", 6)))
    assert wording.reason(one) == "The one window that was examined looks manipulated."
    assert wording.reason(many) == "6 of 8 windows look manipulated."


def test_an_unknown_reason_keeps_the_engines_words() -> None:
    assert wording.reason(Reason("from_the_future", "As the engine says.")) == "As the engine says."
    missing = Reason("few_frames", "As the engine says.")
    assert wording.reason(missing) == "As the engine says."


def _error_classes() -> list[str]:
    base = errors.DeepfakeDesktopError
    everything = [c for _, c in inspect.getmembers(errors, inspect.isclass)]
    return [
        c.__name__
        for c in everything
        if issubclass(c, base) and c not in (base, errors.MediaError, errors.CheckpointError)
    ]


@pytest.mark.parametrize("code", _error_classes())
def test_every_error_has_a_card(code: str) -> None:
    unknown = error_words(Failure("SomethingElse", "x"))
    assert error_words(Failure(code, "x")) != unknown


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.964, "96 %"), (0.999, "99 %"), (0.001, "1 %"), (1.0, "100 %"), (0.0, "0 %")],
)
def test_percents_are_never_falsely_certain(share: float, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (72.9, "1:12"), (3723, "1:02:03"), (-1, "0:00")]
)
def test_clock(seconds: float, text: str) -> None:
    assert wording.clock(seconds) == text


def test_german_is_complete() -> None:
    source = (resource_path("translations/deepfake_desktop_de.ts")).read_text("utf-8")
    assert "unfinished" not in source
    assert source.count("<message") > 400


def test_german_keeps_the_places_of_figures() -> None:
    from xml.etree import ElementTree as ET

    root = ET.parse(resource_path("translations/deepfake_desktop_de.ts")).getroot()
    for message in root.iter("message"):
        source = message.findtext("source") or ""
        for form in [message.find("translation"), *message.iter("numerusform")]:
            text = (form.text or "").strip() if form is not None else ""
            if text:
                found = sorted(re.findall(r"\{\w*\}|%n", text))
                assert found == sorted(re.findall(r"\{\w*\}|%n", source)), source


def test_every_setting_is_said_in_german(german: object) -> None:
    for field in fields(AnalysisSettings):
        for key in ("label", "help"):
            text = str(field.metadata[key])
            assert wording.setting(text) != text, text


def test_german_speaks(german: object) -> None:
    assert wording.verdict("FAKE") == "FÄLSCHUNG"
    assert error_words(Failure("NotAVideoError", "x")).headline == "Das ist kein Video"
    one = Reason("few_frames", "x", (("frames", 3),))
    assert wording.reason(one).startswith("Das Gesicht war nur in 3")


def test_the_built_files_are_those_of_the_sources(qapp: QApplication) -> None:
    """A .qm that was not built after its .ts changed would keep the old words."""
    from xml.etree import ElementTree as ET

    translator = QTranslator()
    assert translator.load(str(resource_path("translations/deepfake_desktop_de.qm")))
    root = ET.parse(resource_path("translations/deepfake_desktop_de.ts")).getroot()
    for context in root.iter("context"):
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            if not message.get("numerus"):
                source = message.findtext("source") or ""
                wanted = message.findtext("translation") or ""
                assert translator.translate(name, source) == wanted, (name, source)


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [("en", "1 video", "2 videos"), ("de", "1 Video", "2 Videos")],
)
def test_plurals(qapp: QApplication, language: str, one: str, two: str) -> None:
    held = translations.install(qapp, language)
    try:
        said = [QCoreApplication.translate("DropArea", "%n video(s)", "", n) for n in (1, 2)]
    finally:
        translations.remove(qapp, held)
    assert said == [one, two]


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (SelfTest("passed", "2026-11-22T13:05:05+00:00"), "passed, "),
        (SelfTest("failed", "2026-11-22T13:05:05+00:00"), "no verdict is given"),
        (SelfTest("not covered"), "none: no scores are stored for this checkpoint"),
        (SelfTest(), "runs before the first verdict"),
    ],
)
def test_the_self_test_in_words(outcome: SelfTest, says: str) -> None:
    text = wording.self_test(outcome)
    assert says in text
    assert "{" not in text
    assert ("2026-11-22" in text) == (outcome.tested_utc is not None)


def test_kinds_of_manipulation_have_words_and_unknown_ones_keep_theirs() -> None:
    assert wording.kind("talking_head") == "talking head"
    assert wording.kind("new_kind") == "new kind"
