"""The programs that a study's runs are written for."""

from __future__ import annotations

from llpt.study.export_cp2k import CP2K
from llpt.study.export_vasp import VASP

PROGRAMS = {program.engine.name: program for program in (VASP, CP2K)}
"""By the word of the engine that each is here."""
