"""One face for every source of energy, forces and stress."""

from llpt.engines.evaluation import evaluate, read_evaluated, write_evaluated
from llpt.engines.face import (
    Engine,
    EngineCalculator,
    EngineDescription,
    EngineResult,
    OptionValue,
    PressureLabel,
    check_computable,
    check_result,
)
from llpt.engines.make import EngineKind, grammar, make_engine, split_spec
from llpt.engines.purpose import Purpose
from llpt.engines.survey import EngineFact, survey

__all__ = [
    "Engine",
    "EngineCalculator",
    "EngineDescription",
    "EngineFact",
    "EngineKind",
    "EngineResult",
    "OptionValue",
    "PressureLabel",
    "Purpose",
    "check_computable",
    "check_result",
    "evaluate",
    "grammar",
    "make_engine",
    "read_evaluated",
    "split_spec",
    "survey",
    "write_evaluated",
]
