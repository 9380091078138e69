"""One face for every source of energy, forces and stress."""

from llpt.engines.committee import member_specs
from llpt.engines.electrons import label_at_electronic_temperatures, label_file
from llpt.engines.evaluation import corrected_alike, evaluate, read_evaluated, write_evaluated
from llpt.engines.face import (
    Engine,
    EngineCalculator,
    EngineDescription,
    EngineResult,
    PressureLabel,
    check_computable,
    check_result,
    separate_engine,
)
from llpt.engines.make import check_request, make_engine
from llpt.engines.mixture import MixedEngine
from llpt.engines.networks import BEHLER_PARRINELLO
from llpt.engines.purpose import Purpose
from llpt.engines.record import Argument, EngineRecord, EngineRequest, Speed, TrainedPotential
from llpt.engines.registry import (
    BUILT_IN,
    DEFAULT_REFERENCE,
    TRAINED_HERE,
    engine_folder,
    engine_label,
    engine_plugins,
    engine_records,
    find_engine,
    grammar,
    optics_engine,
    split_spec,
)
from llpt.engines.survey import EngineFact, survey
from llpt.options import Options, OptionValue, Told

__all__ = [
    "BEHLER_PARRINELLO",
    "BUILT_IN",
    "DEFAULT_REFERENCE",
    "TRAINED_HERE",
    "Argument",
    "Engine",
    "EngineCalculator",
    "EngineDescription",
    "EngineFact",
    "EngineRecord",
    "EngineRequest",
    "EngineResult",
    "MixedEngine",
    "OptionValue",
    "Options",
    "PressureLabel",
    "Purpose",
    "Speed",
    "Told",
    "TrainedPotential",
    "check_computable",
    "check_request",
    "check_result",
    "corrected_alike",
    "engine_folder",
    "engine_label",
    "engine_plugins",
    "engine_records",
    "evaluate",
    "find_engine",
    "grammar",
    "label_at_electronic_temperatures",
    "label_file",
    "make_engine",
    "member_specs",
    "optics_engine",
    "read_evaluated",
    "separate_engine",
    "split_spec",
    "survey",
    "write_evaluated",
]
