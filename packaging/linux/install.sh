#!/bin/sh
# Install Deepfake Desktop for this user, or remove it again:
#
#   ./share/install.sh            copies the program to ~/.local and adds a menu entry
#   ./share/install.sh --remove   takes both away; your own models and settings stay
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
data=${XDG_DATA_HOME:-$HOME/.local/share}
bin=$HOME/.local/bin
program=$HOME/.local/lib/deepfake-desktop
id=org.deepfakedesktop.DeepfakeDesktop

rm -rf "$program"
rm -f "$bin/deepfake-desktop" "$bin/deepfake-desktop-cli" "$data/applications/$id.desktop" \
  "$data/metainfo/$id.metainfo.xml" "$data/icons/hicolor/256x256/apps/$id.png"

if [ "${1:-}" != --remove ]; then
  mkdir -p "$program" "$bin" "$data/applications" "$data/metainfo" \
    "$data/icons/hicolor/256x256/apps"
  cp -a "$here/." "$program/"
  ln -s "$program/deepfake-desktop" "$bin/deepfake-desktop"
  ln -s "$program/deepfake-desktop-cli" "$bin/deepfake-desktop-cli"
  sed "s#^Exec=deepfake-desktop#Exec=\"$program/deepfake-desktop\"#; s#^TryExec=.*#TryExec=$program/deepfake-desktop#" \
    "$here/share/$id.desktop" >"$data/applications/$id.desktop"
  cp "$here/share/$id.metainfo.xml" "$data/metainfo/"
  cp "$here/share/deepfake-desktop.png" "$data/icons/hicolor/256x256/apps/$id.png"
  echo "Installed in $program. Start it from the menu, or with $bin/deepfake-desktop."
else
  echo "Removed. Your models and settings in $data/deepfake-desktop and ~/.config stay."
fi
if command -v update-desktop-database >/dev/null; then
  update-desktop-database -q "$data/applications" || true
fi
