#!/bin/bash
# Sign and notarise dist/Deepfake Desktop.app where the secrets are present; else say so and go on.
#
#   MACOS_CERTIFICATE           base64 of a .p12 with a Developer ID Application certificate
#   MACOS_CERTIFICATE_PASSWORD
#   MACOS_IDENTITY              e.g. "Developer ID Application: NAME (TEAM)"
#   APPLE_ID, APPLE_TEAM_ID, APPLE_APP_PASSWORD   for notarisation
set -euo pipefail
cd "$(dirname "$0")/../.."
app="dist/Deepfake Desktop.app"

if [ -z "${MACOS_CERTIFICATE:-}" ]; then
  echo "::notice::no MACOS_CERTIFICATE: the app is signed ad hoc, and Gatekeeper will ask"
  codesign --force --deep --sign - "$app"
  exit 0
fi

keychain="$RUNNER_TEMP/signing.keychain-db"
password=$(uuidgen)
echo "$MACOS_CERTIFICATE" | base64 --decode >"$RUNNER_TEMP/certificate.p12"
security create-keychain -p "$password" "$keychain"
security set-keychain-settings -lut 3600 "$keychain"
security unlock-keychain -p "$password" "$keychain"
security import "$RUNNER_TEMP/certificate.p12" -P "$MACOS_CERTIFICATE_PASSWORD" -A -t cert \
  -f pkcs12 -k "$keychain"
security set-key-partition-list -S apple-tool:,apple: -k "$password" "$keychain" >/dev/null
security list-keychains -d user -s "$keychain" login.keychain-db
rm "$RUNNER_TEMP/certificate.p12"

# From the inside out: every Mach-O file, then the two programs, then the bundle.
find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' -o -perm -111 \) -print0 |
  while IFS= read -r -d '' file; do
    if file -b "$file" | grep -q Mach-O; then
      codesign --force --timestamp --options runtime \
        --entitlements packaging/macos/entitlements.plist --sign "$MACOS_IDENTITY" "$file"
    fi
  done
codesign --force --timestamp --options runtime \
  --entitlements packaging/macos/entitlements.plist --sign "$MACOS_IDENTITY" "$app"
codesign --verify --deep --strict "$app"

if [ -z "${APPLE_ID:-}" ]; then
  echo "::notice::no APPLE_ID: the app is signed but not notarised"
  exit 0
fi
ditto -c -k --keepParent "$app" "$RUNNER_TEMP/app.zip"
xcrun notarytool submit "$RUNNER_TEMP/app.zip" --wait --apple-id "$APPLE_ID" \
  --team-id "$APPLE_TEAM_ID" --password "$APPLE_APP_PASSWORD"
xcrun stapler staple "$app"
