"""Untrained networks from Keras, PyTorch and Flax on real data, sound and broken, for `baserate check`.

    python scripts/checkNetworks.py SEED [--fresh] [keras|torch|flax ...] && node scripts/checkNetworks.mjs [fresh-]SEED

The networks have the initialisers that their layers have by default, or common ones that their names tell; each is run on
256 rows (fewer where a data set has fewer) in inference mode and, where that differs, in training mode. The last layer
is drawn anew for each case, as the framework does. What they give is written to bench/results/networks, for the second
script. --fresh: the tables FRESH in place of BODIES. Needs torchvision beside PyTorch. Takes a quarter of an hour.
"""
import collections
import importlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from networks.broken import broken_cases
from networks.case import Networks
from networks.sound import sound_cases

seed = int(sys.argv[1])
is_fresh = "--fresh" in sys.argv
folder = pathlib.Path(__file__).parents[1] / "bench" / "results" / "networks" / (f"fresh-{seed}" if is_fresh else str(seed))
folder.mkdir(parents=True, exist_ok=True)
for chosen in [name for name in sys.argv[2:] if name != "--fresh"] or ["keras", "torch", "flax"]:
    framework = importlib.import_module(f"networks.{chosen}Networks")
    if is_fresh:
        framework.BODIES, framework.SIMPLE = framework.FRESH, framework.FRESH_SIMPLE
    started, rows = time.time(), []
    with open(folder / f"{chosen}.f", "wb") as numbers:
        networks = Networks(framework)
        for cases in [sound_cases, broken_cases]:
            for case in cases(networks, seed):
                rows.append(case.write(numbers))
    (folder / f"{chosen}.json").write_text(json.dumps({"framework": framework.NAME, "version": framework.VERSION, "cases": rows}))
    counts = collections.Counter(row["bug"] or "sound" for row in rows)
    print(f"{framework.VERSION}: {len(rows)} networks in {time.time() - started:.0f} s, {counts['sound']} of them sound", flush=True)
