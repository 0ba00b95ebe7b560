#!/usr/bin/env bash
# Opens, reads and changes damaged copies of every model fixture (default: 1000 per file), each file in a process of its own.
# Prints one line per file: refused with one line, opened, the slowest. Ends with 1 if one crashed, hung or gave more than a line.
set -u
cd "$(dirname "$0")/.."
copies=${1:-1000}
failed=0
while read -r file; do
  log=$(FUZZ=$copies timeout -s KILL $((60 + copies / 5)) npx vitest run test/models/fuzz.test.ts -t "^$file: " 2>&1) || { echo "$file: FAILED"; failed=1; }
  grep -o "$file: [0-9]* refused.*" <<<"$log"
done < <(cd test/files/models && find . -type f -regex "${2:-.*\.\(onnx\|pt\|npz\|safetensors\|index\.json\|keras\|h5\|msgpack\|pt2\|index\)\|.*/model\.json\|.*/checkpoint_0}" | sed 's#^\./##' | sort)
exit $failed
