"""The sample photos as buttons; before them those that the visitor uploaded."""

from collections.abc import Sequence

from markupsafe import Markup
from PIL import Image, ImageOps

from demo.photos.samples import Sample, samples
from demo.render.pictures import data_uri
from demo.render.templates import fill

_TEMPLATE = "components/sample_gallery.html"


def _button(name: str, title: str, photo: Image.Image) -> tuple[str, str, str]:
    small = ImageOps.fit(photo.convert("RGB"), (144, 108))
    return name, title, data_uri(small, lossless=False)


def sample_html(name: str, title: str, photo: Image.Image) -> str:
    """A button for a photo to start from."""
    return fill(_TEMPLATE, group=False, buttons=[_button(name, title, photo)], credits="")


def samples_html() -> str:
    """A button for every sample photo."""
    buttons = [_button(item.name, item.title, item.open()) for item in samples()]
    credits = [Markup("{}: {}").format(item.title, item.credit) for item in samples() if item.credit]
    return fill(_TEMPLATE, group=True, buttons=buttons, credits=Markup(" · ").join(credits))


def newer_samples(shown: Sequence[Sample]) -> str | None:
    """The gallery as it is now, where samples have come since those in `shown`; None where it is the same."""
    return samples_html() if samples() != tuple(shown) else None
