"""The plan is the graph the study file implies: ladders, training, and matched runs that change one thing each."""

from pathlib import Path

import pytest

from llpt.campaign import ControlledTest, Role
from llpt.errors import InputError
from llpt.study import estimate_costs, make_plan, makespan_s, parse_study, read_study
from llpt.study.cost import StepTimes
from llpt.study.inputs import named_inputs
from llpt.study.nodes import Origin
from llpt.study.paces import RUN_START_UP_S
from llpt.study.plan import Plan
from llpt.transition import Isobar, LadderPath, synthetic_isobar

BASE = ControlledTest.BASE
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

STUDY = """
[study]
name = "test"
seed = 7
[system]
atoms = [256, 512]
[state]
pressures_gpa = [200.0]
temperatures_k = [900, 700, 800]
[dynamics]
steps = 1000
discard = 100
settle_steps = 50
timestep_fs = 0.25
[reference]
engine = "dft"
ecut_ry = 60
[surrogate]
engine = "behler-parrinello"
train = "reference"
[[surrogate.extra]]
atoms = 1728
steps = 5000
"""


def plan_of(text):
    return make_plan(parse_study(text))


def with_tests(lines):
    return plan_of(f"{STUDY}\n[tests]\n{lines}\n")


def runs_of(plan, test, role=Role.REFERENCE, atoms=256):
    return [run for run in plan.runs if (run.test, run.role, run.atoms) == (test, role, atoms)]


def test_a_heating_ladder_starts_each_temperature_from_its_lower_neighbour():
    plan = plan_of(STUDY)
    ladder = runs_of(plan, BASE)
    assert [run.state.temperature_k for run in ladder] == [700, 800, 900]
    first, second, third = ladder
    assert first.start.origin is Origin.MOLECULAR
    assert not first.after
    assert second.start == type(second.start)(Origin.RUN, first.path)
    assert second.after == (first.path,)
    assert third.after == (second.path,)
    assert first.path == "runs/dft/N256/P200/T700"


def test_only_a_made_up_start_settles():
    first, second, _ = runs_of(plan_of(STUDY), BASE)
    assert (first.steps, first.discard) == (1050, 150)
    assert (second.steps, second.discard) == (1000, 100)


@pytest.mark.parametrize("path", ["heating", "cooling", "none"])
def test_a_ladder_is_analysed_as_the_study_file_says_that_it_is_walked(path):
    """One spelling, of study file, plan and line of states."""
    found = parse_study(STUDY.replace("settle_steps", f'ladder = "{path}"\nsettle_steps')).dynamics.ladder
    isobar = Isobar("dft", 32, 200.0, synthetic_isobar((700, 800), place_k=750.0, width_k=0.0, seed=1).points, found)
    assert isobar.path is LadderPath(path)
    assert repr(isobar).endswith("no ladder)" if path == "none" else f"{path})")


def test_a_cooling_ladder_goes_the_other_way_and_none_starts_each_on_its_own():
    cooling = runs_of(plan_of(STUDY.replace("settle_steps", 'ladder = "cooling"\nsettle_steps')), BASE)
    assert [run.state.temperature_k for run in cooling] == [900, 800, 700]
    assert cooling[1].after == (cooling[0].path,)
    alone = runs_of(plan_of(STUDY.replace("settle_steps", 'ladder = "none"\nsettle_steps')), BASE)
    assert all(not run.after and run.steps == 1050 for run in alone)


def test_the_potential_needs_the_reference_runs_and_the_surrogate_needs_the_potential():
    plan = plan_of(STUDY)
    assert plan["models/behler-parrinello"].after == tuple(run.path for run in plan.runs if run.role is Role.REFERENCE)
    surrogate = [run for run in plan.runs if run.role is Role.SURROGATE]
    assert {run.atoms for run in surrogate} == {256, 512, 1728}
    assert all("models/behler-parrinello" in run.after for run in surrogate)
    assert all(run.engine == "n2p2:models/behler-parrinello" for run in surrogate)
    behind = set()
    for identity in plan.paths:
        assert set(plan[identity].after) <= behind
        behind.add(identity)


def test_reference_and_surrogate_share_seed_time_step_and_start():
    plan = plan_of(STUDY)
    for reference, surrogate in zip(runs_of(plan, BASE), runs_of(plan, BASE, Role.SURROGATE), strict=True):
        assert reference.dynamics == surrogate.dynamics
        assert reference.discard == surrogate.discard
    assert len({run.dynamics.seed for run in runs_of(plan, BASE)}) == 3
    other = plan_of(STUDY.replace("seed = 7", "seed = 8"))
    assert runs_of(other, BASE)[0].dynamics.seed != runs_of(plan, BASE)[0].dynamics.seed


def test_electrons_are_as_hot_as_ions_unless_said_otherwise():
    assert [run.options["electronic_temperature_k"] for run in runs_of(plan_of(STUDY), BASE)] == [
        700,
        800,
        900,
    ]
    fixed = plan_of(STUDY.replace("ecut_ry = 60", "ecut_ry = 60\nelectronic_temperature = 1500"))
    assert {run.options["electronic_temperature_k"] for run in runs_of(fixed, BASE)} == {1500}
    assert "electronic_temperature_k" not in runs_of(plan_of(STUDY), BASE, Role.SURROGATE)[0].options


def test_duration_goes_on_from_where_the_last_run_ended():
    plan = with_tests("duration = { repeats = 3, steps = 400, temperatures_k = 800, atoms = 256 }")
    second, third = runs_of(plan, "duration")
    assert second.start.source == "runs/dft/N256/P200/T800"
    assert third.start.source == second.path == "runs/dft/N256/P200/T800-duration2"
    assert (second.steps, second.discard) == (400, 0)
    assert len({run.dynamics.seed for run in (*runs_of(plan, BASE), second, third)}) == 5
    assert not runs_of(plan, "duration", atoms=512)


def test_cooling_comes_down_from_the_heated_fluid():
    down = runs_of(with_tests("cooling = { temperatures_k = [824, 849], atoms = 256 }"), "cooling")
    assert [run.state.temperature_k for run in down] == [849, 824]
    assert down[0].start.source == "runs/dft/N256/P200/T900"
    assert down[1].start.source == down[0].path
    default = runs_of(with_tests("cooling = true"), "cooling")
    assert [run.state.temperature_k for run in default] == [800, 700]
    assert default[0].start.source == "runs/dft/N256/P200/T900"


def test_a_ladder_is_walked_again_with_seeds_of_its_own_and_comes_down_as_often():
    again = STUDY.replace("settle_steps", "repeats = 3\nsettle_steps")
    plan = plan_of(f"{again}[tests]\ncooling = true\nduration = {{ repeats = 2 }}\n")
    once = {run.path: run.dynamics.seed for run in plan_of(STUDY).own_runs}
    seeds = {run.path: run.dynamics.seed for run in plan.own_runs}
    assert {path: seeds[path] for path in once} == once  # what a study had stays as it was
    up = runs_of(plan, BASE)
    assert [(run.state.temperature_k, run.repeat) for run in up] == [(t, n) for n in (1, 2, 3) for t in (700, 800, 900)]
    assert [run.path for run in up[3:5]] == ["runs/dft/N256/P200/T700-repeat2", "runs/dft/N256/P200/T800-repeat2"]
    assert [run.start.origin for run in up[::3]] == 3 * [Origin.MOLECULAR]
    assert up[4].start.source == up[3].path
    assert len({run.dynamics.seed for run in up}) == 9
    down = runs_of(plan, "cooling")
    assert [run.start.source for run in down[::2]] == [run.path for run in up[2::3]]
    assert down[-1].path == "runs/dft/N256/P200/T700-cooling3"
    assert {run.start.source for run in runs_of(plan, "duration")} == {run.path for run in up[:3]}
    other = runs_of(plan, BASE, Role.SURROGATE)
    assert [run.dynamics.seed for run in other] == [run.dynamics.seed for run in up]
    assert len(runs_of(plan, BASE, Role.SURROGATE, atoms=1728)) == 9


def test_a_surrogate_is_walked_more_often_than_the_reference_by_the_same_seeds():
    """It costs little: its errors shrink, and runs of one length keep what their length leaves out alike."""
    asked = STUDY.replace("[surrogate]", "[surrogate]\nrepeats = 4").replace(
        "settle_steps", "repeats = 2\nsettle_steps"
    )
    plan = plan_of(f"{asked}[tests]\ncooling = true\n")
    of_reference, of_surrogate = (runs_of(plan, BASE, role) for role in (Role.REFERENCE, Role.SURROGATE))
    assert [run.repeat for run in of_reference[::3]] == [1, 2]
    assert [run.repeat for run in of_surrogate[::3]] == [1, 2, 3, 4]
    assert [run.dynamics.seed for run in of_surrogate[:6]] == [run.dynamics.seed for run in of_reference]
    assert len(runs_of(plan, BASE, Role.SURROGATE, atoms=1728)) == 12
    assert len(runs_of(plan, "cooling")) == 4
    assert len(runs_of(plan, "cooling", Role.SURROGATE)) == 8


@pytest.mark.parametrize(
    ("lines", "test", "changed"),
    [
        ("fixed_electronic_temperature = 1234", "fixed_electronic_temperature", {"electronic_temperature_k": 1234}),
        ("cutoff = { ecut_ry = 80 }", "cutoff", {"ecut_ry": 80}),
        ('kpoints = "gamma"', None, None),
        ("kpoints = true", "kpoints", {"kpoints": "gamma"}),
        ('functional = { xc = "lda" }', "functional", {"xc": "lda"}),
    ],
)
def test_a_test_of_the_reference_changes_one_option_and_nothing_else(lines, test, changed):
    if test is None:
        with pytest.raises(InputError, match=r"tests\.kpoints"):
            with_tests(lines)
        return
    plan = with_tests(lines)
    assert not runs_of(plan, test, Role.SURROGATE)
    for base, other in zip(runs_of(plan, BASE), runs_of(plan, test), strict=True):
        assert dict(other.options) == {**base.options, **changed}
        assert other.dynamics == base.dynamics
        assert other.state == base.state


@pytest.mark.parametrize("role", Role)
def test_tests_of_dynamics_are_done_with_both_engines(role):
    plan = with_tests("thermostat = true\nstart = true\nensemble = true\ntimestep = { factor = 0.5 }")
    base = runs_of(plan, BASE, role)
    for one, other in zip(base, runs_of(plan, "thermostat", role), strict=True):
        assert other.dynamics == one.dynamics.changed(thermostat="langevin")
    for run in runs_of(plan, "start", role):
        assert run.start.origin is Origin.ATOMIC
        assert run.steps == 1050
    for one, other in zip(base, runs_of(plan, "ensemble", role), strict=True):
        assert other.dynamics.ensemble == "nvt"
        assert other.dynamics.pressure_gpa is None
        assert other.start.origin is Origin.RUN_AT_MEAN_VOLUME
        assert other.start.source == one.path
    for one, other in zip(base, runs_of(plan, "timestep", role), strict=True):
        assert other.timestep_fs == one.timestep_fs / 2
        assert other.steps == 2 * one.steps
        assert other.picoseconds == pytest.approx(one.picoseconds)


def test_another_code_is_an_engine_of_its_own():
    plan = with_tests('engine = { engine = "quantum-espresso", atoms = 256 }')
    runs = runs_of(plan, "engine")
    assert [run.path for run in runs] == [f"runs/quantum-espresso/N256/P200/T{t}" for t in (700, 800, 900)]
    assert runs[0].options == {"electronic_temperature_k": 700}


def test_one_engine_on_both_sides_has_two_folders():
    text = STUDY.replace('engine = "behler-parrinello"\ntrain = "reference"', 'engine = "dft"')
    plan = plan_of(text)
    assert {run.engine_folder for run in plan.runs} == {"dft", "dft-surrogate"}


def test_densities_give_isochores():
    text = STUDY.replace("pressures_gpa = [200.0]", "rs = [1.4]").replace(
        "steps = 1000", 'steps = 1000\nensemble = "nvt"'
    )
    run = runs_of(plan_of(text), BASE)[0]
    assert run.path == "runs/dft/N256/rs1.4/T700"
    assert run.dynamics.pressure_gpa is None
    assert run.state.density_g_per_cm3 == pytest.approx(0.982, abs=0.002)


def test_the_automatic_time_step_is_that_of_the_seed():
    plan = plan_of(STUDY.replace("timestep_fs = 0.25", 'timestep_fs = "auto"'))
    steps = [run.timestep_fs for run in runs_of(plan, BASE)]
    assert steps == sorted(steps, reverse=True)
    assert all(0.17 <= step <= 0.35 for step in steps)


def test_a_state_of_which_nothing_is_known_is_refused():
    with pytest.raises(InputError, match="No starting density is known at 2 GPa"):
        plan_of(STUDY.replace("200.0", "2.0").replace("timestep_fs = 0.25", 'timestep_fs = "auto"'))


def test_costs_grow_with_size_and_are_corrected_by_what_was_measured():
    plan = plan_of(STUDY)
    small, large = runs_of(plan, BASE)[1], runs_of(plan, BASE, atoms=512)[1]
    costs = estimate_costs(plan)
    assert 3.0 < costs[large.path] / costs[small.path] < 8.0
    assert set(costs) == set(plan.paths)
    measured = estimate_costs(plan, {small.path: 1.0})
    assert measured[small.path] == pytest.approx(small.steps, rel=0.01)
    ratio = measured[large.path] / costs[large.path]
    assert ratio == pytest.approx(measured[small.path] / costs[small.path], rel=0.02)


def test_the_time_of_a_plan_is_that_of_its_longest_chain_on_many_cores():
    plan = plan_of(STUDY.replace("ecut_ry = 60", "ecut_ry = 60\nthreads = 1"))
    seconds = dict.fromkeys(plan.paths, 1.0)
    assert makespan_s(plan, seconds, 1) == len(plan.paths)
    assert makespan_s(plan, seconds, 100) == 3 + 1 + 3  # a ladder, the training, a ladder
    done = dict.fromkeys(plan.paths, 0.0)
    assert makespan_s(plan, done, 2) == 0.0


def test_the_seed_as_a_study_file():
    study = read_study(EXAMPLES / "karasiev2021.toml")
    plan = make_plan(study)
    reference = [run for run in plan.runs if run.role is Role.REFERENCE and run.test == BASE]
    sizes = {line: {run.atoms for run in reference if run.state.line == line} for line in ("P100", "P200", "P350")}
    assert sizes == {"P100": {256, 512, 1024, 2048}, "P200": {256, 512, 1024, 2048}, "P350": {256, 512}}
    assert {run.state.pressure_gpa for run in reference} == {100, 150, 200, 250, 300, 350}
    assert {run.test for run in plan.runs} >= {
        BASE,
        "duration",
        "cooling",
        "fixed_electronic_temperature",
        "engine",
    }
    assert study.tests.size
    codes = {(run.engine_folder, run.atoms) for run in plan.runs if run.test == "engine"}
    assert codes == {("quantum-espresso", 256), ("quantum-espresso", 512), ("vasp", 1024), ("vasp", 2048)}
    cooled = runs_of(plan, "cooling", atoms=2048)
    assert [run.state.temperature_k for run in cooled] == [950, 899, 849, 824]
    assert all(7.0 < run.picoseconds < 9.5 for run in cooled)
    published = [run for run in plan.runs if run.atoms == 1728]
    assert all(run.picoseconds == pytest.approx(410.0, rel=0.01) for run in published)
    assert all(0.17 <= run.timestep_fs <= 0.35 for run in plan.runs)


def test_the_rest_of_the_seed_as_study_files():
    folder = EXAMPLES / "karasiev2021"
    diffusion = make_plan(read_study(folder / "diffusion.toml"))
    assert {(run.steps - run.discard) // 2 for run in diffusion.runs} == {17_500}
    assert {run.atoms for run in diffusion.runs} == {512}
    radii = [run.state.radius_bohr for run in make_plan(read_study(folder / "radii.toml")).runs]
    assert {1.30, 1.34, 1.38, 1.43, 1.45} <= set(radii)
    (labels,) = make_plan(read_study(folder / "electronic-temperature.toml")).others
    assert (labels.snapshots, labels.electronic_temperatures_k) == (35, tuple(range(600, 3001, 50)))


def test_another_dynamics_code_brings_its_own_thermostat_and_barostat():
    plan = with_tests("integrator = true\nbarostat = { barostat_time_fs = 300.0 }")
    for base, other in zip(runs_of(plan, BASE), runs_of(plan, "integrator"), strict=True):
        assert other.dynamics == base.dynamics.changed(integrator="ase", thermostat="nose-hoover")
        assert other.dynamics.integrator == "ase"
    for base, other in zip(runs_of(plan, BASE), runs_of(plan, "barostat"), strict=True):
        assert other.dynamics == base.dynamics.changed(barostat_time_fs=300.0)


def test_a_ramp_is_a_loop_of_its_own_for_each_rate():
    plan = with_tests("ramp = { steps = [400, 200], atoms = 256 }")
    up, down = runs_of(plan, "ramp-up"), runs_of(plan, "ramp-down")
    assert [(run.identity.ladder.label, run.state.temperature_k) for run in up] == [
        (name, temperature) for name in ("ramp-up", "ramp-up 2") for temperature in (700, 800, 900)
    ]
    assert [(run.identity.ladder.label, run.state.temperature_k) for run in down] == [
        (name, temperature) for name in ("ramp-down", "ramp-down 2") for temperature in (800, 700)
    ]
    assert (up[0].steps, up[0].discard) == (450, 90)
    assert (up[1].steps, up[1].discard) == (400, 40)
    assert up[3].start.origin is Origin.MOLECULAR
    assert down[0].start.source == up[2].path
    assert down[2].start.source == up[5].path
    assert len({run.dynamics.seed for run in (*runs_of(plan, BASE), *up, *down)}) == 3 + len(up) + len(down)


def test_snapshots_are_labelled_after_the_reference_and_cost_something():
    plan = with_tests("snapshots = { snapshots = 6, electronic_temperatures_k = [600, 1800] }")
    labels = plan["labels/electronic-temperature"]
    assert labels.job(Path()).sources == {run.path: run.discard for run in plan.runs if run.role is Role.REFERENCE}
    assert "electronic_temperature_k" not in labels.options
    assert all(plan.paths.index(source) < plan.paths.index(labels.path) for source in labels.after)
    assert estimate_costs(plan)[labels.path] > 0.0
    assert plan.in_words == "15 runs, one training and 12 single points"
    with pytest.raises(InputError, match=r"counts changes from 600 K"):
        with_tests("snapshots = { electronic_temperatures_k = [700, 1800] }")


@pytest.mark.parametrize(
    ("atoms", "mesh", "took"),
    [("16", "mean-value", 6.6), ("16", "2x2x2", 9.4), ("64", "mean-value", 20.3), ("64", "2x2x2", 24.6)],
)
def test_snapshots_cost_as_many_steps_as_was_measured(atoms, mesh, took):
    """They are solved in double precision unless a study says otherwise; docs/results/planned-cost.json."""
    asked = STUDY.replace("[256, 512]", f"[{atoms}]").replace("ecut_ry = 60", f'ecut_ry = 55\nkpoints = "{mesh}"')
    asked += "\n[tests]\nsnapshots = { snapshots = 6, electronic_temperatures_k = [600] }"

    def steps(text):
        plan = plan_of(text)
        labels, times = plan["labels/electronic-temperature"], StepTimes()
        return (labels.cost_s(times) - RUN_START_UP_S) / 6.0 / times.step_s(labels.runs[0])

    assert steps(asked) == pytest.approx(took, rel=0.35)
    single = asked.replace("ecut_ry = 55", 'ecut_ry = 55\nprecision = "single"')
    assert steps(single) < 0.7 * took
    more = asked.replace("[600]", "[600, 1800]")
    assert 1.1 * steps(asked) < steps(more) < 1.3 * steps(asked)


def test_snapshots_of_two_sizes_cost_what_each_does():
    asked = "\n[tests]\nsnapshots = { snapshots = 6, electronic_temperatures_k = [600] }"
    small, large, both = (
        plan_of(STUDY.replace("[256, 512]", sizes) + asked)["labels/electronic-temperature"].cost_s(StepTimes())
        for sizes in ("[64]", "[256]", "[64, 256]")
    )
    assert both - RUN_START_UP_S == pytest.approx(0.5 * (small + large) - RUN_START_UP_S)


def test_each_size_may_start_from_a_file_of_its_own(tmp_path):
    text = STUDY.replace("atoms = [256, 512]", 'atoms = [256, 512]\nstart = "cell-{atoms}.extxyz"')
    study = parse_study(text)
    starts = {run.start.source for run in make_plan(study).runs if run.start.origin is Origin.FILE}
    assert (
        starts
        == {f"cell-{atoms}.extxyz" for atoms in study.all_sizes}
        == {
            "cell-256.extxyz",
            "cell-512.extxyz",
            "cell-1728.extxyz",
        }
    )
    with pytest.raises(InputError, match=r"cell-256\.extxyz"):
        named_inputs(study, tmp_path)
    for name in starts:
        (tmp_path / name).write_text("")
    assert {item.stored for item in named_inputs(study, tmp_path)} == {f"inputs/start/{name}" for name in starts}


def test_the_lennard_jones_example_boils_both_ways():
    study = read_study(EXAMPLES / "lennard-jones" / "lennard-jones.toml")
    plan = make_plan(study)
    assert not study.state.density_rises
    assert {run.atoms for run in plan.runs} == {128, 256, 512}
    ladders = {(run.state.line, run.identity.ladder.label) for run in plan.runs}
    assert {
        ("P0.0029", "cooling"),
        ("P0.0029", "ramp-up"),
        ("P0.0029", "ramp-down"),
        ("P0.0084", BASE),
    } <= ladders


def test_a_plan_holds_every_node_once_and_after_what_it_needs():
    first, second, _ = runs_of(plan_of(STUDY), BASE)
    with pytest.raises(ValueError, match="share the directory"):
        Plan((first, first))
    with pytest.raises(ValueError, match="does not come before"):
        Plan((second, first))


def test_settings_that_contradict_one_another_are_refused_before_anything_runs():
    with pytest.raises(InputError, match="nose-hoover"):
        plan_of(STUDY.replace("settle_steps", 'thermostat = "nose-hoover"\nsettle_steps'))


@pytest.mark.parametrize(
    ("engine", "given"), [("dft", "default"), ("dft", "hard"), ("dft", "coulomb"), ("quantum-espresso", "paw")]
)
def test_pseudopotentials_with_names_are_no_files(tmp_path, engine, given):
    study = parse_study(STUDY.replace('engine = "dft"', f'engine = "{engine}"\npseudopotential = "{given}"'))
    assert named_inputs(study, tmp_path) == ()
    with pytest.raises(InputError, match="does not exist"):
        named_inputs(
            parse_study(STUDY.replace('engine = "dft"', 'engine = "dft"\npseudopotential = "H.psp8"')), tmp_path
        )


ISOTHERMS = """
[[state.isotherms]]
temperature_k = 1000
{points}
[dynamics]
ensemble = "{ensemble}"
"""


def on_isotherm(points, *, ensemble="nvt", tests=""):
    state = "[state]\npressures_gpa = [200.0]\ntemperatures_k = [900, 700, 800]\n[dynamics]\n"
    return plan_of(STUDY.replace(state, ISOTHERMS.format(points=points, ensemble=ensemble)) + f"\n[tests]\n{tests}\n")


def test_an_isotherm_is_compressed_from_its_lightest_state():
    ladder = runs_of(on_isotherm("rs = [1.38, 1.45, 1.3]"), BASE)
    assert [run.path for run in ladder] == [f"runs/dft/N256/T1000/rs{rs}" for rs in (1.45, 1.38, 1.3)]
    assert [run.start.origin for run in ladder] == [Origin.MOLECULAR, Origin.RUN_AT_DENSITY, Origin.RUN_AT_DENSITY]
    assert ladder[1].start.source == ladder[0].path


def test_a_run_of_another_density_is_brought_to_its_own():
    first, second = runs_of(on_isotherm("densities_gcc = [0.9, 1.0]"), BASE)
    told = second.job(Path()).start
    assert told.origin is Origin.RUN_AT_DENSITY
    assert told.density_g_per_cm3 == 1.0
    assert told.source == first.path


def test_at_held_pressures_a_rung_starts_from_its_neighbour_as_it_is():
    ladder = runs_of(on_isotherm("pressures_gpa = [150, 100, 200]", ensemble="npt"), BASE)
    assert [run.dynamics.pressure_gpa for run in ladder] == [100.0, 150.0, 200.0]
    assert {run.dynamics.temperature_k for run in ladder} == {1000.0}
    assert [run.start.origin for run in ladder] == [Origin.MOLECULAR, Origin.RUN, Origin.RUN]
    assert ladder[0].path == "runs/dft/N256/T1000/P100"


def test_one_state_has_one_seed_whatever_line_it_lies_on():
    isobar = next(run for run in runs_of(plan_of(STUDY), BASE) if run.state.temperature_k == 800.0)
    text = "pressures_gpa = [200.0]"
    isotherm = runs_of(on_isotherm(text, ensemble="npt"), BASE)[0]
    assert isotherm.dynamics.seed != isobar.dynamics.seed
    other = STUDY.replace("[900, 700, 800]", "[1000]")
    assert isotherm.dynamics.seed == runs_of(plan_of(other), BASE)[0].dynamics.seed


def test_decompression_goes_down_from_the_dense_end():
    plan = on_isotherm("pressures_gpa = [100, 150, 200]", ensemble="npt", tests="decompression = true")
    down = runs_of(plan, ControlledTest.DECOMPRESSION)
    assert [run.path for run in down] == [f"runs/dft/N256/T1000/P{p}-decompression1" for p in (150, 100)]
    assert down[0].start.source == "runs/dft/N256/T1000/P200"
    assert down[1].start.source == down[0].path
    own = on_isotherm(
        "pressures_gpa = [100, 150, 200]",
        ensemble="npt",
        tests="decompression = { pressures_gpa = [180, 120], steps = 500 }",
    )
    assert [run.dynamics.pressure_gpa for run in runs_of(own, ControlledTest.DECOMPRESSION)] == [180.0, 120.0]


def test_at_held_volumes_the_way_down_is_stretched_to_each_density():
    plan = on_isotherm("rs = [1.45, 1.4, 1.35]", tests="decompression = true\nramp = { steps = 500 }")
    down = runs_of(plan, ControlledTest.DECOMPRESSION)
    assert [run.state.rung for run in down] == ["rs1.4", "rs1.45"]
    assert all(run.start.origin is Origin.RUN_AT_DENSITY for run in down)
    assert len(runs_of(plan, ControlledTest.RAMP_UP)) == 3
    assert [run.state.rung for run in runs_of(plan, ControlledTest.RAMP_DOWN)] == ["rs1.4", "rs1.45"]


@pytest.mark.parametrize(
    ("points", "ensemble", "tests", "said"),
    [
        ("rs = [1.4]\npressures_gpa = [100]", "nvt", "", "on one isotherm"),
        ("", "nvt", "", "neither pressures nor densities"),
        ("rs = [1.4, 1.40]", "nvt", "", "a state twice on the line of states T1000"),
        ("rs = [1.4]", "npt", "", "of another kind"),
        ("rs = [1.4]", "nvt", "cooling = true", "no isobars or isochores to walk back"),
    ],
)
def test_isotherms_that_cannot_be_are_refused(points, ensemble, tests, said):
    with pytest.raises(InputError, match=said):
        on_isotherm(points, ensemble=ensemble, tests=tests)


def test_lines_of_every_kind_share_a_study():
    state = "[state]\npressures_gpa = [200.0]\ntemperatures_k = [900, 700, 800]\n"
    mixed = """
[[state.isochores]]
rs = 1.4
temperatures_k = [700, 800]
[[state.isotherms]]
temperature_k = 800
rs = [1.45, 1.4]
"""
    text = STUDY.replace(state, mixed).replace("[dynamics]", '[dynamics]\nensemble = "nvt"')
    lines = {run.state.line for run in plan_of(text).runs}
    assert lines == {"rs1.4", "T800"}
    with pytest.raises(InputError, match="hold no temperature"):
        plan_of(text.replace('"nvt"', '"nvt"\nladder = "compression"'))


QUANTUM = STUDY.replace("steps = 1000\n", 'steps = 1000\nbeads = 8\nisotope = "T"\n', 1).replace(
    'train = "reference"', 'path = "somewhere"'
)


def test_beads_and_isotope_are_of_the_protocol_and_each_has_a_test():
    plan = plan_of(f'{QUANTUM}\n[tests]\nbeads = 1\nisotope = "D"\n')
    base, classical, heavier = (runs_of(plan, test) for test in (BASE, ControlledTest.BEADS, ControlledTest.ISOTOPE))
    assert {(run.dynamics.beads, run.dynamics.isotope) for run in base} == {(8, "T")}
    assert {(run.dynamics.beads, run.dynamics.isotope) for run in classical} == {(1, "T")}
    assert {(run.dynamics.beads, run.dynamics.isotope) for run in heavier} == {(8, "D")}
    assert len(base) == len(classical) == len(heavier) == 3
    assert classical[1].start.source == classical[0].path


def test_a_study_of_classical_nuclei_says_nothing_of_beads():
    run = runs_of(plan_of(STUDY), BASE)[0]
    assert not {"beads", "isotope"} & run.dynamics.model_fields_set


@pytest.mark.parametrize(
    ("study", "cause"),
    [
        (STUDY.replace("steps = 1000\n", "steps = 1000\nbeads = 8\n", 1), "trains its surrogate"),
        (QUANTUM + "[tests]\nbeads = 8\n", "tests.beads"),
        (QUANTUM + '[tests]\nisotope = "T"\n', "tests.isotope"),
        (QUANTUM + "[tests]\nintegrator = true\n", "tests.integrator"),
        (QUANTUM + '[tests]\nensemble = { ensemble = "nve" }\n', "tests.ensemble"),
        (QUANTUM + "[bridge]\n", "bridge"),
        (
            QUANTUM.replace("pressures_gpa = [200.0]", "rs = [1.4]").replace(
                "beads = 8", 'beads = 8\nensemble = "nvt"'
            ),
            "isotope at held densities",
        ),
        (QUANTUM.replace("beads = 8", 'beads = 8\nensemble = "nve"'), "nve"),
        (
            QUANTUM.replace("pressures_gpa = [200.0]", "rs = [1.4]").replace(
                'beads = 8\nisotope = "T"', 'ensemble = "nve"'
            )
            + "[tests]\nbeads = 8\n",
            "a path integral samples a temperature",
        ),
        (QUANTUM.replace("beads = 8", "beads = 0"), "beads"),
    ],
)
def test_what_quantum_nuclei_do_not_go_with_is_refused(study, cause):
    with pytest.raises(InputError, match=cause):
        plan_of(study)
