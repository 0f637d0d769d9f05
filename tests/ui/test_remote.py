from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deepfake_desktop.core.errors import Cancelled
from deepfake_desktop.core.threads import NICE
from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.ui.remote import Remote, RemoteError

HERE = "tests.ui.remote_targets"


@pytest.fixture
def remote() -> Iterator[Remote]:
    made = Remote("test")
    yield made
    made.close()


def _until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_values_come_one_by_one_from_another_process(remote: Remote) -> None:
    assert list(remote.stream(f"{HERE}:count", 5, cancel=CancelToken())) == [0, 1, 2, 3, 4]
    there = remote.call(f"{HERE}:pid", cancel=CancelToken())
    assert there != os.getpid()
    assert remote.call(f"{HERE}:pid", cancel=CancelToken()) == there  # the same process goes on


def test_an_error_keeps_its_code_its_words_and_its_traceback(remote: Remote) -> None:
    with pytest.raises(RemoteError) as caught:
        remote.call(f"{HERE}:refuse", cancel=CancelToken())
    failure = caught.value.failure
    assert (failure.code, failure.reason) == ("NotAVideoError", "no container")
    assert failure.path == Path("clip.mp4")
    assert failure.remedy == "Choose another."
    assert "in refuse" in failure.details


def test_cancel_answers_at_once_and_ends_it_over_there(remote: Remote, tmp_path: Path) -> None:
    marker, cancel = tmp_path / "marker", CancelToken()
    stream = remote.stream(f"{HERE}:forever", marker, cancel=cancel)
    assert next(stream) == 0
    cancel.cancel()
    started = time.perf_counter()
    with pytest.raises(Cancelled):
        for _ in stream:
            pass
    assert time.perf_counter() - started < 1.0
    assert _until(marker.is_file)
    assert list(remote.stream(f"{HERE}:count", 2, cancel=CancelToken())) == [0, 1]


def test_a_caller_that_walks_away_ends_it_too(remote: Remote, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    stream = remote.stream(f"{HERE}:forever", marker, cancel=CancelToken())
    next(stream)
    stream.close()
    assert _until(marker.is_file)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_told_and_the_next_call_has_a_new_process(remote: Remote) -> None:
    with pytest.raises(RemoteError) as caught:
        remote.call(f"{HERE}:die", cancel=CancelToken())
    assert caught.value.failure.code == "EngineCrash"
    assert "-11" in caught.value.failure.reason
    assert remote.call(f"{HERE}:count", 3, cancel=CancelToken()) == 2


def test_close_ends_a_process_that_hears_nothing() -> None:
    remote = Remote("deaf")
    cancel = CancelToken()
    stream = remote.stream(f"{HERE}:deaf", cancel=cancel)
    assert next(stream) == 0
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(stream)
    process = remote._process
    assert process is not None
    number = process.pid
    assert number is not None
    remote.close()
    with pytest.raises(OSError):  # noqa: PT011 - whichever the system raises for nobody
        os.kill(number, 0)


def test_a_token_cancelled_before_starts_nothing(remote: Remote) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        next(remote.stream(f"{HERE}:count", 5, cancel=cancel))
    assert remote._process is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has priority classes instead")
def test_the_process_steps_behind_the_window(remote: Remote) -> None:
    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert remote.call(f"{HERE}:niceness", cancel=CancelToken()) == min(here + NICE, 19)
