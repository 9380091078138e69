"""The survey names every engine, tries those that are here and says what the others need."""

from llpt.engines import engine_records, survey


def test_survey(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # no outside program: the built-in engines must do
    facts = {fact.name: fact for fact in survey()}
    assert {"threads", "gpu", "mpi"} < set(facts)
    assert set(engine_records()) < set(facts)
    assert facts["dft"].available
    assert "four atoms" in facts["dft"].detail
    assert int(facts["threads"].version) >= 1
    assert not facts["quantum-espresso"].available
    assert "apt-get install quantum-espresso" in facts["quantum-espresso"].detail
    assert all(fact.detail for fact in facts.values())
