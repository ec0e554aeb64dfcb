#!/bin/sh
# Stands in for workerd where MINIFLARE_WORKERD_PATH names it: the same workerd, told where its Python lies, which neither wrangler nor
# Miniflare has an option for. It must exec, because the starter speaks to workerd over an open file descriptor.
# FERRULE_WORKERD is the binary's path; without it node is asked.
here=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
made="$here/worker-py/.pyodide"
workerd=${FERRULE_WORKERD:-$(cd "$here" && node -p 'require("workerd").default')} || exit 1
set -- "$@" --pyodide-bundle-disk-cache-dir="$made"
if [ -f "$made/baseline.bin" ]; then
  set -- "$@" --python-snapshot-dir="$made" --python-load-snapshot=baseline.bin
fi
exec "$workerd" "$@"
