# SPDX-License-Identifier: Apache-2.0
# For the test scripts beside this file: counts what fails and goes on.
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check() { # WHAT COMMAND...: it must succeed; what it says is shown when it does not
  local what=$1
  shift
  if ! "$@" >"$scratch/.said" 2>&1; then
    echo "FAILED: $what: $*" >&2
    head -20 "$scratch/.said" >&2
    ((++failures))
  fi
}

check_fails() { # WHAT CODE TEXT COMMAND...: it must end with this exit code and say this
  local what=$1 code=$2 text=$3 found=0
  shift 3
  "$@" >"$scratch/.said" 2>&1 || found=$?
  if ((found != code)) || ! grep -qF -- "$text" "$scratch/.said"; then
    echo "FAILED: $what: $*: found exit code $found, expected $code and \"$text\"" >&2
    head -20 "$scratch/.said" >&2
    ((++failures))
  fi
}

finish() {
  ((failures == 0)) || { echo "$failures checks failed" >&2; exit 1; }
  exit 0
}
