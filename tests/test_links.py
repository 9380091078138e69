"""Addresses outside: their form, and the program that asks them. No test needs a network."""

import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def links():
    spec = spec_from_file_location("links", ROOT / "docs" / "links.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Answering(BaseHTTPRequestHandler):
    """Answers with the number that the path ends in; the place that 302 leads to is not there."""

    def do_GET(self):
        code = int(self.path.rpartition("/")[2])
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/404")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), Answering) as started:
        thread = threading.Thread(target=started.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{started.server_address[1]}/"
        started.shutdown()
        thread.join()


def test_external_links_are_well_formed(links):
    """Their form alone: what a network answers changes without a commit."""
    found = links.addresses()
    assert len(found) > 100
    for address, page in found.items():
        if not links.can_be_asked(address):
            continue
        if address.startswith(links.RESOLVER):
            assert re.fullmatch(r"https://doi\.org/10\.\d{4,9}/[^\s{}]*\w", address), (page, address)
        else:
            assert re.fullmatch(r"https://([a-z0-9-]+\.)+[a-z]{2,}(/[^\s]*)?", address), (page, address)


def test_papers_examples_and_docstrings_are_among_the_addresses(links):
    names = set(links.addresses().values())
    assert {"src/llpt/report/references.json", "docs/bibliography.md", "README.md"} & names
    assert any(name.endswith(".py") for name in names)
    assert [each for each in links.addresses() if not links.can_be_asked(each)]


def test_an_address_is_there_gone_or_refuses_programs(links, server, monkeypatch):
    answers = {code: str(links.ask(f"{server}{code}")) for code in (200, 302, 404, 410, 403, 500)}
    gone, refused = "not there", "does not answer programs"
    assert answers == {200: "there", 302: gone, 404: gone, 410: gone, 403: refused, 500: refused}
    monkeypatch.setattr(links, "RESOLVER", server)
    assert links.ask(f"{server}302") == "there"  # where doi.org leads on, it knows the name
    assert links.ask(f"{server}404") == gone


def test_the_program_names_what_is_gone_and_where_it_stands(links, server, monkeypatch, capsys):
    monkeypatch.setattr(links, "addresses", lambda: {f"{server}200": "README.md", f"{server}404": "docs/a.md"})
    monkeypatch.setattr(links, "has_network", lambda: True)
    assert links.main() == 1
    told = capsys.readouterr().out
    assert f"not there: {server}404 (docs/a.md)" in told
    assert "1 there, 1 not there, 0 does not answer programs" in told


def test_without_a_network_nothing_is_asked(links, monkeypatch, capsys):
    def unknown(*_):
        raise links.socket.gaierror("Name or service not known")

    monkeypatch.setattr(links.socket, "getaddrinfo", unknown)
    monkeypatch.setattr(links, "ask", lambda _: pytest.fail("asked"))
    assert links.main() == 2
    assert "no network" in capsys.readouterr().err
