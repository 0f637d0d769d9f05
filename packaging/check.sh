#!/usr/bin/env bash
# Everything that a person installs, made and started: `uv run bash packaging/check.sh`.
# CI_FREEZE=1 bash .ci/run does it after the rest of CI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n==> %s %s\n' "$(date +%H:%M:%S)" "$*"; }

step "Wheel in clean environments"
uv run --no-sync pytest -q -m slow tests/test_house_wheel.py

step "Frozen program"
uv run --no-sync python packaging/build.py
uv run --no-sync python packaging/smoke_test.py dist/deepfake-desktop

if compgen -G 'dist/*.deb' >/dev/null; then
  step "Debian package, in a root of its own"
  root="$(mktemp -d)"
  trap 'rm -rf "$root"' EXIT
  dpkg-deb --extract dist/*.deb "$root"
  uv run --no-sync python packaging/smoke_test.py "$root/usr/lib/deepfake-desktop" \
    --in-place --out dist/smoke-deb
fi
