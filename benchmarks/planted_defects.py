"""Which defects of a surrogate and of its runs the audit names, how well it knows their size, and what they cost.

    python benchmarks/planted_defects.py                 # every row, into docs/results/planted-defects.json
    python benchmarks/planted_defects.py --only mass     # one of them, printed
    python benchmarks/planted_defects.py --print         # the committed table as Markdown; nothing is run
    python benchmarks/planted_defects.py --figure docs/figures/planted-defects.png    # its figure; nothing is run

The reference is the fluid of ``benchmarks/two_phase_fluid.py``: 64 atoms, two phases, T* near 900 K at 200 GPa. Each
row runs a surrogate with one defect through nine temperatures and, at its own transition, each side in each phase.
All runs come in as trajectories of another program (``open_trajectory``), and the way from there is that of any study:
``observe``, ``analyse``, labels of both sides, ``explain_campaign``, the diagnoses, the verdict. A row is right where
the defect is named and nothing else is blamed, where its size is the planted one within two of its errors, where the
kelvins are those by which the transition was found to move, within two errors, and where the verdict is *faithful* for
the copy and for nothing else. What a bias between the phases comes to is reckoned from runs that serve nothing else
(``exact_bias_mev``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from two_phase_fluid import (
    ATOMS,
    HALF_ANGSTROM3,
    MIDDLE_ANGSTROM3,
    PRESSURE_GPA,
    STEP_FS,
    Model,
    Run,
    TwoPhaseFluid,
    run,
)

from llpt.audit import Cause, Diagnosis, DoublyLabelled, Presence, Thresholds, check_derivatives
from llpt.bridge import REFERENCE, SURROGATE
from llpt.campaign import ControlledTest, Role
from llpt.campaign.analysis import analyse
from llpt.campaign.comparison import observed_shifts
from llpt.campaign.diagnosing import diagnose_labels, diagnose_runs
from llpt.campaign.explanation import explain_campaign
from llpt.campaign.labelled import LabelledChoice, LabelledRun
from llpt.campaign.observed import ObservedRun
from llpt.engines import evaluate
from llpt.engines.make import as_engine
from llpt.errors import InputError
from llpt.observables import observe
from llpt.statistics import Estimate
from llpt.trajectory import open_trajectory
from llpt.transition import LadderPath
from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.engines import Engine

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "planted-defects.json"
TEMPERATURES_K = tuple(range(700, 1101, 50))
PHASES = (ControlledTest.START, ControlledTest.COOLING)
"""Runs that start in, and are held to, the dense and the thin phase."""
HELD = {PHASES[0]: (1.45, 1.75), PHASES[1]: (1.75, 2.1)}
STEPS, HELD_STEPS, EVERY = 32_000, 32_000, 160
LABELS, DIFFERENCES = 80, 4
THRESHOLDS = Thresholds(minimum_atoms=64)
ROUNDING = 1e-3
"""Of a planted size: the mass is given to four digits, and a size that follows from it exactly has no error."""
COLD, SHORT = "electrons at 0 K", "a cutoff of 1.6 Å"


@dataclass(frozen=True)
class Defect:
    """One surrogate.

    Args:
        name: for the table.
        model: its Hamiltonian.
        run: how it is run, where that is what is wrong.
        cause: by which name the audit has to call it; None where nothing is wrong.
        planted: its size in the unit of that name; None where only its kelvins are known.
        also: other names that are right as well, since one defect can be seen in several ways.
        higher_k: how much higher its ladder lies, where its transition moves out of the reference's.
        steps: of the runs of both ladders; to prove that two are equal takes longer than to see that they differ.
    """

    name: str
    model: Model = field(default_factory=Model)
    run: dict[str, float] = field(default_factory=dict)
    cause: Cause | None = None
    planted: float | None = None
    also: frozenset[Cause] = frozenset()
    higher_k: int = 0
    steps: int = STEPS


SEEN = frozenset({Cause.PHASES, Cause.PRESSURE, Cause.FORCE_SIZE, Cause.CHOICE})
DEFECTS = (
    Defect("a copy of itself", steps=3 * STEPS),
    *(
        Defect(
            f"{size} meV/atom between the phases",
            Model(phases_ev=1e-3 * size),
            cause=Cause.PHASES,
            planted=size,
            also=frozenset({Cause.PRESSURE, Cause.CHOICE}),
            higher_k={5: 50, 10: 150, 20: 350}[size],
        )
        for size in (5, 10, 20)
    ),
    Defect("energy, forces and pressure x 1.02", Model(scale=1.02), cause=Cause.FORCE_SIZE, planted=2.0, also=SEEN),
    Defect(
        "forces alone x 1.02",
        Model(force_factor=1.02),
        cause=Cause.GRADIENT,
        planted=2.0,
        also=frozenset({Cause.FORCE_SIZE}),
    ),
    Defect(
        "pressure + 2 GPa",
        Model(pressure_gpa=2.0),
        cause=Cause.VOLUME_DERIVATIVE,
        planted=2.0,
        also=frozenset({Cause.PRESSURE}),
    ),
    Defect("a shorter cutoff", Model(cutoff_angstrom=1.6), cause=Cause.CHOICE, also=SEEN),
    Defect("labels at T_el = 0", Model(cold_electrons=True), cause=Cause.CHOICE, also=SEEN, higher_k=350),
    Defect("mass of deuterium", run={"mass_u": 2.014}, cause=Cause.MASS, planted=99.8),
    Defect("a thermostat that cools by 4 %", run={"thermostat": 0.96}, cause=Cause.KINETIC_TEMPERATURE, planted=-4.0),
    Defect(
        "a potential that freezes",
        Model(lattice_ev=0.5),
        cause=Cause.SOLID,
        planted=100.0,
        also=SEEN,
    ),
)


@cache
def frames_of(what: Run) -> list[Atoms]:
    """Return the frames of a run; the reference's serve every row."""
    return run(what)


def observed(what: Run, role: Role, engine: str, test: ControlledTest, refusals: list[str]) -> ObservedRun:
    """Return what a run averages to, opened as any trajectory of another program is.

    Args:
        what: the run.
        role: whose it is.
        engine: its name.
        test: base ladder, or held in one phase.
        refusals: gets what the trajectory was refused for before it was opened in spite of it.
    """
    frames = frames_of(what)
    facts = {
        "timestep_fs": STEP_FS * what.every,
        "temperature_k": what.temperature_k,
        "pressure_gpa": PRESSURE_GPA,
        "electronic_temperature_k": what.temperature_k,
    }
    try:
        trajectory = open_trajectory(frames, **facts)
    except InputError as error:
        refusals.append(error.cause)
        trajectory = open_trajectory(frames, **facts, despite=("temperature", "pressure"))
    return ObservedRun.from_summary(observe(trajectory), role=role, engine=engine, test=test)


def engine_of(model: Model, temperature_k: float) -> Engine:
    """Return a fluid as an engine."""
    return as_engine(TwoPhaseFluid(temperature_k, **vars(model)))


def every(frames: list[Atoms], count: int) -> list[Atoms]:
    """Return so many frames, evenly."""
    return [frames[round(place * (len(frames) - 1) / (count - 1))] for place in range(count)]


def row(defect: Defect) -> dict[str, Any]:
    """Return what the audit says of one surrogate."""
    began = time.perf_counter()
    refusals: list[str] = []
    runs: list[ObservedRun] = []
    settings = {role: {} if role is Role.REFERENCE else defect.run for role in Role}
    models = {Role.REFERENCE: Model(), Role.SURROGATE: defect.model}
    names = {Role.REFERENCE: "the fluid", Role.SURROGATE: defect.name}
    for role in Role:
        for temperature in TEMPERATURES_K:
            seed = 1 if role is Role.REFERENCE else 2
            higher = 0 if role is Role.REFERENCE else defect.higher_k
            what = Run(models[role], float(temperature + higher), defect.steps, EVERY, seed=seed, **settings[role])
            runs.append(observed(what, role, names[role], ControlledTest.BASE, refusals))
    first = analyse(runs, THRESHOLDS, path=LadderPath.SEPARATE, density_rises=False)
    place = transition_of(first)
    labelled, choices, checks = [], [], {}
    for test, limits in HELD.items():
        sets = {}
        for role in Role:
            seed = 3 if role is Role.REFERENCE else 4
            what = Run(models[role], place, HELD_STEPS, EVERY, limits_angstrom3=limits, seed=seed, **settings[role])
            run_of = observed(what, role, names[role], test, refusals)
            runs.append(run_of)
            own = every(frames_of(what), LABELS)
            other = Role.SURROGATE if role is Role.REFERENCE else Role.REFERENCE
            labels_of_other = evaluate(own, engine_of(models[other], place))
            pair = (own, labels_of_other) if role is Role.REFERENCE else (labels_of_other, own)
            coupling = REFERENCE if role is Role.REFERENCE else SURROGATE
            labelled.append(LabelledRun(run_of.identity, DoublyLabelled(f"{role} {test}", coupling, place, *pair)))
            check = check_derivatives(every(own, DIFFERENCES), engine_of(models[other], place))
            checks[other] = check if other not in checks else checks[other].and_also(check)
            sets[role] = (run_of, own)
        run_of, own = sets[Role.REFERENCE]
        for choice, changed in ((COLD, Model(cold_electrons=True)), (SHORT, Model(cutoff_angstrom=1.6))):
            labels = evaluate(own, engine_of(changed, place))
            pair_of = DoublyLabelled(f"{choice} {test}", SURROGATE, place, labels, own)
            choices.append(LabelledChoice(run_of.identity, choice, pair_of))
    found = analyse(runs, THRESHOLDS, path=LadderPath.SEPARATE, density_rises=False)
    held = [ladder for ladder in found.ladders if not ladder.is_base]  # walls part these phases, no order parameter
    explanation = explain_campaign(labelled, choices, held, phases=PHASES)
    diagnoses = (
        *diagnose_runs(found.ladders),
        *diagnose_labels(labelled, explanation, found.ladders, derivatives=checks),
    )
    assert found.verdict is not None
    verdict = found.verdict.with_diagnoses(diagnoses)
    moved = next(iter(observed_shifts(found.ladders).values()), Estimate.unknown("K")).scaled(-1.0, "K")
    planted = defect.planted if defect.cause is not Cause.PHASES else exact_bias_mev(defect.model, place)
    return told(replace(defect, planted=planted), diagnoses, moved, str(verdict.value), refusals) | {
        "labels_at_k": place,
        "diagnoses": [
            [str(each.cause), each.side, _written(each.size), _written(each.kelvins), str(each.presence)]
            for each in diagnoses
        ],
        "minutes": round((time.perf_counter() - began) / 60.0, 1),
    }


def exact_bias_mev(model: Model, temperature_k: float) -> float:
    """Return what a bias in the volume alone does to the free energy between the phases, in meV/atom.

    It is -k_BT ln <exp(-beta N b(v))> of each phase, from runs of the fluid without it that serve nothing else.
    """
    found = []
    for limits in HELD.values():
        what = Run(Model(), temperature_k, STEPS, 40, limits_angstrom3=limits, seed=9)
        volumes = np.array([atoms.get_volume() / ATOMS for atoms in frames_of(what)])
        x = (volumes - MIDDLE_ANGSTROM3) / HALF_ANGSTROM3
        energies = 0.5 * model.phases_ev * ATOMS * np.tanh(4.0 * x)
        kt = BOLTZMANN_EV_PER_K * temperature_k
        found.append(-kt * math.log(float(np.mean(np.exp(-energies / kt)))) * 1000.0 / ATOMS)
    return round(found[1] - found[0], 2)


def transition_of(found: Any) -> float:
    """Return where the surrogate's transition is, in K, to 10 K; the reference's where it has none."""
    places = {}
    for ladder in found.ladders:
        for result in ladder.criteria.values():
            if ladder.is_base and result.resolved:
                places.setdefault(ladder.role, result.place.value)
    return 10.0 * round(places.get(Role.SURROGATE, places[Role.REFERENCE]) / 10.0)


def told(
    defect: Defect, diagnoses: tuple[Diagnosis, ...], moved: Estimate, value: str, refusals: list[str]
) -> dict[str, Any]:
    """Return a row of the table."""
    present = [each for each in diagnoses if each.presence is Presence.PRESENT]
    named = {each.cause for each in present}
    right = next((each for each in present if each.cause is defect.cause), None)
    if defect.cause is Cause.CHOICE:  # both choices are offered; the true one must be among them
        right = next(
            (each for each in present if each.cause is Cause.CHOICE and _choice(defect) in each.sentence), None
        )
    costs = next((each.kelvins for each in present if each.cause is Cause.PHASES), Estimate.unknown("K"))
    if right is not None and right.kelvins.resolved:
        costs = right.kelvins
    allowed = defect.also | ({defect.cause} if defect.cause else set())
    checks = {
        "named": (right is not None) if defect.cause else not named,
        "nothing else blamed": named <= allowed,
        "size": defect.planted is None or (right is not None and _same(right.size, defect.planted)),
        "kelvins": _agree(costs, moved) if costs.resolved else defect.cause in {None, Cause.SOLID},
        "verdict": (value == "faithful") is (defect.cause is None),
    }
    return {
        "defect": defect.name,
        "named": sorted(str(each) for each in named),
        "planted": defect.planted,
        "size": _written(right.size) if right is not None else None,
        "unit": right.size.unit if right is not None else "",
        "kelvins": _written(costs),
        "moved_k": _written(moved),
        "verdict": value,
        "refused_at_first": refusals,
        "right": all(checks.values()),
        "wrong": [name for name, holds in checks.items() if not holds],
    }


def _choice(defect: Defect) -> str:
    return COLD if defect.model.cold_electrons else SHORT


def _same(size: Estimate, planted: float) -> bool:
    return abs(size.value - planted) <= 2.0 * size.error + ROUNDING * abs(planted)


def _agree(one: Estimate, other: Estimate) -> bool:
    return other.resolved and abs(one.value - other.value) <= 2.0 * math.hypot(one.error, other.error)


def _written(estimate: Estimate) -> list[float] | None:
    return [float(f"{estimate.value:.4g}"), float(f"{estimate.error:.2g}")] if estimate.resolved else None


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return the table for the page."""

    def text(pair: list[float] | None) -> str:
        if pair is None:
            return "not known"
        value, error = pair
        return f"{value:g} (exact)" if error <= 1e-9 * abs(value) else f"{value:g} ± {error:g}"

    lines = [
        "| planted | named | size | planted size | kelvins, predicted | T* moved by (K) | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in rows:
        planted = "" if each["planted"] is None else f"{each['planted']:g} {each['unit']}"
        size = "" if each["size"] is None else f"{text(each['size'])} {each['unit']}"
        named = ", ".join(each["named"]) or "nothing"
        cells = (each["defect"], named, size, planted, text(each["kelvins"]), text(each["moved_k"]), each["verdict"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Draw what the labels foretold of each row, and what was found, in kelvins."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - needed for nothing else

    colours = {"faithful": "#00684a", "not faithful": "#a63603", "not resolved": "#8a6d00"}
    figure, axis = plt.subplots(figsize=(9.0, 4.6), layout="constrained")
    for place, row in enumerate(reversed(rows)):
        for key, shift, marker, colour in (("kelvins", 0.13, "o", "#0072b2"), ("moved_k", -0.13, "s", "#d55e00")):
            if row[key] is not None:
                value, error = row[key]
                axis.errorbar(value, place + shift, xerr=error, fmt=marker, color=colour, capsize=2, markersize=5)
        axis.text(
            1.02,
            place,
            row["verdict"],
            color=colours[row["verdict"]],
            va="center",
            transform=axis.get_yaxis_transform(),
        )
    for marker, colour, label in (("o", "#0072b2", "foretold by labels"), ("s", "#d55e00", "found in the runs")):
        axis.plot([], [], marker, color=colour, label=label)
    axis.axvline(0.0, color="grey", lw=0.8)
    axis.set_yticks(range(len(rows)), [row["defect"] for row in reversed(rows)])
    axis.set_xlabel("shift of the transition (K)")
    axis.text(1.02, len(rows) - 0.3, "verdict", weight="bold", transform=axis.get_yaxis_transform())
    axis.legend(loc="lower right", frameon=False)
    figure.savefig(file, dpi=150)


def main() -> None:
    """Run, and write or print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="rows whose name holds this; they are printed and not kept")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--figure", type=Path, help="draw the committed table into a file")
    parser.add_argument("--print", action="store_true", dest="shown", help="print the committed table")
    given = parser.parse_args()
    if given.shown or given.figure:
        committed = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
        if given.shown:
            print(markdown(committed))
        if given.figure:
            draw(committed, given.figure)
        return
    chosen = [defect for defect in DEFECTS if given.only is None or given.only in defect.name]
    rows = []
    with ProcessPoolExecutor(given.processes) as pool:
        for found in pool.map(row, chosen):
            rows.append(found)
            print(json.dumps(found, ensure_ascii=False), flush=True)
    document = {
        "command": "python benchmarks/planted_defects.py",
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "temperatures_k": TEMPERATURES_K,
        "wrong": [each["defect"] for each in rows if not each["right"]],
        "rows": rows,
    }
    print(markdown(rows))
    if given.only is None:
        RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
