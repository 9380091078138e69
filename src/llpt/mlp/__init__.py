"""Machine-learnt potentials: Behler–Parrinello networks in the format of n2p2, evaluated and trained.

Inside this folder all quantities are in Hartree atomic units. The names of training are fetched when first used: they
bring torch, which a process that only evaluates should not wait for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello, MlpResult
from llpt.mlp.potential.definition import PotentialDefinition, Units
from llpt.mlp.potential.network import Activation, Layer, Network
from llpt.mlp.potential.scaling import Scaling, ScalingKind
from llpt.mlp.potential.symmetry import CutoffType, FunctionType, SymmetryFunction, in_order
from llpt.mlp.quality.accuracy import Accuracy, BiasSummary, ErrorSummary, measure_accuracy
from llpt.mlp.quality.labels import LabelledFrame, read_labels
from llpt.mlp.quality.phases import PhaseBias, measure_phase_bias, molecular_fraction
from llpt.mlp.training.card import ModelCard, read_card
from llpt.mlp.training.settings import StressLabels, TrainingSettings
from llpt.precision import Precision

if TYPE_CHECKING:
    from llpt.mlp.training.train import TrainingOutcome, TrainingProgress, train

_OF_TRAINING = frozenset({"TrainingOutcome", "TrainingProgress", "train"})

__all__ = [
    "Accuracy",
    "Activation",
    "BehlerParrinello",
    "BiasSummary",
    "CutoffType",
    "ErrorSummary",
    "FunctionType",
    "LabelledFrame",
    "Layer",
    "MlpResult",
    "ModelCard",
    "Network",
    "PhaseBias",
    "PotentialDefinition",
    "Precision",
    "Scaling",
    "ScalingKind",
    "StressLabels",
    "SymmetryFunction",
    "TrainingOutcome",
    "TrainingProgress",
    "TrainingSettings",
    "Units",
    "in_order",
    "measure_accuracy",
    "measure_phase_bias",
    "molecular_fraction",
    "read_card",
    "read_labels",
    "train",
]


def __getattr__(name: str) -> object:
    """Fetch a name of training when it is first used."""
    if name in _OF_TRAINING:
        return getattr(import_module("llpt.mlp.training.train"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
