"""The sample photos as buttons; one more brings back the photo that the visitor uploaded."""

from collections.abc import Sequence
from html import escape

from PIL import Image, ImageOps

from demo.photos.samples import Sample, samples
from demo.render.pictures import data_uri


def sample_html(name: str, title: str, photo: Image.Image) -> str:
    """A button for a photo to start from."""
    small, title = ImageOps.fit(photo.convert("RGB"), (144, 108)), escape(title, quote=True)
    return (
        f'<button type="button" class="sample" data-sample="{name}" title="{title}">'
        f'<img src="{data_uri(small, lossless=False)}" width="72" height="54" alt="{title}"></button>'
    )


def samples_html() -> str:
    """A button for every sample photo."""
    buttons = [sample_html(item.name, item.title, item.open()) for item in samples()]
    credits = " · ".join(f"{escape(item.title)}: {item.credit}" for item in samples() if item.credit)
    below = f'<p class="credits">{credits}</p>' if credits else ""
    return f'<div class="samples" role="group" aria-label="Sample photos">{"".join(buttons)}</div>{below}'


def newer_samples(shown: Sequence[Sample]) -> str | None:
    """The gallery as it is now, where samples have come since those in `shown`; None where it is the same."""
    return samples_html() if samples() != tuple(shown) else None
