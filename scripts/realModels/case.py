"""A file (or folder) that a real library has written, and what the library itself says is its output layer."""
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np


@dataclass
class Case:
    """`read` opens a file in its framework; `biases` are the tensors, by the framework's own names, of its outputs."""
    name: str
    framework: str
    write: Callable[[Path], Path]
    read: Callable[[Path], dict[str, np.ndarray]]
    biases: tuple[str, ...] = ()
    # Whether several outputs are possible, so that baserate has to ask for --output.
    asks: bool = False
    # What a refusal must say (a regular expression); the file has no bias to set as it is.
    refused: str | None = None
    # Follows the advice of the refusal in the framework: writes another file, which must then work. None: advice only.
    way: "Callable[[Path], Case] | None" = None
    # Further flags of `baserate apply` for the file.
    flags: tuple[str, ...] = ()
    # Tensors that hold the same variable and change with a bias.
    aliases: tuple[str, ...] = ()


def cases_of(*modules):
    return [case for module in modules for case in module.cases()]
