"""The page answers what a referee asks, with the numbers of the analysis; what is not known is folded and counted."""

import dataclasses
import math
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from llpt.audit import Cause
from llpt.audit.diagnosis import diagnose
from llpt.audit.ensemble import EnsembleCheck, EnsembleOutcome
from llpt.campaign import ControlledTest, Role, short_name
from llpt.dft.functionals.catalogue import FUNCTIONALS
from llpt.report import Case, asked, write_report
from llpt.report.effect_figures import effect_figure
from llpt.report.figure_data import write_figure_data
from llpt.report.methods import Methods, methods_of, write_methods
from llpt.report.question import Question, Tone
from llpt.report.questions.cell import large_enough
from llpt.report.questions.ensemble import of_their_ensembles
from llpt.report.questions.path import independent_of_path
from llpt.report.questions.protocol import same_protocol
from llpt.report.questions.reference import _budget_figure, _largest, converged
from llpt.report.questions.surrogate import errors_of_surrogate
from llpt.report.questions.transition import where_is_it
from llpt.report.questions.verdict import comparison_figure
from llpt.report.references import papers, papers_of_functional
from llpt.report.run_tables import run_table
from llpt.statistics import Estimate
from llpt.study import State, StudyDirectory
from llpt.study.few_kpoints import ONE_POINT

ORDER = ("protocol", "equilibrium", "duration", "size", "path", "solids", "reference", "surrogate", "remedy")
"""Same protocol? equilibrated? long enough? large enough? path? solids? k-points, cutoff and electrons? errors of the
surrogate? what would change the answer?"""


@pytest.fixture(scope="module")
def case(finished):
    return Case(*finished)


@pytest.fixture(scope="module")
def answers(case):
    return {question.name: question for question in asked(case)}


def test_questions_stand_in_the_order_of_a_referee(answers):
    assert tuple(answers)[: len(ORDER)] == ORDER
    assert all(answer.sentence and answer.rests_on for answer in answers.values())


def test_the_transition_is_told_of_both_sides_with_errors(answers, case):
    for role in Role:
        ladder = case.found.largest(role, "P200")
        assert f"{ladder.engine} (N = {ladder.atoms})" in answers["transition"].sentence
    assert len(re.findall(r"± \d+", answers["transition"].sentence)) == 4


def test_runs_that_settle_late_are_counted_and_named(answers):
    late = answers["equilibrium"]
    assert late.tone is Tone.BAD
    (table,) = late.tables
    assert {row.cells[3] for row in table.rows} == {"850"}
    assert late.word == f"{len(table.rows)} of 79 are not"


def test_a_protocol_that_differs_is_named(case):
    assert same_protocol(case).tone is Tone.GOOD
    nodes = tuple(
        dataclasses.replace(node, dynamics=node.dynamics.changed(barostat_time_fs=400.0))
        if getattr(node, "role", None) is Role.SURROGATE
        else node
        for node in case.plan.nodes
    )
    other = same_protocol(dataclasses.replace(case, plan=dataclasses.replace(case.plan, nodes=nodes)))
    assert other.tone is Tone.BAD
    assert "barostat time" in other.sentence
    assert settings_drawn(same_protocol(case)) == {("has to be the same, and is", 1.0), ("may differ", 1.0)}
    assert ("has to be the same, and is not", 4.0) in settings_drawn(other)
    ((panel,),) = other.figures[-1].rows
    told = "barostat time, 400 over 100 fs, N = 512 and 31 more pairs of runs"
    assert told in [name for curve in panel.curves for name in curve.names]


def test_a_surrogate_that_walked_more_often_says_so_and_is_no_other_protocol(case):
    again = [
        dataclasses.replace(node, repeat=2)
        for node in case.plan.runs
        if node.role is Role.SURROGATE and node.test is ControlledTest.BASE
    ]
    other = same_protocol(
        dataclasses.replace(case, plan=dataclasses.replace(case.plan, nodes=(*case.plan.nodes, *again)))
    )
    assert other.tone is Tone.GOOD
    assert [row.cells for row in other.tables[0].rows if row.cells[0] == "walks planned"] == [
        ("walks planned", "1", "2")
    ]


def settings_drawn(answer):
    """Return word and ratio of every setting that the protocol's figure holds."""
    ((panel,),) = answer.figures[-1].rows
    low, high = panel.x_range
    assert {"time step", "thermostat time", "mass of an atom", "production"} <= set(panel.y_names)
    assert all(low < x < high for curve in panel.curves for x in curve.x)
    return {(curve.label, x) for curve in panel.curves for x in curve.x}


def test_what_is_wrong_is_told_by_name_with_its_size_and_its_kelvins(case):
    planted = diagnose(
        Cause.PHASES,
        side="surrogate",
        line="P200",
        atoms=32,
        size=Estimate(9.1, 0.1, "meV/atom", 60.0),
        kelvins=Estimate(230.0, 20.0, "K", 60.0),
        sentence="The surrogate puts the phase above the transition 9.1 ± 0.1 meV/atom too high.",
    )
    absent = diagnose(Cause.MASS, side="both", size=Estimate(0.0, 0.0, "%", 60.0), sentence="Equal.")
    verdict = case.verdict.model_copy(update={"diagnoses": (planted, absent)})
    analysis = dataclasses.replace(case.analysis, found=dataclasses.replace(case.found, verdict=verdict))
    answer = errors_of_surrogate(dataclasses.replace(case, analysis=analysis))
    assert answer.tone is Tone.BAD
    assert answer.sentence.startswith("Present: energy between the phases.")
    assert "moves the transition by 230 ± 20 K" in answer.points[0]
    table = next(each for each in answer.tables if each.title == "What is wrong, by name")
    assert [row.tone for row in table.rows] == [Tone.BAD, Tone.GOOD]
    assert table.rows[0].cells[3:7] == ("32", "9.10 ± 0.10 meV/atom", "1 meV/atom", "230 ± 20 K")


def test_what_is_not_resolved_is_folded_and_counted(answers, page):
    (table,) = [each for each in answers["transition"].tables if each.title == "The transition by criterion"]
    assert 0 < len(table.unknown) < len(table.rows)
    assert all("not resolved" in row.cells for row in table.unknown)
    _, text = page
    assert f"{len(table.unknown)} of {len(table.rows)} rows are not resolved" in text


def test_nothing_without_a_known_error_stands_unfolded(finished, tmp_path):
    directory, plan, entries, analysis = finished
    verdict = analysis.found.verdict
    unsure = (
        f"Density at 500 K: {Estimate(-2.253, math.nan, '%', 0.0)}.",
        "Viscosity at 500 K: 3 (error unknown) mPa s.",
    )
    verdict = verdict.model_copy(update={"reasons": (*verdict.reasons[:2], *unsure, *verdict.reasons[2:])})
    found = dataclasses.replace(
        analysis.found, verdict=verdict, ladders=tuple(map(without_some_errors, analysis.found.ladders))
    )
    (tmp_path / "study.toml").write_bytes((directory.root / "study.toml").read_bytes())
    page = write_report(
        StudyDirectory(tmp_path, directory.study), plan, entries, dataclasses.replace(analysis, found=found)
    )
    text = re.sub(r"<script.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert text.count("(error unknown)") == len(unsure)
    assert f"{len(unsure)} whose error is not known" in text
    unfolded = text
    while unfolded != (unfolded := re.sub(r"<details>(?:(?!<details>).)*?</details>", "", unfolded, flags=re.DOTALL)):
        pass
    assert not re.search(r"error unknown|\(\?\)|\bnan\b", unfolded)
    number = int(re.search(r"too short to know their errors: (\d+)", unfolded).group(1))
    frame = pd.read_csv(page.with_name("runs.csv"), dtype=str)
    first = frame.set_index("Run").loc["dft/N256/P250/T500"]
    assert tuple(first[["Side", "Engine", "N", "Line", "T (K)"]]) == ("reference", "dft", "256", "250 GPa", "500")
    assert number == sum(str(cell).endswith("(?)") for cell in frame.to_numpy().ravel()) > 0


def without_some_errors(ladder):
    """Return a ladder whose coldest run knows the errors of its density and enthalpy no more."""
    first, *others = ladder.runs
    summary = first.summary.assign(density_error=((), math.nan), enthalpy_error=((), math.nan))
    return dataclasses.replace(ladder, runs=(dataclasses.replace(first, summary=summary), *others))


def test_too_few_k_points_are_told_in_kelvin_by_the_studys_own_latent_heat(case, monkeypatch):
    assert not converged(case).points
    monkeypatch.setattr("llpt.report.questions.reference.few_for", lambda *_: ONE_POINT[1])
    told = converged(case).points
    assert told
    assert all("1 meV/atom between the phases moves T* by" in each for each in told)
    assert any(each.startswith("200 GPa, N = 512: The step of the enthalpy is") for each in told)


def test_failures_stand_first_among_the_runs(case):
    states = [row.cells[2] for row in run_table(case).rows]
    assert states[0] == "failed"
    assert states.count("done") == len(states) - 1


def test_runs_without_an_average_are_folded_and_counted_behind_those_that_are_done(case):
    started = [path for path, entry in case.entries.items() if entry.state is State.DONE and path.count("/") > 1]
    changed = dict(zip(started, (State.UNFINISHED, State.WAITING), strict=False))
    entries = {path: entry._replace(state=changed.get(path, entry.state)) for path, entry in case.entries.items()}
    ladders = tuple(
        dataclasses.replace(each, runs=tuple(run for run in each.runs if run.identity.path not in changed))
        for each in case.found.ladders
    )
    found = dataclasses.replace(case.found, ladders=ladders)
    analysis = dataclasses.replace(case.analysis, found=found)
    table = run_table(dataclasses.replace(case, entries=entries, analysis=analysis))
    told = [row.cells[2] for row in table.known]
    assert (told[0], set(told[1:])) == ("failed", {"done"})
    assert [row.cells[2] for row in table.unknown] == ["unfinished", "waiting"]
    assert table.rows == (*table.known, *table.unknown)
    assert table.lack == "have no averages"


def test_evidence_that_is_not_resolved_is_folded(answers):
    (table,) = [each for each in answers["transition"].tables if each.title == "Each piece of evidence"]
    assert {row.cells[3] for row in table.known} <= {"first order", "crossover"}
    assert len(table.known) + len(table.unknown) == len(table.rows)


def test_the_numbers_of_a_figure_are_those_that_are_drawn(answers, tmp_path):
    figure = answers["transition"].figures[0]
    table, binary = write_figure_data(figure, tmp_path)
    frame = pd.read_csv(table)
    curve = figure.rows[0][0].curves[0]
    mine = frame[(frame.panel.str.startswith("1-1")) & (frame.curve == curve.label)]
    assert np.allclose(mine.x, curve.x)
    assert np.allclose(mine.y, curve.y)
    assert np.allclose(mine.y_error, curve.y_error)
    assert np.allclose(mine.independent_samples, curve.samples)
    assert set(mine.engine) == {"DFT/PBE"}
    lines = [line for row in figure.rows for panel in row for line in panel.lines]
    told = frame[frame.curve.isin({line.label for line in lines}) & frame.y.isna()]
    assert len(lines) > 0
    assert np.allclose(told.x, [line.x for line in lines])
    assert np.allclose(told.x_error.fillna(0.0), [line.x_error for line in lines])
    assert list(told.engine.fillna("")) == [line.source.engine if line.source else "" for line in lines]
    with xr.open_dataset(binary, engine="h5netcdf") as stored:
        assert np.allclose(stored["y"], frame.y, equal_nan=True)
        assert list(stored["curve"].to_numpy()) == list(frame.curve)


def test_methods_cite_what_the_bibliography_holds(case):
    methods = methods_of(case)
    assert set(methods.keys) <= set(papers())
    assert {"bussi2007", "bussi2009", "ceriotti2014"} <= set(methods.keys)
    for key in methods.keys:
        assert f"{{{key}," in methods.bibtex
        assert key in "".join(re.findall(r"\\cite\{([^}]*)\}", methods.latex))
    assert not re.search(r"(?<!\\)[_%&#]", re.sub(r"\\cite\{[^}]*\}", "", methods.latex))


def test_methods_tell_the_pseudopotential_and_the_temperature_of_the_electrons(case):
    told = methods_of(case).markdown
    assert "pseudopotential GTH-PBE-q1" in told
    assert "Fermi–Dirac occupations at 900 K" in told
    entries = {}
    for run in case.plan.runs:
        entry = case.entries[run.path]
        options = {"pseudopotential": "default", "electronic_temperature_k": run.state.temperature_k}
        engine = entry.provenance.engine.model_copy(update={"options": options})
        provenance = entry.provenance.model_copy(update={"engine": engine})
        entries[run.path] = entry._replace(provenance_text=provenance.text())
    told = methods_of(dataclasses.replace(case, entries=entries)).markdown
    assert "pseudopotential soft of llpt (local, GTH form)" in told
    assert "Fermi–Dirac occupations at the temperature of the ions" in told


@pytest.mark.parametrize(
    ("spec", "options", "keys"),
    [
        ("dft", {"xc": "pbe", "pseudopotential": "gth"}, {"perdew1996", "goedecker1996", "krack2005"}),
        ("dft", {"xc": "pbesol", "pseudopotential": "default"}, {"perdew2008", "goedecker1996"}),
        ("dft", {"xc": "kdt16", "pseudopotential": "hard"}, {"karasiev2018", "goedecker1996"}),
        ("quantum-espresso", {"xc": "pbe", "pseudopotential": "paw"}, {"giannozzi2017", "perdew1996", "bloechl1994"}),
        ("vasp", {"xc": "pbe", "setup": "_h"}, {"kresse1996", "perdew1996", "bloechl1994", "kresse1999"}),
        ("dft", {"xc": "pbe", "pseudopotential": "/home/me/H.upf"}, {"perdew1996"}),
        (
            "cp2k",
            {"xc": "pbe", "pseudopotential": "gth", "basis_set": "TZV2P-GTH", "cutoff_ry": 600.0, "neglect": 1e-12},
            {"kuhne2020", "perdew1996", "goedecker1996", "krack2005"},
        ),
    ],
)
def test_functional_and_pseudopotential_are_cited(case, tmp_path, spec, options, keys):
    entries = {}
    for path, entry in case.entries.items():
        engine = entry.provenance.engine.model_copy(update={"spec": spec, "options": options})
        provenance = entry.provenance.model_copy(update={"engine": engine})
        entries[path] = entry._replace(provenance_text=provenance.text())
    methods = methods_of(dataclasses.replace(case, entries=entries))
    write_methods(methods, tmp_path)
    text = (tmp_path / "references.bib").read_text(encoding="utf-8")
    potentials = {"goedecker1996", "krack2005", "bloechl1994", "kresse1999"}
    assert keys <= set(methods.keys)
    assert not (potentials - keys) & set(methods.keys)
    for key in keys:
        assert f"@article{{{key},\n" in text
    told = {"functional": "xc", "basis set": "basis_set", "cutoff of the density": "cutoff_ry", "neglect": "neglect"}
    for phrase, name in told.items():
        value = str(options.get(name, "")).upper().removesuffix(".0")
        assert (f"{phrase} {value}" in methods.markdown) == (name in options and name != "neglect")
    given = str(options.get("pseudopotential", ""))
    named = {"default": "soft of llpt", "hard": "hard of llpt", "gth": "GTH-PBE-q1"} if spec == "dft" else {}
    assert named.get(given, given) in methods.markdown
    numbers = {int(number) for group in re.findall(r"\[([\d, ]+)\]", methods.numbered) for number in group.split(",")}
    assert numbers == set(range(1, 1 + len(methods.papers)))
    assert [paper.key for paper in methods.papers] == list(methods.keys)
    assert "@" not in methods.numbered


def test_every_functional_has_a_paper_that_is_known():
    for functional in FUNCTIONALS:
        assert functional.record.papers, functional.record.name
        assert set(functional.record.papers) <= set(papers().values())
        assert papers_of_functional(functional.record.name.upper()) == functional.record.papers


def test_every_paper_has_a_doi_that_the_bibliography_of_the_docs_holds_too(pytestconfig):
    text = (pytestconfig.rootpath / "docs" / "bibliography.md").read_text(encoding="utf-8")
    for paper in papers().values():
        assert paper.doi.removeprefix("10.48550/arXiv.") in text, paper.key


def check_of(value, outcome):
    return EnsembleCheck("variance of the kinetic energy", Estimate(value, 0.02, "", 100.0), outcome)


@pytest.mark.parametrize(
    ("failing", "tone", "word"), [(0, Tone.GOOD, "yes"), (1, Tone.OPEN, "1 of 41"), (5, Tone.BAD, "5 of 45")]
)
def test_runs_that_are_not_of_their_ensemble_are_told_from_chance(case, monkeypatch, failing, tone, word):
    checks = [check_of(1.0, EnsembleOutcome.HOLDS)] * 40 + [check_of(0.36, EnsembleOutcome.FAILS)] * failing
    checks += [EnsembleCheck("pair", Estimate.unknown(""), EnsembleOutcome.OPEN)] * 3
    found = [((run.path,), check) for run, check in zip(case.plan.runs, checks, strict=False)]  # a check a run
    monkeypatch.setattr("llpt.report.questions.ensemble.certify_study", lambda *_: iter(found))
    answer = of_their_ensembles(case)
    assert (answer.tone, word in answer.word) == (tone, True)
    assert "3 are not resolved" in answer.sentence
    (table,) = answer.tables
    assert len(table.unknown) == 3
    (panel,) = answer.figures[0].rows[0]
    assert sorted(x for curve in panel.curves for x in curve.x) == [0.36] * failing + [1.0] * 40
    assert all(curve.names and curve.samples[0] == 100.0 for curve in panel.curves)
    engines = {run.identity.path: ladder.engine for ladder, run in case.base_runs()}
    for curve in panel.curves:  # what is asked of one engine is never drawn with what is asked of another
        short = {short_name(path): engine for path, engine in engines.items()}
        assert {short.get(name.split(", ", 1)[1]) for name in curve.names} == {curve.source and curve.source.engine}
    assert table.rows[0].cells[2] == ("0.360 ± 0.02" if failing else "1.000 ± 0.02")


def test_without_trajectories_no_ensemble_is_asked_for(case):
    assert of_their_ensembles(case) is None


def test_cells_of_several_sizes_that_no_test_compares_are_told(case):
    found = dataclasses.replace(case.found, effects=())
    uncompared = dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, found=found))
    assert "Behler–Parrinello was run in cells of 256, 512, 1728 atoms" in large_enough(uncompared).sentence
    ladders = tuple(ladder for ladder in found.ladders if ladder.atoms == 512)
    one = dataclasses.replace(case.analysis, found=dataclasses.replace(found, ladders=ladders))
    assert "No side was run in cells of two sizes" in large_enough(dataclasses.replace(case, analysis=one)).sentence


def test_questions_are_answered_by_figures_that_show_it(answers):
    shown = {name: [figure.name for figure in answer.figures] for name, answer in answers.items()}
    assert shown | {"reference": [], "surrogate": []} == shown  # nothing was labelled
    assert shown["equilibrium"] == ["equilibration"]
    assert shown["duration"] == ["samples"]
    assert shown["size"] == ["densities"]
    assert shown["path"] == ["ways"]
    assert shown["solids"] == ["displacement"]
    assert shown["remedy"] == ["remedy-lengths"]
    assert shown["transition"] == ["isobars", "transition-line"]


def test_the_verdicts_figure_shows_each_judged_difference_in_units_of_its_threshold(case):
    figure = comparison_figure(case.verdict)
    ((panel,),) = figure.rows
    judged = [each for each in case.verdict.comparisons if each.judged and each.difference.resolved]
    rows = [row for curve in panel.curves for row in zip(curve.names, curve.x, curve.x_error, strict=True)]
    shown = {name: (x, half) for name, x, half in rows}
    assert len(shown) == len(judged) > 4
    for each in judged:
        name = f"{each.quantity}, {each.where}, N = {each.reference_atoms} and {each.surrogate_atoms}"
        x, half = shown[name]
        assert x == pytest.approx(each.difference.value / each.threshold)
        outcome = "faithful" if abs(x) + half < 1.0 else "not faithful" if abs(x) - half > 1.0 else "not resolved"
        unproven = (
            outcome == "faithful" and ": faithful, but " in each.sentence
        )  # another phase has no state to compare
        assert str(each.outcome) == ("not resolved" if unproven else outcome)


def test_a_line_that_was_walked_back_is_drawn_both_ways(answers, case):
    ((panel,),) = answers["path"].figures[0].rows
    there, back = panel.curves
    assert back.label == "DFT/PBE, N = 512 (cooling)"
    assert (there.filled, back.filled) == (True, False)
    cooled = next(each for each in case.found.ladders if str(each.test) == "cooling")
    assert back.y == tuple(cooled.states.curve("density").values)


def test_each_test_is_drawn_with_its_shift_and_its_largest_change(case):
    effects = case.effects([ControlledTest.SIZE])
    figure = effect_figure("shifts", "Shifts", effects, case.study.verdict.thresholds())
    shifts, densities = figure.rows[0]
    assert len(shifts.y_names) == len(effects)
    known = [each.shift.value for each in effects if each.shift.resolved]
    assert sorted(x for curve in shifts.curves for x in curve.x) == pytest.approx(sorted(known))
    assert shifts.lines[0].x_error == case.study.verdict.thresholds().transition_temperature_k
    assert sorted(x for curve in densities.curves for x in curve.x) == pytest.approx(
        sorted(each.largest.percent.value for each in effects)
    )


def test_means_of_what_is_held_are_drawn_against_what_was_set(case):
    def held(ladder):
        runs = []
        for run in ladder.runs:
            columns = {"temperature": ((), run.temperature_k + 2.0, {"unit": "K"}), "temperature_error": ((), 1.0)}
            columns["temperature_effective_samples"] = ((), 40.0)
            runs.append(dataclasses.replace(run, summary=run.summary.assign(columns)))
        return dataclasses.replace(ladder, runs=tuple(runs))

    found = dataclasses.replace(case.found, ladders=tuple(map(held, case.found.ladders)))
    answer = same_protocol(dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, found=found)))
    held_means, _ = answer.figures
    ((panel,),) = held_means.rows
    assert all(y == pytest.approx(2.0) for curve in panel.curves for y in curve.y)
    assert {error for curve in panel.curves for error in curve.y_error} == {1.0}


def test_a_side_without_a_run_that_is_done_is_not_said_to_be_made_elsewhere(case):
    ladders = tuple(each for each in case.found.ladders if each.role is Role.REFERENCE)
    found = dataclasses.replace(case.found, ladders=ladders)
    asked = same_protocol(dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, found=found)))
    assert (asked.tone, asked.word) == (Tone.OPEN, "not known")
    assert "No run of the surrogate is done" in asked.sentence
    assert "elsewhere" not in asked.sentence


def test_the_budget_is_drawn_in_kelvin(case):
    place = SimpleNamespace(line="P200", atoms=32, temperature_k=900.0)
    rows = [
        SimpleNamespace(choice=choice, shift=SimpleNamespace(value=value))
        for choice, value in (
            ("k-points 3x3x3", Estimate(-31.0, 4.0, "K", 50.0)),
            ("cutoff 80 Ry", Estimate(2.0, 1.0, "K", 50.0)),
            ("functional pbesol", Estimate.unknown("K")),
        )
    ]
    explanation = SimpleNamespace(budgets=[SimpleNamespace(place=place, rows=rows)])
    budgeted = dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, explanation=explanation))
    ((panel,),) = _budget_figure(budgeted, 50.0).rows
    assert panel.y_names == ("k-points 3x3x3", "cutoff 80 Ry")
    (curve,) = panel.curves
    assert (curve.x, curve.x_error) == ((-31.0, 2.0), (4.0, 1.0))
    assert _largest(budgeted) == " The largest: k-points 3x3x3 moves T* by -31.0 ± 4.0 K (200 GPa, N = 32, 900 K)."


def test_the_figure_of_longer_runs_ends_where_the_verdict_can_be_given(answers, case):
    ((panel,),) = answers["remedy"].figures[0].rows
    wanted = [
        each.picoseconds
        for each in case.verdict.requirements
        if each.picoseconds and each.picoseconds_now and each.picoseconds > each.picoseconds_now
    ]
    *curves, enough = panel.curves
    assert [curve.x[-1] for curve in curves] == pytest.approx(wanted)
    assert [curve.y[-1] for curve in curves] == pytest.approx([1.0] * len(wanted))
    assert enough.y == (1.0, 1.0)
    engines = {case.verdict.reference, case.verdict.surrogate}
    for curve in curves:
        assert {curve.source.engine, curve.source.other} <= {*engines, ""}


def held_at(case, miss):
    """Return the study with every mean temperature ``miss(state)`` standard errors of 1 K off."""
    ladders = []
    for ladder in case.found.ladders:
        runs = []
        for index, run in enumerate(ladder.runs):
            value = run.temperature_k + miss(index)
            columns = {"temperature": ((), value, {"unit": "K"}), "temperature_error": ((), 1.0)}
            columns["temperature_effective_samples"] = ((), 1e6)
            runs.append(dataclasses.replace(run, summary=run.summary.assign(columns)))
        ladders.append(dataclasses.replace(ladder, runs=tuple(runs)))
    found = dataclasses.replace(case.found, ladders=tuple(ladders))
    return dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, found=found))


def test_means_off_at_one_state_are_chance_and_at_all_are_told_in_words(case):
    one = same_protocol(held_at(case, lambda index: 3.3 if index == 0 else 0.5))
    assert (one.tone, one.word) == (Tone.GOOD, "yes")
    assert "so few may still be chance" in one.sentence
    every = same_protocol(held_at(case, lambda _: 5.0))
    assert (every.tone, every.word) == (Tone.BAD, "alike, but not held")
    assert "more than chance would" in every.sentence
    assert "allows 2 % besides" in every.tables[-1].note
    assert len(every.sentence.split()) < 60  # or the question is more than one screen of a phone


def test_the_side_without_a_transition_is_named_with_the_reason(case):
    ladders = []
    for each in case.found.ladders:
        ladder = each
        unresolved = {
            name: dataclasses.replace(result, resolved=False, reason="The density is flat.")
            for name, result in ladder.criteria.items()
        }
        if ladder.role is Role.SURROGATE and ladder.located:
            ladder = dataclasses.replace(ladder, located=dataclasses.replace(ladder.located, criteria=unresolved))
        ladders.append(ladder)
    found = dataclasses.replace(case.found, ladders=tuple(ladders))
    answer = where_is_it(dataclasses.replace(case, analysis=dataclasses.replace(case.analysis, found=found)))
    surrogate = case.found.largest(Role.SURROGATE, "P200").engine
    lines = len(case.found.lines)
    assert answer.word == f"{lines} of {2 * lines} located"
    missing = rf"Not located for {surrogate} \(N = \d+\) \(surrogate\) by .*: The density is flat\."
    assert re.search(missing, answer.sentence)


def test_the_runs_of_another_way_are_counted_from_the_ledger(case):
    cooled = [run.path for run in case.plan.runs if run.test is ControlledTest.COOLING]
    entries = dict(case.entries)
    for path in cooled[1:]:
        entries[path] = entries[path]._replace(state=State.WAITING)
    answer = independent_of_path(dataclasses.replace(case, entries=entries))
    assert f"1 of {len(cooled)} runs of cooling" in answer.sentence
    assert re.search(r"stands out most: -?[\d.]+ ± [\d.]+ % at \d+ K", answer.sentence)


def test_methods_count_runs_by_the_ledger_and_tell_what_is_left_out(case):
    base = [run for run in case.plan.runs if run.test is ControlledTest.BASE and run.role is Role.SURROGATE]
    failed = dict(case.entries)
    for run in base[:2]:
        failed[run.path] = failed[run.path]._replace(state=State.FAILED)
    text = methods_of(dataclasses.replace(case, entries=failed)).markdown
    done = sum(failed[run.path].state is State.DONE for run in base)
    assert f"{done} of {len(base)} planned runs of the surrogate" in text
    assert re.search(r"done \([^)]*failed\); they took", text)
    assert re.search(r"the first [\d.–]+ ps are left out of averages", text)
    assert re.search(r"stochastic velocity rescaling \(time constant [\d.–]+ fs\)", text)
    assert re.search(r"an isotropic barostat \(time constant [\d.–]+ fs\)", text)
    assert f"fewer than {case.verdict.thresholds.minimum_atoms} atoms" in text
    nothing = methods_of(dataclasses.replace(case, entries={})).markdown
    assert f"None of the {len(base)} planned runs of the surrogate is done ({len(base)} waiting)." in nothing


def test_the_potential_is_named_with_its_hash_and_the_program_has_an_entry(case):
    entries = {}
    for path, entry in case.entries.items():
        told = {"spec": "n2p2:/home/me/my_model", "options": {}, "content_hash": "0123456789abcdef" * 4}
        engine = entry.provenance.engine.model_copy(update=told)
        provenance = entry.provenance.model_copy(update={"engine": engine})
        entries[path] = entry._replace(provenance_text=provenance.text())
    methods = methods_of(dataclasses.replace(case, entries=entries))
    assert '"my_model", SHA-256 0123456789ab [@' in methods.markdown
    assert "/home/me" not in methods.markdown
    assert "@misc{llpt,\n  author = {{The llpt developers}},\n" in methods.bibtex


def test_the_model_card_of_a_potential_is_in_the_methods_and_in_the_answer(case):
    place = case.directory.root / "inputs" / "surrogate" / "own-potential"
    shutil.copytree(Path(__file__).parents[2] / "examples" / "own-potential", place)
    entries = {}
    for path, entry in case.entries.items():
        engine = entry.provenance.engine.model_copy(
            update={"spec": "n2p2:inputs/surrogate/own-potential", "options": {}}
        )
        provenance = entry.provenance.model_copy(update={"engine": engine, "training": {}})
        entries[path] = entry._replace(provenance_text=provenance.text())
    known = dataclasses.replace(case, entries=entries)
    try:
        text, answer = methods_of(known).markdown, errors_of_surrogate(known)
    finally:
        shutil.rmtree(place)
    assert "112 symmetry functions and 1951 weights, and was trained on free energy, forces, pressure of" in text
    assert re.search(r"on [1-9]\d* frames held out for test the root mean square errors are 0\.26 eV/Å of forces", text)
    (table,) = [each for each in answer.tables if each.title == "The surrogate's training"]
    assert ("network", "112 symmetry functions, 1951 weights") in [row.cells for row in table.rows]
    assert "symmetry functions" not in methods_of(case).markdown


def test_a_question_without_a_figure_says_why():
    with pytest.raises(ValueError, match="has no figure and does not say why"):
        Question("size", "Large enough?", Tone.OPEN, "not tested", "None was.", "Runs.")


def test_what_latex_reads_as_its_own_is_escaped():
    text = Methods(r"a\b $5 x^2 {y} ~z cm² 50%_# [@bussi2007;@bussi2009]", ("bussi2007", "bussi2009")).latex
    assert text == (
        r"a\textbackslash{}b \$5 x\textasciicircum{}2 \{y\} \textasciitilde{}z cm$^2$ 50\%\_\# "
        r"\cite{bussi2007,bussi2009}"
    )
