"""The three files of an n2p2 potential: ``input.nn``, ``scaling.data``, ``weights.001.data`` (manual of n2p2 2.x)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from llpt.errors import InputError
from llpt.files import make_directory, write_atomically
from llpt.mlp.potential.definition import PotentialDefinition, Units
from llpt.mlp.potential.input_line import InputLine, place_of_line
from llpt.mlp.potential.moment_files import moment_lines, read_moments
from llpt.mlp.potential.network import Activation, Layer, Network
from llpt.mlp.potential.scaling import Scaling, ScalingKind
from llpt.mlp.potential.symmetry import CutoffType, FunctionType, SymmetryFunction, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from llpt.mlp.arrays import Floats

Read = TypeVar("Read")
_RESTORE = "Take a complete copy of the potential's files."


def read_potential(directory: Path) -> PotentialDefinition:
    """Read a potential from its directory.

    Raises:
        InputError: the directory or a file is missing, a file is malformed or truncated, or it asks for several
            elements, charges, or symmetry functions other than types 2, 3 and 9.
    """
    if not directory.is_dir():
        raise InputError(f"There is no potential at {directory}.", "Give the directory that holds input.nn.")
    settings = _Settings(directory / "input.nn")
    element = settings.element()
    functions = settings.functions(element)
    moments = read_moments(settings.path, settings.entries, element)
    n_inputs = len(functions) + (0 if moments is None else len(moments))
    scaling = _read_scaling(directory / "scaling.data", n_inputs, settings)
    number = _atomic_number(element)
    network = _read_network(directory / f"weights.{number:03d}.data", n_inputs, settings)
    kind, inner = settings.cutoff()
    units = Units(
        energy_factor=settings.number("conv_energy", default=1.0),
        length_factor=settings.number("conv_length", default=1.0),
        mean_energy_ha=settings.number("mean_energy", default=0.0),
        free_atom_ha=settings.atom_energy(element),
    )
    return PotentialDefinition(
        element=element,
        functions=functions,
        cutoff_type=kind,
        inner_fraction=inner,
        scaling=scaling,
        network=network,
        units=units,
        moments=moments,
    )


class _Settings:
    """``input.nn``: keywords with their arguments; everything after # or ! is a comment."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, list[InputLine]] = {}
        for number, line in enumerate(_lines(path), start=1):
            words = line.split("#")[0].split("!")[0].split()
            if words:
                self.entries.setdefault(words[0], []).append(InputLine(words[1:], number))

    def wrong(self, what: str, remedy: str = _RESTORE, *, at: InputLine | None = None) -> InputError:
        return InputError(f"{place_of_line(self.path, at)}: {what}.", remedy)

    def words(self, keyword: str) -> InputLine:
        entries = self.entries.get(keyword)
        if not entries:
            raise self.wrong(f"the keyword {keyword} is missing")
        if len(entries) > 1:
            times = f"the keyword {keyword} is given {len(entries)} times"
            raise self.wrong(times, "Keep one of them.", at=entries[1])
        return entries[0]

    def number(self, keyword: str, *, default: float | None = None) -> float:
        if keyword not in self.entries and default is not None:
            return default
        words = self.words(keyword)
        try:
            value = float(words[0])
        except (IndexError, ValueError):
            told = f"{keyword} is followed by {' '.join(words) or 'nothing'}, not a number"
            raise self.wrong(told, at=words) from None
        if not np.isfinite(value):
            raise self.wrong(f"{keyword} is {value}", at=words)
        return value

    def element(self) -> str:
        elements = self.words("elements")
        for kind in self.entries.get("nnp_type", self.entries.get("nn_type", []))[:1]:
            if kind and kind[0] not in ("2G-HDNNP", "2G", "0"):
                only = "Only short-range potentials (2G) can be used."
                raise self.wrong(f"the potential is of type {kind[0]}", only, at=kind)
        if int(self.number("number_of_elements", default=len(elements))) != 1 or len(elements) != 1:
            several = f"it is for {len(elements)} elements ({' '.join(elements)})"
            raise self.wrong(several, "Use one for one element.", at=elements)
        return elements[0]

    def atom_energy(self, element: str) -> float:
        for words in self.entries.get("atom_energy", []):
            if words and words[0] == element:
                try:
                    return float(words[1])
                except (IndexError, ValueError):
                    raise self.wrong(f"atom_energy {' '.join(words)} is malformed", at=words) from None
        return 0.0

    def cutoff(self) -> tuple[CutoffType, float]:
        words = self.words("cutoff_type")
        try:
            kind = CutoffType(int(words[0]))
            inner = float(words[1]) if len(words) > 1 else 0.0
        except (IndexError, ValueError):
            unknown = f"cutoff_type {' '.join(words)} is unknown"
            raise self.wrong(unknown, "Use one of 0 to 8.", at=words) from None
        return kind, inner

    def functions(self, element: str) -> tuple[SymmetryFunction, ...]:
        lines = self.entries.get("symfunction_short", [])
        if not lines:
            raise self.wrong("there is no symfunction_short")
        return in_order([self._function(words, element) for words in lines])

    def _function(self, words: InputLine, element: str) -> SymmetryFunction:
        line = f"symfunction_short {' '.join(words)}"
        try:
            kind = FunctionType(int(words[1]))
        except (IndexError, ValueError):
            unknown = f"the type in {line!r} is unknown"
            raise self.wrong(unknown, "Types 2, 3 and 9 can be used.", at=words) from None
        n_elements = 1 if kind is FunctionType.RADIAL else 2
        symbols = [words[0], *words[2 : 2 + n_elements]]
        for symbol in symbols:
            if symbol != element:
                other = f"{line!r} is for {symbol}, not {element}"
                raise self.wrong(other, "Use a potential for one element.", at=words)
        try:
            numbers = [float(word) for word in words[2 + n_elements :]]
            if kind is FunctionType.RADIAL:
                eta, shift, cutoff = numbers
                return SymmetryFunction(kind=kind, eta=eta, shift=shift, cutoff=cutoff)
            eta, lam, zeta, cutoff, *rest = numbers
            (shift,) = rest or [0.0]
        except ValueError:
            raise self.wrong(f"{line!r} has the wrong arguments", at=words) from None
        return SymmetryFunction(kind=kind, eta=eta, shift=shift, cutoff=cutoff, lam=lam, zeta=zeta)

    def scaling_kind(self) -> ScalingKind:
        scale = "scale_symmetry_functions" in self.entries
        centre = "center_symmetry_functions" in self.entries
        if "scale_symmetry_functions_sigma" in self.entries:
            if scale:
                raise self.wrong("scale_symmetry_functions and scale_symmetry_functions_sigma exclude each other")
            return ScalingKind.SIGMA
        if scale:
            return ScalingKind.RANGE_CENTRE if centre else ScalingKind.RANGE
        return ScalingKind.CENTRE if centre else ScalingKind.NONE

    def shape(self) -> tuple[list[int], list[Activation]]:
        words, called = self.words("global_nodes_short"), self.words("global_activation_short")
        try:
            nodes = [int(word) for word in words]
        except ValueError as error:
            raise self.wrong(f"the network's nodes are malformed ({error})", at=words) from None
        try:
            activations = [Activation(word) for word in called]
        except ValueError as error:
            raise self.wrong(f"the network's activations are malformed ({error})", at=called) from None
        hidden = int(self.number("global_hidden_layers_short"))
        if len(nodes) != hidden or len(activations) != hidden + 1 or min(nodes, default=0) < 1:
            raise self.wrong(
                f"{hidden} hidden layers do not fit {len(nodes)} numbers of nodes and {len(activations)} activations",
                at=words,
            )
        return nodes, activations


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"The file {path} is missing.", _RESTORE) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The file {path} cannot be read ({error}).", _RESTORE) from None
    return text.splitlines()


def _table(path: Path) -> list[InputLine]:
    rows = (InputLine(line.split(), number) for number, line in enumerate(_lines(path), start=1))
    return [row for row in rows if row and not row[0].startswith("#")]


def _read_rows(path: Path, rows: Sequence[InputLine], read: Callable[[InputLine], Read]) -> list[Read]:
    """Return what every row says.

    Raises:
        InputError: one cannot be read.
    """
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except (IndexError, ValueError):
            raise InputError(f"{place_of_line(path, row)} is malformed: {' '.join(row)[:80]!r}.", _RESTORE) from None
    return found


def _read_scaling(path: Path, count: int, settings: _Settings) -> Scaling:
    # The file ends with a line of energy and force statistics in some versions of n2p2; it has fewer columns.
    rows = [words for words in _table(path) if len(words) >= 5]
    if len(rows) != count:
        raise InputError(f"{path} describes {len(rows)} symmetry functions, input.nn {count}.", _RESTORE)
    indices = _read_rows(path, rows, lambda words: int(words[1]))
    values = np.array(_read_rows(path, rows, lambda words: [float(word) for word in (*words[2:6], "nan")[:4]]))
    if indices != list(range(1, count + 1)):
        raise InputError(f"{path} does not number the symmetry functions 1 to {count}.", _RESTORE)
    kind = settings.scaling_kind()
    if kind is not ScalingKind.SIGMA:
        values[:, 3] = np.nan_to_num(values[:, 3])  # early versions of n2p2 wrote no sigma
    return Scaling(
        kind=kind,
        minimum=values[:, 0].copy(),
        maximum=values[:, 1].copy(),
        mean=values[:, 2].copy(),
        sigma=values[:, 3].copy(),
        lower=settings.number("scale_min_short", default=0.0),
        upper=settings.number("scale_max_short", default=1.0),
    )


def _read_network(path: Path, n_inputs: int, settings: _Settings) -> Network:
    nodes, activations = settings.shape()
    sizes = [n_inputs, *nodes, 1]
    rows = _table(path)
    expected = sum((below + 1) * here for below, here in itertools.pairwise(sizes))
    if len(rows) != expected:
        raise InputError(f"{path} has {len(rows)} weights; the network of input.nn has {expected}.", _RESTORE)
    read = _read_rows(path, rows, lambda words: (float(words[0]), words[1], int(words[2])))
    values = np.array([value for value, _, _ in read])
    kinds, numbers = [kind for _, kind, _ in read], [number for _, _, number in read]
    layers: list[Layer] = []
    offset = 0
    expected_kinds: list[str] = []
    for below, here, activation in zip(sizes[:-1], sizes[1:], activations, strict=True):
        weights = values[offset : offset + below * here].reshape(below, here)
        biases = values[offset + below * here : offset + (below + 1) * here]
        layers.append(Layer(weights=weights.copy(), biases=biases.copy(), activation=activation))
        expected_kinds += ["a"] * (below * here) + ["b"] * here
        offset += (below + 1) * here
    if kinds != expected_kinds or numbers != list(range(1, expected + 1)):
        raise InputError(f"{path} does not list the weights in the order of n2p2.", _RESTORE)
    return Network(layers=tuple(layers), normalise_nodes="normalize_nodes" in settings.entries)


def _atomic_number(element: str) -> int:
    from ase.data import atomic_numbers  # noqa: PLC0415 - slow to import, needed for file names alone

    number = atomic_numbers.get(element)
    if number is None:
        raise InputError(f"{element!r} is not a chemical element.", "Check the keyword elements of input.nn.")
    return int(number)


def write_potential(definition: PotentialDefinition, directory: Path) -> None:
    """Write a potential's three files, each aside and then renamed.

    Raises:
        StorageError: a file could not be written.
    """
    number = _atomic_number(definition.element)
    contents = {
        "scaling.data": _scaling_text(definition),
        f"weights.{number:03d}.data": _weights_text(definition.network),
        "input.nn": _input_text(definition),
    }
    make_directory(directory)
    for name, text in contents.items():
        write_atomically(directory / name, text)


def _function_line(function: SymmetryFunction, element: str) -> str:
    if function.kind is FunctionType.RADIAL:
        numbers: tuple[float, ...] = (function.eta, function.shift, function.cutoff)
        elements = element
    else:
        numbers = (function.eta, function.lam, function.zeta, function.cutoff)
        numbers += (function.shift,) if function.shift else ()
        elements = f"{element} {element}"
    return f"symfunction_short {element} {int(function.kind)} {elements} " + " ".join(repr(float(x)) for x in numbers)


def _input_text(definition: PotentialDefinition) -> str:
    hidden = definition.network.layers[:-1]
    kind = definition.scaling.kind
    cutoff = f"{int(definition.cutoff_type)}"
    if definition.inner_fraction:
        cutoff += f" {definition.inner_fraction!r}"
    lines = [
        "# Behler-Parrinello network in the format of n2p2; lengths in bohr, energies in Hartree.",
        "number_of_elements 1",
        f"elements {definition.element}",
        f"cutoff_type {cutoff}",
    ]
    if definition.units.free_atom_ha:
        lines.append(f"atom_energy {definition.element} {definition.units.free_atom_ha!r}")
    if definition.units != Units(free_atom_ha=definition.units.free_atom_ha):
        lines += [
            f"mean_energy {definition.units.mean_energy_ha!r}",
            f"conv_energy {definition.units.energy_factor!r}",
            f"conv_length {definition.units.length_factor!r}",
        ]
    if kind in (ScalingKind.RANGE, ScalingKind.RANGE_CENTRE):
        lines.append("scale_symmetry_functions")
    if kind is ScalingKind.SIGMA:
        lines.append("scale_symmetry_functions_sigma")
    if kind in (ScalingKind.CENTRE, ScalingKind.RANGE_CENTRE):
        lines.append("center_symmetry_functions")
    if definition.network.normalise_nodes:
        lines.append("normalize_nodes")
    lines += [
        f"scale_min_short {definition.scaling.lower!r}",
        f"scale_max_short {definition.scaling.upper!r}",
        f"global_hidden_layers_short {len(hidden)}",
        f"global_nodes_short {' '.join(str(layer.biases.size) for layer in hidden)}",
        f"global_activation_short {' '.join(layer.activation for layer in definition.network.layers)}",
        *(_function_line(function, definition.element) for function in definition.functions),
        *([] if definition.moments is None else moment_lines(definition.moments, definition.element)),
    ]
    return "\n".join(lines) + "\n"


def _scaling_text(definition: PotentialDefinition) -> str:
    scaling = definition.scaling
    columns = zip(scaling.minimum, scaling.maximum, scaling.mean, scaling.sigma, strict=True)
    lines = ["# e_index sf_index sf_min sf_max sf_mean sf_sigma"]
    lines += [f"{1:10d} {index:10d} {_numbers(row)}" for index, row in enumerate(columns, start=1)]
    return "\n".join(lines) + "\n"


def _numbers(row: tuple[float, ...]) -> str:
    return " ".join(f"{value:24.16E}" for value in row)


def _weights_text(network: Network) -> str:
    lines = ["# connection t index l_s n_s l_e n_e"]
    for number, layer in enumerate(network.layers, start=1):
        lines += _layer_lines(layer.weights, layer.biases, number, len(lines))
    return "\n".join(lines) + "\n"


def _layer_lines(weights: Floats, biases: Floats, layer: int, first: int) -> list[str]:
    n_below, n_here = weights.shape
    lines = [
        f"{weights[j, k]:24.16E} a {first + j * n_here + k:9d} {layer - 1:5d} {j + 1:5d} {layer:5d} {k + 1:5d}"
        for j in range(n_below)
        for k in range(n_here)
    ]
    first += n_below * n_here
    return lines + [f"{biases[k]:24.16E} b {first + k:9d} {layer:5d} {k + 1:5d}" for k in range(n_here)]
