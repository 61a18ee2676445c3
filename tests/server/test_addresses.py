"""Addresses to hand on: none is of this computer alone, and its address in the network is told to nobody elsewhere."""

from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from demo.server import addresses


def request(host: str = "127.0.0.1", **headers: str) -> gr.Request:
    return cast(gr.Request, SimpleNamespace(client=SimpleNamespace(host=host), headers=headers))


@pytest.mark.parametrize("host", ["localhost", "page.localhost", "127.0.0.1", "127.8.9.1", "::1", "0.0.0.0"])
def test_a_loopback_address_is_known(host: str) -> None:
    assert addresses.is_loopback(host)


@pytest.mark.parametrize("host", ["192.168.1.7", "example.org", "localhost.example.org", "fe80::1", ""])
def test_and_no_other_is_taken_for_one(host: str) -> None:
    assert not addresses.is_loopback(host)


@pytest.mark.parametrize(
    ("link", "listens_on", "caller", "expected"),
    [
        ("https://example.org/?k=3", "127.0.0.1", request(), "https://example.org/?k=3"),
        ("http://127.0.0.1:7860/#lesson-tab", "127.0.0.1", request(), ""),
        ("http://localhost:7860/?k=3#a", "0.0.0.0", request(), "http://10.1.2.3:7860/?k=3#a"),
        ("http://[::1]/", "0.0.0.0", request("::1"), "http://10.1.2.3/"),
        ("http://127.0.0.1:7860/", "0.0.0.0", request("203.0.113.9"), ""),
        ("http://127.0.0.1:7860/", "0.0.0.0", request(**{"x-forwarded-for": "203.0.113.9"}), ""),
    ],
)
def test_others_are_sent_where_they_get_to(
    link: str, listens_on: str, caller: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_listens_on", lambda: listens_on)
    monkeypatch.setattr(addresses, "lan_address", lambda: "10.1.2.3")
    assert addresses.for_others(link, caller) == expected


def test_a_computer_in_no_network_has_no_address_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not addresses.is_loopback(addresses.lan_address())
    monkeypatch.setattr(addresses, "SOMEWHERE", ("127.0.0.1", 9))  # the way there is the loopback
    assert addresses.lan_address() == ""
