"""By which address others reach the page. A loopback address is good on this computer alone, so nobody is to be sent there."""

import contextlib
import ipaddress
import socket
from urllib.parse import urlsplit

import gradio as gr
from gradio.context import LocalContext

EVERYWHERE = ("0.0.0.0", "::")
SOMEWHERE = ("192.0.2.1", 9)  # of an address block that is for documentation; nothing is sent there


def is_loopback(host: str) -> bool:
    """Whether a host name or address means the computer that asks, as 127.0.0.1 does."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def for_others(link: str, request: gr.Request) -> str:
    """The link as other devices can open it; "" where they cannot.

    Only who sits at this computer is told its address in the network, and only where the page listens there.
    """
    parts = urlsplit(link)
    if not is_loopback(parts.hostname or ""):
        return link
    proxied = "x-forwarded-for" in request.headers
    here = request.client is not None and is_loopback(request.client.host) and not proxied
    host = lan_address() if here and _listens_on() in EVERYWHERE else ""
    return parts._replace(netloc=f"{host}:{parts.port}" if parts.port else host).geturl() if host else ""


def lan_address() -> str:
    """This computer's address in its network; "" where it is in none. To connect a UDP socket sends nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(SOMEWHERE)
        host = str(probe.getsockname()[0])
        return "" if is_loopback(host) else host
    return ""


def _listens_on() -> str:
    """The address that the page was launched on; it may be that of all this computer's networks."""
    blocks = LocalContext.blocks.get(None)
    return str(getattr(blocks, "server_name", "") or "")
