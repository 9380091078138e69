"""Machine-learnt potentials: Behler–Parrinello networks in the format of n2p2, evaluated and trained.

Inside this folder all quantities are in Hartree atomic units. The rooms, from the bottom: ``potential`` (what a
potential is, and its files), ``evaluation`` (one force call), ``quality`` (labels, and errors on them), ``features``
(the functions a network is fitted on), ``fitting``, ``training``; and ``gpu``, the same potentials in torch.

Names are loaded when they are first used: settings need neither torch nor numba, a process that evaluates no torch.
"""

from typing import TYPE_CHECKING

from llpt.lazy import loaded_when_used

if TYPE_CHECKING:
    from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello, MlpResult
    from llpt.mlp.potential.definition import PotentialDefinition, Units
    from llpt.mlp.potential.network import Activation, Layer, Network
    from llpt.mlp.potential.scaling import Scaling, ScalingKind
    from llpt.mlp.potential.symmetry import CutoffType, FunctionType, SymmetryFunction, in_order
    from llpt.mlp.quality.accuracy import (
        Accuracy,
        BiasSummary,
        ErrorSummary,
        Prediction,
        compare_with_labels,
        measure_accuracy,
    )
    from llpt.mlp.quality.labels import LabelledFrame, read_label, read_labels
    from llpt.mlp.quality.phases import PhaseBias, measure_phase_bias, molecular_fraction
    from llpt.mlp.training.card import ModelCard, read_card
    from llpt.mlp.training.progress import TrainingProgress
    from llpt.mlp.training.settings import StressLabels, TrainingSettings
    from llpt.mlp.training.train import TrainingOutcome, train
    from llpt.precision import Precision

_NAMES = {
    "llpt.mlp.evaluation.behler_parrinello": ("BehlerParrinello", "MlpResult"),
    "llpt.mlp.potential.definition": ("PotentialDefinition", "Units"),
    "llpt.mlp.potential.network": ("Activation", "Layer", "Network"),
    "llpt.mlp.potential.scaling": ("Scaling", "ScalingKind"),
    "llpt.mlp.potential.symmetry": ("CutoffType", "FunctionType", "SymmetryFunction", "in_order"),
    "llpt.mlp.quality.accuracy": (
        "Accuracy",
        "BiasSummary",
        "ErrorSummary",
        "Prediction",
        "compare_with_labels",
        "measure_accuracy",
    ),
    "llpt.mlp.quality.labels": ("LabelledFrame", "read_label", "read_labels"),
    "llpt.mlp.quality.phases": ("PhaseBias", "measure_phase_bias", "molecular_fraction"),
    "llpt.mlp.training.card": ("ModelCard", "read_card"),
    "llpt.mlp.training.settings": ("StressLabels", "TrainingSettings"),
    "llpt.mlp.training.progress": ("TrainingProgress",),
    "llpt.mlp.training.train": ("TrainingOutcome", "train"),
    "llpt.precision": ("Precision",),
}

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
    "Prediction",
    "Scaling",
    "ScalingKind",
    "StressLabels",
    "SymmetryFunction",
    "TrainingOutcome",
    "TrainingProgress",
    "TrainingSettings",
    "Units",
    "compare_with_labels",
    "in_order",
    "measure_accuracy",
    "measure_phase_bias",
    "molecular_fraction",
    "read_card",
    "read_label",
    "read_labels",
    "train",
]


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__ = loaded_when_used(globals(), _NAMES)
