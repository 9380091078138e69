"""What need not be asked of an imported run, and what its files leave untold."""

from llpt.campaign import Role
from llpt.study.importing import known_electronic_temperature_k, what_is_lost
from llpt.trajectory import Facts


def test_electrons_are_those_the_files_name_and_a_surrogate_without_any_has_cold_ones():
    said = Facts(electronic_temperature_k=900.0)
    assert known_electronic_temperature_k(Role.REFERENCE, said) == 900.0
    assert known_electronic_temperature_k(Role.SURROGATE, said) == 900.0
    assert known_electronic_temperature_k(Role.SURROGATE, Facts()) == 0.0
    assert known_electronic_temperature_k(Role.REFERENCE, Facts()) is None


def test_what_is_lost_is_said_in_words():
    assert what_is_lost("free_energy_ev") == [
        "enthalpy with the free energy F in the place of E",
        "electronic temperature times entropy",
        "free energy of the electrons",
        "free energy at some steps",
    ]
    assert what_is_lost("velocities")[0] == "velocity autocorrelation function"
    assert what_is_lost("forces") == ["training on these frames"]
    assert what_is_lost("conserved_ev") == []
