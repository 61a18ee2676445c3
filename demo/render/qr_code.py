"""A link as a QR code."""

from markupsafe import Markup


def qr_svg(link: str) -> Markup:
    """Black on white with its quiet zone, in dark mode too: what cameras expect. It has no size of its own."""
    import segno  # late: only who presents needs it

    code = segno.make(link, micro=False)
    return Markup(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))
