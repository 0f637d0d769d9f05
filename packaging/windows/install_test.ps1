# Install silently, start, remove: what a person's system sees of SETUP. Run on a machine of CI.
param([Parameter(Mandatory)][string]$Setup)
$ErrorActionPreference = "Stop"

# A space and letters outside ASCII, as user names have them; a path that passes 260 letters.
$target = Join-Path $env:RUNNER_TEMP "Müller हिन्दी\Deepfake Desktop"
$deep = Join-Path $env:RUNNER_TEMP (("long " * 30).Trim() + "\" + ("path " * 30).Trim())
$menu = "HKCU:\Software\Classes\SystemFileAssociations\video\shell\deepfake-desktop"
$offer = "HKCU:\Software\Classes\Applications\deepfake-desktop.exe\SupportedTypes"
$data = Join-Path $env:LOCALAPPDATA "deepfake-desktop"
$own = Join-Path $data "models\own.txt"

function Start-Installer($file, $arguments) {
  $done = Start-Process $file -Wait -PassThru -ArgumentList $arguments
  if ($done.ExitCode) { throw "$file ${arguments}: exit code $($done.ExitCode)" }
}
function Assert($condition, $what) { if (-not $condition) { throw $what } }

$quiet = "/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART"
Start-Installer $Setup ($quiet + "/TASKS=contextmenu" + "/DIR=`"$target`"")
& "$target\deepfake-desktop-cli.exe" self-test
Assert ($LASTEXITCODE -eq 0) "the installed program fails its self-test"
New-Item -ItemType Directory -Force $deep | Out-Null
Copy-Item "$target\_internal\resources\samples\authentic.mp4" "$deep\clip.mp4"
& "$target\deepfake-desktop-cli.exe" analyze "$deep\clip.mp4"
Assert ($LASTEXITCODE -eq 0) "a video with a long path cannot be read"
Assert (Test-Path $menu) "no entry in the context menu"
Assert ((Get-Item $offer).GetValueNames() -contains ".mp4") "not offered for .mp4"

New-Item -ItemType File -Force $own | Out-Null
Start-Installer "$target\unins000.exe" $quiet
Assert (-not (Test-Path "$target\_internal")) "the uninstaller left the program behind"
Assert (-not (Test-Path $menu)) "the uninstaller left the context menu behind"
Assert (-not (Test-Path $offer)) "the uninstaller left the file types behind"
Assert (Test-Path $own) "the uninstaller took the user's data, unasked"

Start-Installer $Setup ($quiet + "/DIR=`"$target`"")
Start-Installer "$target\unins000.exe" ($quiet + "/PURGE=1")
Assert (-not (Test-Path $data)) "asked to, the uninstaller did not take the user's data"
Write-Output "Installed, ran, and removed."
