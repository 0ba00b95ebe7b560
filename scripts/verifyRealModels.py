"""What does `baserate apply` do with files that real libraries have written? Makes each, changes it, opens it again.

    npm run build && python scripts/verifyRealModels.py [--only WORDS] [--table FILE]

Every case (scripts/realModels) writes a file with its own library and says which tensors are the biases of its outputs.
A file is *right* if the new bias, and no other tensor, is what the library sees in the new file; for ONNX, if outputs
shift by the difference of the biases. A file that is to be refused must be so in one line that says the expected; if
the line tells a way, the way is followed and its file must be right. Exits with 1 if any case is anything else.
"""
import argparse
import contextlib
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
import numpy as np

root = Path(__file__).parents[1]
sys.path.insert(0, str(root / "scripts"))


program = os.environ.get("BASERATE", f"node {root / 'dist/cli.js'}").split()


def baserate(*arguments):
    run = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode == 0:
        return json.loads(run.stdout), None
    lines = run.stderr.strip().splitlines()
    assert run.returncode == 2 and len(lines) == 1, f"exit {run.returncode}: {run.stderr[:300]}"
    return None, lines[0].removeprefix("baserate: ")


def values(count):
    return [round(0.25 * (i % 7) - 0.75, 2) for i in range(count)]


def applied(case, path, folder, output=None, units=None):
    """Applies a bias; returns the report and the new path, or None and the refusal."""
    if units is None and "--tensor" in case.flags:
        units = 3
    if units is None:
        inspected, refusal = baserate("inspect", path, "--json")
        if refusal:
            return None, refusal
        found = inspected["outputs"] if len(inspected["outputs"]) == 1 else []
        if not found:
            reasons = [out["reason"] for out in inspected["outputs"] if out["reason"]] or [inspected["reason"]]
            units = 3
            _, refusal = baserate("apply", path, "--bias", bias_file(folder, units), "--out", folder / "refused", *case.flags)
            return None, refusal or f"SET without asking, though inspect says: {reasons[0]}"
        units = found[0]["units"] or 3
    new = folder / f"new-{(output or 'one').replace('/', '-')}"
    new = new if path.is_dir() else new / path.name
    report, refusal = baserate("apply", path, "--bias", bias_file(folder, units), "--out", new, "--json", *(("--output", output) if output else ()), *case.flags)
    return (report and {**report, "path": new}), refusal


def bias_file(folder, units):
    file = folder / "bias.json"
    file.write_text(json.dumps(values(units)))
    return file


def compare(case, path, report, wanted):
    """Empty if exactly the wanted tensor differs between the files and holds the new values; else what is wrong."""
    old, new = case.read(path), case.read(report["path"])
    if wanted == "shift":
        [out] = report["outputs"]
        difference = np.float64(new["y"]) - np.float64(old["y"])
        expected = np.array(out["after"]) - np.array(out["before"] or 0)
        return "" if np.abs(difference - expected).max() < 1e-4 else f"outputs shift by {difference.reshape(-1, 3)[0]}, not by {expected}"
    assert old.keys() == new.keys(), "other tensors"
    changed = {name for name in old if old[name].tobytes() != new[name].tobytes()}
    if not wanted:
        return f"changed {changed}"
    if changed - set(case.aliases) != {wanted}:
        return f"changed {sorted(changed)}, not {wanted}"
    [out] = [out for out in report["outputs"]]
    # bfloat16 and float16 files hold rounded values, which baserate reports.
    return "" if np.allclose(np.float64(new[wanted]).ravel(), out["after"], rtol=0, atol=0) else "other values"


def check(case, folder):
    """("right" | "refused", what was said). Raises AssertionError if it is wrong."""
    path = case.write(folder)
    if case.refused:
        report, refusal = applied(case, path, folder)
        assert not report, f"WRONG: it was set ({report['outputs'][0]['tensor']})"
        assert re.search(case.refused, refusal), f"refused otherwise: {refusal}"
        if not case.way:
            return "refused", refusal
        way = folder / "way"
        way.mkdir()
        check(case.way(folder), way)
        return "way", refusal
    if len(case.biases) == 1 and not case.asks:
        report, refusal = applied(case, path, folder)
        assert report, f"refused: {refusal}"
        problem = compare(case, path, report, case.biases[0])
        assert not problem, f"WRONG: {problem}"
        return "right", report["outputs"][0]["tensor"]["name"]
    report, refusal = applied(case, path, folder)
    assert not report, "WRONG: one of several was set without asking"
    inspected, _ = baserate("inspect", path, "--json")
    done = set()
    for out in {out["name"]: out for out in [*inspected["candidates"], *inspected["outputs"]]}.values():
        if not out["tensor"]:
            continue
        wanted = [bias for bias in case.biases if bias.split("/")[-2:] == out["tensor"]["name"].removesuffix(":0").split("/")[-2:] or out["tensor"]["name"].endswith(bias)]
        if not wanted and "/vars/" in out["tensor"]["name"]:
            # Keras numbers its weights: only the length tells which they are.
            wanted = [bias for bias in case.biases if case.read(path)[bias].size == out["units"]]
        if not wanted:
            continue
        report, second = applied(case, path, folder, out["name"], out["units"])
        assert report, f"refused with --output {out['name']}: {second}"
        results = {bias: compare(case, path, report, bias) for bias in wanted}
        right = [bias for bias, problem in results.items() if not problem]
        assert right, f"WRONG: {results}"
        done.update(right)
    assert done == set(case.biases), f"not offered: {set(case.biases) - done}; {refusal}"
    return "asked", refusal


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--table")
    parser.add_argument("--keep", help="a folder in which the files stay")
    parser.add_argument("--families", default="transformers,torch,keras,onnx,other,architecture,repository")
    options = parser.parse_args()
    import importlib
    families = []
    for name in options.families.split(","):
        try:
            families.append(importlib.import_module(f"realModels.{name}Models"))
        except ImportError as error:
            print(f"{name}: not run, {error}", file=sys.stderr)
    rows, failed = [], 0
    for family in families:
        for case in family.cases():
            if options.only not in f"{case.framework} {case.name}":
                continue
            folder = Path(tempfile.mkdtemp(dir=options.keep))
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    result, said = check(case, folder)
            except AssertionError as error:
                result, said, failed = "FAILED", str(error), failed + 1
            except Exception as error:
                result, said, failed = "FAILED", f"{type(error).__name__}: {str(error)[:200]} ({traceback.extract_tb(error.__traceback__)[-1]})", failed + 1
            if not options.keep:
                shutil.rmtree(folder)
            said = said.replace(str(folder) + "/", "").replace("|", "\\|")
            rows.append((case.framework, case.name, result, said))
            print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    counts = {result: sum(row[2] == result for row in rows) for result in ("right", "asked", "way", "refused", "FAILED")}
    print(json.dumps(counts), file=sys.stderr)
    if options.table:
        Path(options.table).write_text("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    sys.exit(1 if failed else 0)


main()
