"""The pixels of any Pillow image as upright 8-bit sRGB, a strip at a time, so that little more than the image is in memory."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image, ImageCms

KEPT = 3_000_000  # pixels, at least, that a larger photo is left with: far more than an annotator looks at
_STRIP = 1_000_000  # pixels that are converted at a time
# By EXIF's orientation: how what is stored has to be turned to be upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIZES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}  # EXIF's whole types: phones take one for the other


def reduction(size: tuple[int, int]) -> int:
    """By how much a photo of `size` is made smaller as it is read: 1, 2, 4 or 8; KEPT pixels or more are left."""
    return next((factor for factor in (8, 4, 2) if size[0] * size[1] >= KEPT * factor**2), 1)


def orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where there is none, or no sense in it. Nothing else of the EXIF is read.

    1 for a TIFF too, which Pillow turns as it loads it.
    """
    exif = image.info.get("exif")
    return orientation_in(exif) if isinstance(exif, bytes) and image.format != "TIFF" else 1


def orientation_in(exif: bytes) -> int:
    """The orientation in an EXIF block, with or without "Exif" before it (EXIF 2.3, §4.6.4, tag 0x0112)."""
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for place in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, count = struct.unpack_from(f"{order}HHI", tiff, place)
            if tag == 0x0112 and kind in _SIZES and count:
                (value,) = struct.unpack_from(order + _SIZES[kind], tiff, place + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:  # it points to where nothing is
        pass
    return 1


def upright_rgb(image: Image.Image, turn: int | None = None) -> Image.Image:
    """The image as 8-bit sRGB: colour profile applied, transparency laid over white, 16-bit and float scaled down, upright.

    turn: EXIF's orientation, 1 to 8, if it is known already. An image of 12 million pixels or more is made smaller by 2, 4
    or 8. The image given stays as it is, and may be what is returned.
    """
    image.load()
    turn = orientation(image) if turn is None else turn
    factor, colours = reduction(image.size), _Colours(image)
    if image.mode != "RGB" or factor > 1 or colours.transform or "transparency" in image.info:
        width, height = image.size
        made = Image.new("RGB", (-(-width // factor), -(-height // factor)))
        rows = max(1, _STRIP // (width * factor)) * factor
        for top in range(0, height, rows):
            strip = colours.rgb(image.crop((0, top, width, min(top + rows, height))))
            made.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
        image = made
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


class _Colours:
    """How the pixels of one image become sRGB: the same for each of its strips."""

    def __init__(self, image: Image.Image) -> None:
        self.top = _top(image)
        self.transform, self.mode = _to_srgb(image)

    def rgb(self, strip: Image.Image) -> Image.Image:
        if self.top:
            values = np.nan_to_num(np.asarray(strip, dtype=np.float32), posinf=self.top, neginf=0)
            # Pillow's own conversion clips these to 0–255, which turns a 16-bit photo white.
            strip = Image.fromarray(np.rint(np.clip(values / self.top, 0, 1) * 255).astype(np.uint8))
        if strip.mode == "La":
            strip = strip.convert("LA")
        alpha = strip.mode != "LAB" and {"A", "a"} & set(strip.getbands())
        if alpha or "transparency" in strip.info:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB")
        if self.transform:
            strip = ImageCms.applyTransform(strip.convert(self.mode), self.transform) or strip
        return strip.convert("RGB")


def _top(image: Image.Image) -> float:
    """The value that is white, for images of more than 8 bits; 0 for the others."""
    if image.mode.startswith("I;16"):
        return 65535.0
    if image.mode not in ("I", "F"):
        return 0.0
    width, height = image.size
    rows = max(1, _STRIP // width)
    strips = (np.asarray(image.crop((0, top, width, min(top + rows, height)))) for top in range(0, height, rows))
    most = max(float(np.max(strip, initial=0, where=np.isfinite(strip))) for strip in strips)
    return 1.0 if image.mode == "F" and most <= 1 else 255.0 if most <= 255 else 65535.0


def _to_srgb(image: Image.Image) -> tuple[Any, str]:
    """The transform from the image's colours to sRGB and the mode that it takes; None where it is in sRGB, or says nothing.

    A profile that cannot be read, or is for another kind of image, is left out, as browsers do.
    """
    srgb = ImageCms.createProfile("sRGB")
    if image.mode == "LAB":
        return ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb, "LAB", "RGB"), "LAB"
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data:
        return None, ""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        space = profile.profile.xcolor_space.strip()
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space, "")
        grey = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
        fits = {"RGB": not grey and image.mode != "CMYK", "L": grey, "CMYK": image.mode == "CMYK"}.get(mode, False)
        if not fits or "srgb" in ImageCms.getProfileDescription(profile).lower():
            return None, ""
        return ImageCms.buildTransform(profile, srgb, mode, "RGB"), mode
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None, ""
