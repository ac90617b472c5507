#!/usr/bin/env bash
# Brings the Debian packages of Testing/debian-packages.txt: installs what is missing as root, else says what to install.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v dpkg-query >/dev/null; then
  echo "This is no Debian system; please provide the equivalents of:" >&2
  sed 's/^/  /' debian-packages.txt >&2
  exit 0
fi

missing=()
while read -r package; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done < debian-packages.txt
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "These Debian packages are missing; please install them and run the command again:" >&2
  echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
apt-get update -qq
# A test's archive must never become a service of the machine: keep packages from starting daemons.
printf '#!/bin/sh\nexit 101\n' > /tmp/no-daemons.$$ && chmod +x /tmp/no-daemons.$$
[ -e /usr/sbin/policy-rc.d ] || { cp /tmp/no-daemons.$$ /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
rm -f /tmp/no-daemons.$$
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
