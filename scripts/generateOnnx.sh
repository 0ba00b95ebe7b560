#!/usr/bin/env bash
# Writes src/graph/onnx.gen.ts from scripts/onnx-ml.proto (Apache-2.0, as shipped in the Python package onnx 1.23.1).
# Usage: scripts/generateOnnx.sh
set -euo pipefail
cd "$(dirname "$0")"
generated=$(mktemp -d)
trap 'rm -rf "$generated"' EXIT
export GENERATED="$generated"
npx --yes --package @bufbuild/buf@1.75.0 --package @bufbuild/protoc-gen-es@2.13.0 -- bash -c '
  buf generate onnx-ml.proto --template "{
    \"version\": \"v2\",
    \"plugins\": [{
      \"local\": \"protoc-gen-es\",
      \"out\": \"$GENERATED\",
      \"opt\": [\"target=ts\", \"import_extension=ts\", \"erasable_syntax=true\"]
    }]
  }"'
mv "$generated"/onnx-ml_pb.ts ../src/graph/onnx.gen.ts
