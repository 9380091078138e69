"""What a study asks less for than the program's defaults is told beside the verdict."""

from llpt.audit.thresholds import JUDGED, Thresholds
from llpt.report.loosened import loosened


def test_defaults_and_what_is_stricter_are_not_told():
    assert loosened(Thresholds()) == ()
    assert loosened(Thresholds(transition_temperature_k=10.0, minimum_atoms=1024, confidence=0.99)) == ()


def test_every_lowered_demand_is_told_with_the_default():
    found = loosened(
        Thresholds(minimum_production_ps=0.2, transition_temperature_k=80.0, confidence=0.9, judge=JUDGED[1:])
    )
    assert found == (
        "The study lets 0.2 ps of production decide; the default is 1 ps.",
        "The study is content with a confidence of 90 %; the default is 95 %.",
        f"The study does not judge what is judged by default: {JUDGED[0]}.",
    )
    (wider,) = loosened(Thresholds(transition_temperature_k=80.0))
    assert wider == "The study lets a shift of the transition temperature of 80 K pass; the default is 50."
    assert loosened(Thresholds(enthalpy_ev_per_atom=1.0)) == ()  # shown, not judged
