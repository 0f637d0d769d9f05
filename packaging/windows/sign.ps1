# Sign FILES where the certificate is present; else say so and go on.
#
#   WINDOWS_CERTIFICATE            base64 of a .pfx for code signing
#   WINDOWS_CERTIFICATE_PASSWORD
#   TIMESTAMP_SERVER               address of an RFC 3161 server, so that signatures outlive the certificate
param([Parameter(Mandatory)][string[]]$Files)
$ErrorActionPreference = "Stop"

if (-not $env:WINDOWS_CERTIFICATE) {
  Write-Output "::notice::no WINDOWS_CERTIFICATE: not signed, and SmartScreen will ask: $Files"
  exit 0
}
$kits = "${env:ProgramFiles(x86)}\Windows Kits\10\bin\*\x64\signtool.exe"
$signtool = (Get-ChildItem $kits | Sort-Object FullName | Select-Object -Last 1).FullName
$stamp = if ($env:TIMESTAMP_SERVER) { "/tr", $env:TIMESTAMP_SERVER, "/td", "sha256" } else { @() }
$pfx = Join-Path $env:RUNNER_TEMP "certificate.pfx"
try {
  [IO.File]::WriteAllBytes($pfx, [Convert]::FromBase64String($env:WINDOWS_CERTIFICATE))
  & $signtool sign /f $pfx /p $env:WINDOWS_CERTIFICATE_PASSWORD /fd sha256 @stamp @Files
  if ($LASTEXITCODE) { throw "signtool: exit code $LASTEXITCODE" }
} finally {
  Remove-Item $pfx -ErrorAction SilentlyContinue
}
