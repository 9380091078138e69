"""Which defects of a surrogate and of its runs the audit names, how well it knows their size, and what they cost.

    python benchmarks/planted_defects.py                 # every row, into docs/results/planted-defects.json
    python benchmarks/planted_defects.py --checkpoint FILE   # keeps what is done there, and goes on from it
    python benchmarks/planted_defects.py --only mass     # one of them, printed
    python benchmarks/planted_defects.py --print         # the committed table as Markdown; nothing is run
    python benchmarks/planted_defects.py --figure docs/figures/planted-defects.png    # its figure; nothing is run

The reference is the fluid of ``benchmarks/two_phase_fluid.py``: 64 atoms, two phases, T* near 900 K at 200 GPa. Each
row runs a surrogate with one defect through nine temperatures and, at its own transition, each side in each phase.
All runs come in as trajectories of another program (``open_trajectory``), and the way from there is that of any study:
``observe``, ``analyse``, labels of both sides, ``explain_campaign``, the diagnoses, the verdict. A row is right where
the defect is named and nothing else is blamed, where its size is the planted one within two errors, where the kelvins
do not disagree with those by which the transition was found to move (by ``finding_of``, as in ``llpt explain``: what is
known to more than 40 K only is *not resolved*, and the table says so), and where the verdict is *faithful* for the copy
and for nothing else. What the free energy between the phases is off by is reckoned from runs that serve nothing else
(``planted_between_phases``). Runs that are refused for their pressure are opened in spite of it, and the table says so.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from two_phase_fluid import (
    ATOMS,
    PRESSURE_GPA,
    STEP_FS,
    Model,
    Run,
    TwoPhaseFluid,
    forces_of,
    run,
)

from llpt.audit import Cause, Diagnosis, DoublyLabelled, Presence, Thresholds, check_derivatives
from llpt.audit.explanation import finding_of
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
from llpt.statistics import STATISTICS, Estimate, combined, mean_estimate
from llpt.trajectory import open_trajectory
from llpt.transition import LadderPath

if TYPE_CHECKING:
    from ase import Atoms
    from xarray import Dataset

    from llpt.engines import Engine

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "planted-defects.json"
TEMPERATURES_K = tuple(range(700, 1101, 50))
PHASES = (ControlledTest.START, ControlledTest.COOLING)
"""Runs that start in, and are held to, the dense and the thin phase."""
HELD = {PHASES[0]: (1.45, 1.75), PHASES[1]: (1.75, 2.1)}
STEPS, HELD_STEPS, EVERY = 32_000, 32_000, 160
LABELS, DIFFERENCES = 80, 4
NODES, NODE_STEPS, NUDGE = 5, STEPS // 2, 1e-3
"""Of the thermodynamic integration between two fluids, and how far to either side its energy is differentiated."""
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
        planted: its size in the unit of that name; None where it is reckoned, or nothing is wrong.
        also: other names that are right as well, since one defect can be seen in several ways.
        higher_k: how much higher its ladder lies, where its transition moves out of the reference's.
        steps: of the runs of both ladders; to prove that two are equal takes longer than to see that they differ.
        every: steps from frame to frame of theirs.
        temperatures_k: of both ladders; lines through either phase are carried on to the transition.
    """

    name: str
    model: Model = field(default_factory=Model)
    run: dict[str, float] = field(default_factory=dict)
    cause: Cause | None = None
    planted: float | None = None
    also: frozenset[Cause] = frozenset()
    higher_k: int = 0
    steps: int = STEPS
    every: int = EVERY
    temperatures_k: tuple[int, ...] = TEMPERATURES_K


SEEN = frozenset({Cause.PHASES, Cause.PRESSURE, Cause.FORCE_SIZE, Cause.CHOICE})
DEFECTS = (
    Defect("a copy of itself", steps=12 * STEPS, every=2 * EVERY, temperatures_k=tuple(range(600, 1201, 50))),
    *(
        Defect(
            f"{size} meV/atom between the phases",
            Model(phases_ev=1e-3 * size),
            cause=Cause.PHASES,
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
    Defect("labels at T_el = 0", Model(electrons=0.0), cause=Cause.CHOICE, also=SEEN, higher_k=350),
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


@lru_cache(maxsize=4)
def frames_of(what: Run) -> list[Atoms]:
    """Return the frames of a run; those of a run that is held are asked for twice."""
    return run(what)


@cache
def summary_of(what: Run) -> tuple[Dataset, str]:
    """Return what a run averages to, opened as any trajectory of another program is; the reference's serve every row.

    The text is what it was refused for before it was opened in spite of it; empty where it was not.
    """
    facts = {
        "timestep_fs": STEP_FS * what.every,
        "temperature_k": what.temperature_k,
        "pressure_gpa": PRESSURE_GPA,
        "electronic_temperature_k": what.temperature_k,
    }
    try:
        return observe(open_trajectory(frames_of(what), **facts)), ""
    except InputError as error:
        return observe(open_trajectory(frames_of(what), **facts, despite=("pressure",))), error.cause


def observed(what: Run, role: Role, engine: str, test: ControlledTest, refusals: list[str]) -> ObservedRun:
    """Return what a run averages to as a run of a study.

    Args:
        what: the run.
        role: whose it is.
        engine: its name.
        test: base ladder, or held in one phase.
        refusals: gets what the trajectory was refused for before it was opened in spite of it.
    """
    summary, refused = summary_of(what)
    refusals += [refused] if refused else []
    return ObservedRun.from_summary(summary, role=role, engine=engine, test=test)


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
        for temperature in defect.temperatures_k:
            seed = 1 if role is Role.REFERENCE else 2
            higher = 0 if role is Role.REFERENCE else defect.higher_k
            kelvin = float(temperature + higher)
            what = Run(models[role], kelvin, defect.steps, defect.every, seed=seed, **settings[role])
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
        for choice, changed in ((COLD, Model(electrons=0.0)), (SHORT, Model(cutoff_angstrom=1.6))):
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
    planted = None if defect.planted is None else Estimate(defect.planted, 0.0, "", math.inf)
    if defect.cause in {Cause.PHASES, Cause.CHOICE}:
        planted = planted_between_phases(defect.model, place)
    return told(defect, diagnoses, moved, planted=planted, value=str(verdict.value), refusals=refusals) | {
        "labels_at_k": place,
        "diagnoses": [
            [str(each.cause), each.side, _written(each.size), _written(each.kelvins), str(each.presence)]
            for each in diagnoses
        ],
        "minutes": round((time.perf_counter() - began) / 60.0, 1),
    }


def planted_between_phases(model: Model, temperature_k: float) -> Estimate:
    """Return the free energy of another fluid less that of the reference between the phases, in meV/atom.

    By thermodynamic integration, in runs that serve nothing else: the fields of the model go evenly from those of the
    reference to those of the other, and dG/dl = <dF_l/dl> of each phase is added up by Gauss and Legendre.
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    value, parts = 0.0, []
    for sign, limits in zip((-1.0, 1.0), HELD.values(), strict=True):
        for node, weight in zip(0.5 * (nodes + 1.0), 0.5 * weights, strict=True):
            what = Run(between(model, node), temperature_k, NODE_STEPS, EVERY, limits_angstrom3=limits, seed=9)
            slopes = [slope_mev(model, node, temperature_k, atoms) for atoms in run(what)]
            found = mean_estimate(np.array(slopes), "meV/atom")
            value += sign * weight * found.value
            parts.append((found, float(sign * weight)))
    return combined(value, parts, "meV/atom")


def between(model: Model, share: float) -> Model:
    """Return the fluid so far on the way from the reference to another."""
    ends = (vars(Model()), vars(model))
    return Model(
        **{name: start + share * (ends[1][name] - start) for name, start in ends[0].items() if name != "wells"}
    )


def slope_mev(model: Model, share: float, temperature_k: float, atoms: Atoms) -> float:
    """Return how the free energy of a configuration changes on the way to another fluid, in meV/atom."""
    forces = np.zeros((ATOMS, 3))
    higher, lower = (
        forces_of(
            atoms.positions, atoms.cell[0, 0], between(model, share + sign * NUDGE).numbers(temperature_k), forces
        )
        for sign in (1.0, -1.0)
    )
    return 1000.0 * float(higher[0] - lower[0]) / (2.0 * NUDGE * ATOMS)


def transition_of(found: Any) -> float:
    """Return where the surrogate's transition is, in K, to 10 K; the reference's where it has none."""
    places = {}
    for ladder in found.ladders:
        for result in ladder.criteria.values():
            if ladder.is_base and result.resolved:
                places.setdefault(ladder.role, result.place.value)
    return 10.0 * round(places.get(Role.SURROGATE, places[Role.REFERENCE]) / 10.0)


def told(
    defect: Defect,
    diagnoses: tuple[Diagnosis, ...],
    moved: Estimate,
    *,
    planted: Estimate | None,
    value: str,
    refusals: list[str],
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
    finding, _ = finding_of(costs, moved, costs.minus(moved), without="")
    checks = {
        "named": (right is not None) if defect.cause else not named,
        "nothing else blamed": named <= allowed,
        "size": planted is None or (right is not None and _same(right.size, planted)),
        "kelvins": _agree(costs, moved) if costs.resolved else defect.cause in {None, Cause.SOLID},
        "verdict": (value == "faithful") is (defect.cause is None),
    }
    return {
        "defect": defect.name,
        "named": sorted(str(each) for each in named),
        "planted": None if planted is None else _written(planted),
        "size": _written(right.size) if right is not None else None,
        "unit": right.size.unit if right is not None else "",
        "kelvins": _written(costs),
        "moved_k": _written(moved),
        "kelvins_agree": str(finding) if costs.resolved else "",
        "verdict": value,
        "refused_at_first": refusals,
        "right": all(checks.values()),
        "wrong": [name for name, holds in checks.items() if not holds],
    }


def _choice(defect: Defect) -> str:
    return COLD if defect.model.electrons == 0.0 else SHORT


def _same(size: Estimate, planted: Estimate) -> bool:
    return abs(size.value - planted.value) <= 2.0 * math.hypot(size.error, planted.error) + ROUNDING * abs(
        planted.value
    )


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

    titles = ("planted", "named", "size", "planted size", "kelvins, predicted", "T* moved by (K)", "they", "verdict")
    lines = [f"| {' | '.join((*titles, 'opened though'))} |", f"|{'---|' * (len(titles) + 1)}"]
    for each in rows:
        planted = "" if each["planted"] is None else f"{text(each['planted']).removesuffix(' (exact)')} {each['unit']}"
        size = "" if each["size"] is None else f"{text(each['size'])} {each['unit']}"
        named = ", ".join(each["named"]) or "nothing"
        kelvins = (text(each["kelvins"]), text(each["moved_k"]), each["kelvins_agree"])
        refused = " ".join(cause.replace("of ASE atoms in memory ", "") for cause in each["refused_at_first"])
        cells = (each["defect"], named, size, planted, *kelvins, each["verdict"], refused)
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
    parser.add_argument("--checkpoint", type=Path, help="keep rows that are done there, and go on from it")
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
    kept = given.checkpoint.read_text(encoding="utf-8") if given.checkpoint and given.checkpoint.exists() else ""
    done = {each["defect"]: each for each in map(json.loads, kept.splitlines())}
    left = [defect for defect in chosen if defect.name not in done]
    with ProcessPoolExecutor(given.processes) as pool:
        for defect, found in zip(left, pool.map(row, left), strict=True):
            done[defect.name] = found
            line = json.dumps(found, ensure_ascii=False)
            print(line, flush=True)
            if given.checkpoint:
                with given.checkpoint.open("a", encoding="utf-8") as stream:
                    stream.write(f"{line}\n")
    rows = [done[defect.name] for defect in chosen]
    document = {
        "command": "python benchmarks/planted_defects.py",
        "statistics": STATISTICS,
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
