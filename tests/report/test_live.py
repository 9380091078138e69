"""A campaign in a browser: as it stands, read-only, to nobody who was not asked."""

import http.client
import io
import json
import socket
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from llpt.errors import InputError, StorageError
from llpt.report import live
from llpt.report.live import LiveServer, LiveStudy, serve
from llpt.study import Ledger, State, running_means
from llpt.study.outcome import RunConditions


@pytest.fixture(scope="module")
def root(page):
    path, _ = page
    return path.parents[1]


def opened(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def server(root):
    with opened(serve(root, report=False)) as server:
        yield server
        server.shutdown()


def ask(url, method="GET", **headers):
    place = urlsplit(url)
    with closing(http.client.HTTPConnection(place.hostname, place.port, timeout=60)) as connection:
        connection.request(method, f"{place.path}?{place.query}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def get(url, **headers):
    status, *rest = ask(url, **headers)
    assert status == 200
    return status, *rest


def refused(url, method="GET", **headers):
    return ask(url, method, **headers)[0]


def test_the_standing_is_that_of_the_ledger_failures_first(server, root):
    found = json.loads(get(f"{server.url}standing.json")[2])
    with Ledger(root / "study.db") as ledger:
        entries = ledger.entries()
    assert sum(found["counts"].values()) == len(entries)
    assert found["counts"]["failed"] == 1
    assert found["runs"][0]["state"] == "failed"
    assert found["runs"][0]["reason"]
    assert found["at_work"] is False
    assert 0.0 < found["picoseconds_done"] <= found["picoseconds"]


def test_page_and_report_are_served_and_nothing_else(server, root):
    status, headers, text = get(server.url)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"standing.json" in text
    assert get(f"{server.url}report/index.html")[2] == (root / "report" / "index.html").read_bytes()
    assert get(f"{server.url}report/figures/isobars.csv")[0] == 200
    for path in ("study.toml", "study.db", "report/../study.db", "report/%2e%2e/study.toml", "report//etc/passwd"):
        assert refused(server.url + path) == 404
    (root / "report" / "leak.toml").write_text("secret")
    assert refused(f"{server.url}report/leak.toml") == 404
    (root / "report" / "out.html").symlink_to(root / "study.toml")
    assert refused(f"{server.url}report/out.html") == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(server, method):
    assert refused(server.url, method=method) == 501


def test_a_page_elsewhere_that_points_its_name_here_gets_nothing(server):
    assert refused(f"{server.url}standing.json", Host="evil.example") == 403


def test_off_loopback_a_token_is_asked_for_and_kept(root):
    with opened(LiveServer(LiveStudy(root, report=False), "0.0.0.0")) as server:  # noqa: S104 - what is tested
        bare = f"http://127.0.0.1:{server.server_address[1]}/"
        assert refused(bare) == 403
        assert refused(f"{bare}?token=guess") == 403
        _, headers, _ = get(f"{bare}?token={server.token}")
        cookie = headers["Set-Cookie"].partition(";")[0]
        assert get(f"{bare}standing.json", Cookie=cookie)[0] == 200
        assert "HttpOnly" in headers["Set-Cookie"]
        server.shutdown()


def test_a_run_at_work_shows_means_over_what_it_has_written(root, monkeypatch):
    study = LiveStudy(root, report=False)
    standing = live.study_standing(root)
    run = next(each for each in standing.runs if each.entry.state is State.DONE and each.steps)
    at_work = run._replace(entry=run.entry._replace(state=State.RUNNING))
    asked = []

    def means(directory, **given):
        asked.append((directory, given))
        return RunConditions(temperature_k=801.0, temperature_error_k=4.0, density_g_per_cm3=1.01)

    monkeypatch.setattr(running_means, "conditions_of", means)
    shown = study._live(at_work)
    assert (shown.temperature_k, shown.temperature_error_k, shown.density_g_per_cm3) == (801.0, 4.0, 1.01)
    study._live(at_work)
    assert len(asked) == 1  # not read anew for every request
    assert asked[0][1]["discard"] == 1000


class Reporting:
    """Stands for the process that makes a report."""

    def __init__(self, command, **_):
        self.command, self.code, self.ended = command, None, False
        self.stderr = io.BytesIO(b"Error: the disk\n  is full.\n")
        STARTED.append(self)

    def poll(self):
        return self.code

    def terminate(self):
        self.ended = True

    def wait(self):
        pass


STARTED = []


def test_the_report_is_made_anew_as_runs_are_done_by_one_process_at_a_time(root, monkeypatch):
    STARTED.clear()
    monkeypatch.setattr(live.subprocess, "Popen", Reporting)
    monkeypatch.setattr(live, "LEAST_S_BETWEEN_REPORTS", -1.0)
    study = LiveStudy(root)
    study._keep_report(0)
    assert STARTED == []  # nothing to report of
    study._keep_report(1)
    study._keep_report(2)
    assert len(STARTED) == 1  # the first is still at work
    assert STARTED[0].command[-2:] == ["report", str(root)]
    STARTED[0].code = 0
    study._keep_report(1)
    assert len(STARTED) == 1  # of the same runs as before
    study._keep_report(2)
    assert len(STARTED) == 2
    monkeypatch.setattr(live, "LEAST_S_BETWEEN_REPORTS", 1e9)
    STARTED[1].code = 0
    study._keep_report(3)
    assert len(STARTED) == 2  # too soon after the last
    study.close()
    assert STARTED[1].ended


def test_a_report_that_fails_is_told(root, monkeypatch):
    STARTED.clear()
    monkeypatch.setattr(live.subprocess, "Popen", Reporting)
    monkeypatch.setattr(live, "LEAST_S_BETWEEN_REPORTS", -1.0)
    study = LiveStudy(root)
    assert json.loads(study.standing())["report_failed"] == ""  # at work
    STARTED[0].code = 1
    assert json.loads(study.standing())["report_failed"] == "Error: the disk is full."
    STARTED[0].code = 0
    assert json.loads(study.standing())["report_failed"] == ""


def test_an_address_that_means_all_is_told_by_the_name_of_the_machine(root, monkeypatch):
    monkeypatch.setattr(live.socket, "gethostname", lambda: "node7")
    with LiveServer(LiveStudy(root, report=False), "0.0.0.0") as server:  # noqa: S104 - what is tested
        port = server.server_address[1]
        assert server.url == f"http://node7:{port}/?token={server.token}"


def test_loopback_of_the_sixth_version_is_listened_at(root):
    with socket.socket(socket.AF_INET6) as trial:
        try:
            trial.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
    with opened(serve(root, host="::1", report=False)) as server:
        assert server.url == f"http://[::1]:{server.server_address[1]}/"
        assert get(f"{server.url}standing.json")[0] == 200
        server.shutdown()


def test_no_study_and_a_taken_port_are_said(tmp_path, root, server):
    with pytest.raises(InputError, match="holds no study"):
        serve(tmp_path)
    with pytest.raises(StorageError, match="cannot be listened at"):
        serve(root, port=server.server_address[1])
