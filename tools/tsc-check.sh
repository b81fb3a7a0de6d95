#!/bin/bash
# Checks the JSDoc types of every page module. Needs tools/bootstrap.sh typescript once.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -x node_modules/.bin/tsc ]; then
    echo "keneya: TypeScript is missing; run: tools/bootstrap.sh typescript" >&2
    exit 1
fi
exec node_modules/.bin/tsc --project tsconfig.json
