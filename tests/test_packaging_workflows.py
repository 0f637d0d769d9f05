"""The workflows name what exists, start every frozen program, and need no secret.

They run on machines that nobody has here: what can be known of them without those is checked.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDER = REPOSITORY / ".github/workflows"
# Windows may have a bash that is no more than an offer to install one.
BASH = shutil.which("bash") if sys.platform != "win32" else None
needs_bash = pytest.mark.skipif(BASH is None, reason="no bash here")
SYSTEMS = {"ubuntu": "Linux", "windows": "Windows", "macos": "macOS"}


def _workflow(name: str) -> dict[Any, Any]:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def _steps(job: dict[str, Any], system: str | None = None) -> list[dict[str, Any]]:
    """The steps of a job, on one system those that run there."""
    return [
        step
        for step in job["steps"]
        if system is None
        or f"runner.os == '{system}'" in step.get("if", f"runner.os == '{system}'")
    ]


@pytest.fixture(scope="module", params=["ci.yml", "release.yml"])
def workflow(request: pytest.FixtureRequest) -> dict[Any, Any]:
    return _workflow(request.param)


@pytest.fixture(scope="module")
def build() -> dict[str, Any]:
    return _workflow("release.yml")["jobs"]["build"]


def _scripts(workflow: dict[Any, Any]) -> list[str]:
    return [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]


def test_every_file_of_the_repository_that_a_step_names_exists(workflow: dict[Any, Any]) -> None:
    named = {
        path.replace("\\", "/")
        for script in _scripts(workflow)
        for path in re.findall(r"(?:packaging|tests|resources|\.ci)[\\/][\w./\\-]+", script)
    }
    assert named
    assert sorted(path for path in named if not (REPOSITORY / path).exists()) == []


def test_every_option_that_a_step_gives_to_our_programs_is_known(workflow: dict[Any, Any]) -> None:
    for script in _scripts(workflow):
        for program, rest in re.findall(r"(packaging/\w+\.py)(.*)", script):
            source = (REPOSITORY / program).read_text(encoding="utf-8")
            for option in re.findall(r"--[a-z-]+", rest):
                assert f'"{option}"' in source, f"{program} knows no {option}"


@needs_bash
def test_shell_steps_are_shell(workflow: dict[Any, Any]) -> None:
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if "run" in step and step.get("shell", "bash") == "bash":
                text = re.sub(r"\$\{\{.*?\}\}", "x", step["run"])
                done = subprocess.run(
                    [BASH, "-n"], input=text.encode(), capture_output=True, check=False
                )
                assert done.returncode == 0, f"{step}\n{done.stderr.decode()}"


def test_ci_covers_three_systems_and_every_supported_python() -> None:
    matrix = _workflow("ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert {name.split("-")[0] for name in matrix["os"]} == set(SYSTEMS)
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    low, high = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', text).groups()  # type: ignore[union-attr]
    assert matrix["python"] == [f"3.{minor}" for minor in range(int(low), int(high))]
    commands = "\n".join(
        step.get("run", "") for step in _workflow("ci.yml")["jobs"]["tests"]["steps"]
    )
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest"):
        assert f"uv run {tool}" in commands


def test_the_release_is_built_on_three_systems(build: dict[str, Any]) -> None:
    systems = [entry["os"].split("-")[0] for entry in build["strategy"]["matrix"]["include"]]
    assert sorted(systems) == sorted(SYSTEMS)
    # Retired by their owner: a job that asks for one never starts.
    assert not {"macos-13", "macos-14", "ubuntu-20.04", "windows-2019"} & {
        entry["os"] for entry in build["strategy"]["matrix"]["include"]
    }


@pytest.mark.parametrize("system", SYSTEMS.values())
def test_every_system_starts_what_it_built_before_it_is_kept(
    build: dict[str, Any], system: str
) -> None:
    steps = _steps(build, system)
    scripts = [step.get("run", "") for step in steps]
    built = next(i for i, s in enumerate(scripts) if "packaging/build.py" in s)
    tested = next(i for i, s in enumerate(scripts) if "packaging/smoke_test.py" in s)
    kept = next(
        i for i, step in enumerate(steps)
        if step.get("with", {}).get("name", "").startswith("release-")
    )  # fmt: skip
    assert built < tested < kept
    assert "${{ matrix.dist }}" in scripts[tested]
    assert "continue-on-error" not in steps[tested]
    after = "\n".join(scripts[tested + 1 : kept])
    installed = {
        "Linux": "smoke_test.py /usr/lib/deepfake-desktop --in-place",
        "Windows": "install_test.ps1",
        "macOS": 'deepfake-desktop-cli" self-test',
    }
    assert installed[system] in after, "what a person installs is started too"


def test_a_release_knows_its_page(build: dict[str, Any]) -> None:
    (step,) = [step for step in build["steps"] if "packaging/build.py" in step.get("run", "")]
    address = "${{ github.server_url }}/${{ github.repository }}/releases"
    assert step["env"] == {"DEEPFAKE_DESKTOP_RELEASES_PAGE": address}


def test_a_release_without_secrets_is_unsigned_and_says_so(build: dict[str, Any]) -> None:
    signing = [step for step in build["steps"] if "secrets." in str(step)]
    assert len(signing) == 3
    for step in signing:
        # A secret reaches a script as an environment variable, never as text in its source.
        assert "secrets." not in step["run"]
        (script,) = re.findall(r"packaging[\\/][\w\\/]+\.(?:sh|ps1)", step["run"])
        text = (REPOSITORY / script.replace("\\", "/")).read_text(encoding="utf-8-sig")
        first, *_ = [name for name in step["env"] if name.endswith("CERTIFICATE")]
        asked = re.search(rf"(if \[ -z \"\$\{{{first}:-\}}\" \]|if \(-not \$env:{first}\))", text)
        assert asked, f"{script} does not ask whether {first} is there"
        assert "::notice::" in text[asked.end() :][:200]
        assert "exit 0" in text[asked.end() :][:300]
        for name in step["env"]:
            assert name in text, f"{script} does not use {name}"


@needs_bash
def test_the_mac_script_ends_well_without_a_certificate(tmp_path: Path) -> None:
    """Really run, with a codesign that writes down what it was asked."""
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tmp_path / "log"
    (tools / "codesign").write_text(f'#!/bin/sh\necho "$@" >>{shlex.quote(str(log))}\n')
    (tools / "codesign").chmod(0o755)
    done = subprocess.run(
        [BASH, REPOSITORY / "packaging/macos/sign.sh"],
        env={"PATH": f"{tools}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "::notice::no MACOS_CERTIFICATE" in done.stdout
    assert log.read_text() == "--force --deep --sign - dist/Deepfake Desktop.app\n"


def test_what_is_published_has_checksums_a_bill_and_provenance() -> None:
    jobs = _workflow("release.yml")["jobs"]
    publish = jobs["publish"]
    assert set(publish["needs"]) == {"build", "wheel"}
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert publish["permissions"]["id-token"] == "write"
    uses = [step.get("uses", "").split("@")[0] for step in publish["steps"]]
    runs = [step.get("run", "") for step in publish["steps"]]
    assert "actions/attest-build-provenance" in uses
    sums = next(i for i, run in enumerate(runs) if run.endswith(">SHA256SUMS"))
    assert sums < uses.index("actions/attest-build-provenance")
    assert runs[-1].endswith("dist/*")
    kept = next(
        step["with"]["path"] for step in jobs["build"]["steps"]
        if step.get("with", {}).get("name", "").startswith("release-")
    )  # fmt: skip
    for pattern in ("*.tar.gz", "*.deb", "*-setup.exe", "*.dmg", "*.cdx.json"):
        assert f"dist/{pattern}" in kept.split()


@needs_bash
@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_checksums_can_be_checked(tmp_path: Path) -> None:
    """The step's own line, run on files with awkward names."""
    steps = _workflow("release.yml")["jobs"]["publish"]["steps"]
    line = next(step["run"] for step in steps if step.get("name") == "Checksums")
    for name in ("a b.deb", "-x.dmg"):
        (tmp_path / name).write_text(name)
    subprocess.run([BASH, "-c", line], cwd=tmp_path, check=True)
    subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True
    )
    (tmp_path / "a b.deb").write_text("altered")
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode != 0


def test_no_workflow_may_write_more_than_it_must(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job.get("timeout-minutes", 0) or "permissions" in job
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
