"""Behaviour: where an endpoint is given the address of a photo, Gradio (6.31) reads whatever is there into memory, however much
and for however long.

Here it is at most as large as an upload, and has to come soon. That the address is a public one is checked as Gradio does.
"""

from functools import partial

import anyio
import httpx
import safehttpx
from gradio import processing_utils

SECONDS = 20.0
MOST_REDIRECTS = 5


async def public(host: str) -> httpx.AsyncBaseTransport:
    """The way to a public host, and to no other."""
    return safehttpx.AsyncSecureTransport(await safehttpx.async_validate_url(host))


async def fetched(url: str, most_bytes: int) -> httpx.Response:
    """What is at a public address. An exception, which becomes a refusal, where it cannot be had."""
    with anyio.fail_after(SECONDS):
        for _ in range(MOST_REDIRECTS + 1):
            host = httpx.URL(url).host
            transport = await public(host)
            async with (
                httpx.AsyncClient(transport=transport, headers={"Accept-Encoding": "identity"}) as client,
                client.stream("GET", url) as answer,
            ):
                if answer.has_redirect_location:
                    url = str(answer.url.copy_with(host=host).join(answer.headers["Location"]))
                    continue
                content = bytearray()
                async for piece in answer.aiter_raw():
                    content += piece
                    if len(content) > most_bytes:
                        raise ValueError(f"There are more than {most_bytes} bytes at this address.")
                return httpx.Response(answer.status_code, content=bytes(content))
    raise ValueError("This address leads from one to the next.")


def install(most_bytes: int) -> None:
    """For all addresses from now on."""
    processing_utils.async_ssrf_protected_get = partial(fetched, most_bytes=most_bytes)
