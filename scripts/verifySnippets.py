"""Runs the lines that `baserate solve --for FRAMEWORK` prints, in the real frameworks, for every loss that they have.

    python scripts/verifySnippets.py [keras pytorch jax flax numpy tfjs]

For each loss (scripts/snippetCases), an untrained network with two hidden layers gets batches of 256 rows: with the bias set
by the lines, the check in them must pass; with a bias of zeros it fails, unless the variance of the outputs could explain
the loss, or zeros are nearly as good. Over 20 seeds. Prints a table with the versions; frameworks that are not installed
are named. The lines for tfjs need Node and the package @tensorflow/tfjs, in the folder that TFJS names.
"""
import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
root = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(root / "scripts"))
from snippetCases import labels

seeds, rows, width = 20, 256, 32
program = os.environ.get("BASERATE", f"node {root / 'dist' / 'cli.js'}").split()


def lines(framework, loss, kind, folder):
    command = [*program, "solve", *labels.arguments(kind, folder), "--loss", loss, "--for", framework]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def passes(text, names):
    """Whether the check in the lines passes."""
    try:
        exec(compile(text, "snippet", "exec"), {**names, "print": lambda *_: None})
    except AssertionError as error:
        assert "what the labels imply" in str(error), error
        return False
    return True


def results(library, case, text):
    """For each seed whether the check passes: with the bias, and with zeros."""
    kind = case[0]
    outputs = labels.outputs(kind) * (case[-1] if isinstance(case[-1], int) else 1)
    batches = [labels.batch(kind, seed, rows, width) for seed in range(seeds)]
    if library.framework == "tfjs":
        return library.run_all(case, text, batches, outputs)
    zeros = text.replace("\n# x, y: the first batch", f"\nbias = bias * 0\n{library.zero}\n# x, y: the first batch")
    return [
        [passes(code, library.names(case, x, y, outputs, seed)) for seed, (x, y) in enumerate(batches)]
        for code in (text, zeros)
    ]


def library_of(framework):
    """The cases of a framework; undefined where it is not installed."""
    try:
        if framework in ("jax", "flax"):
            from snippetCases import optaxCases
            return optaxCases.Jax if framework == "jax" else optaxCases.Flax
        module = {"pytorch": "torch"}.get(framework, framework)
        return importlib.import_module(f"snippetCases.{module}Cases")
    except (ImportError, KeyError) as error:
        print(f"{framework}: not run, {type(error).__name__}: {error}", file=sys.stderr)


def main():
    is_sound = True
    print("| framework | loss | with the bias: check passes | with zeros: check fails |\n|---|---|---|---|")
    for framework in sys.argv[1:] or ["keras", "pytorch", "jax", "flax", "numpy", "tfjs"]:
        library = library_of(framework)
        if library is None:
            continue
        versions = library.versions() if framework == "tfjs" else ", ".join(f"{name} {importlib.metadata.version(name)}" for name in library.packages)
        for loss, case in library.cases.items():
            with tempfile.TemporaryDirectory() as folder:
                text = lines(framework, loss, case[0], pathlib.Path(folder))
            biased, zeros = results(library, case, text)
            is_sound = is_sound and all(biased)
            print(f"| {framework} ({versions}) | {loss} | {sum(biased)} of {seeds} | {seeds - sum(zeros)} of {seeds} |", flush=True)
    sys.exit(0 if is_sound else 1)


main()
