"""Preparation: any Pillow image, upright and whole, on 256 levels, and unchanged by a PNG and a second preparation."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import repeatable
from PIL import Image, ImageOps
from torch import Tensor

import tkml_core as tk


def noise(width: int, height: int, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Smooth colours with some noise in them: a photo as far as resizing is concerned."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    pixels = np.asarray(coarse).astype(int) + rng.integers(-20, 20, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert(mode)


def png(image: Image.Image, **more: object) -> Image.Image:
    """The image as a PNG file has it."""
    file = io.BytesIO()
    image.save(file, "PNG", **more)
    file.seek(0)
    return Image.open(file)


def levels(x: Tensor) -> np.ndarray:
    """(H,W,3) levels of a prepared image, after a check that it is on them exactly."""
    assert x.dtype == torch.float32 and x.shape[:2] == (1, 3)
    whole = (x.double() * 255).round()
    assert torch.equal((whole / 255).float(), x) and whole.min() >= 0 and whole.max() <= 255
    return whole[0].permute(1, 2, 0).numpy().astype(np.uint8)


def check_round_trip(x: Tensor) -> None:
    assert torch.equal(tk.prepare(png(tk.to_pil(x))), x)
    assert torch.equal(tk.quantize(x), x)


sides = st.one_of(st.integers(32, 900), st.sampled_from([32, 33, 223, 224, 225, 447, 448, 449, 895, 896, 897]))


@repeatable(25)
@given(sides, sides, st.booleans())
def test_size_rule_and_round_trip(width: int, height: int, square: bool) -> None:
    """Scaled by min(224/short, 448/long), both sides alike; what comes out, saved and prepared again, stays."""
    image = noise(width, height)
    if square:
        width = height = min(width, height)
    scale = min(224 / min(width, height), 448 / max(width, height))
    wide, high = width * scale, height * scale
    if min(wide, high) < 31.5:
        with pytest.raises(ValueError, match=f"{width} × {height}.*32"):
            tk.prepare(image, square)
        return
    x = tk.prepare(image, square)
    assert abs(x.shape[3] - wide) <= 0.5 + 1e-9 and abs(x.shape[2] - high) <= 0.5 + 1e-9
    assert min(x.shape[2:]) == 224 or max(x.shape[2:]) == 448
    levels(x)
    check_round_trip(x)
    if square:
        assert x.shape[2:] == (224, 224) and torch.equal(tk.prepare(tk.to_pil(x), square=True), x)


@pytest.mark.parametrize(("width", "height"), [(6272, 448), (448, 6272), (32, 448), (447, 32), (640, 46), (3000, 215)])
def test_extreme_strips(width: int, height: int) -> None:
    x = tk.prepare(noise(width, height))
    assert max(x.shape[2:]) == 448 and min(x.shape[2:]) >= 32
    check_round_trip(x)


@pytest.mark.parametrize(
    ("width", "height"), [(31, 500), (500, 31), (1, 1), (20, 20), (3000, 200), (200, 3000), (10000, 33)]
)
def test_too_small_or_too_much_of_a_strip(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"{width} × {height}.*at least 32"):
        tk.prepare(Image.new("RGB", (width, height)))


def test_a_strip_may_be_cut_square() -> None:
    assert tk.prepare(noise(2000, 100), square=True).shape == (1, 3, 224, 224)
    with pytest.raises(ValueError, match="31 × 31"):
        tk.prepare(noise(2000, 31), square=True)


def test_nothing_is_cropped_and_square_keeps_the_centre() -> None:
    """Four colours in the corners, a fifth in the middle: they all stay, or only the middle."""
    pixels = np.full((300, 900, 3), 128, np.uint8)
    pixels[:60, :60], pixels[:60, -60:], pixels[-60:, :60], pixels[-60:, -60:] = (
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        255,
    )
    pixels[:, 440:460] = 0
    whole = levels(tk.prepare(Image.fromarray(pixels)))
    assert whole.shape == (149, 448, 3)
    for (row, column), colour in {(5, 5): (255, 0, 0), (5, -5): (0, 255, 0), (-5, 5): (0, 0, 255)}.items():
        assert whole[row, column].tolist() == list(colour)
    assert whole[-5, -5].tolist() == [255, 255, 255] and whole[70, 224].tolist() == [0, 0, 0]
    middle = levels(tk.prepare(Image.fromarray(pixels), square=True))
    assert middle.shape == (224, 224, 3) and middle[100, 112].tolist() == [0, 0, 0]
    assert (middle[:, :100] == 128).all() and (middle[:, -100:] == 128).all()


def test_shrinking_is_antialiased() -> None:
    stripes = np.zeros((896, 896, 3), np.uint8)
    stripes[:, ::2] = 255
    assert abs(levels(tk.prepare(Image.fromarray(stripes)))[10:-10, 10:-10].astype(int) - 127).max() <= 3


# ---- modes ----------------------------------------------------------------------------------------------------------

SIZE = (224, 224)  # prepared as it is, so that colours can be compared pixel by pixel


def colour(image: Image.Image) -> list[int]:
    """The one colour of a plain image, prepared."""
    pixels = levels(tk.prepare(image))
    assert (pixels == pixels[0, 0]).all()
    return pixels[0, 0].tolist()


def palette(transparent: int | None = None) -> Image.Image:
    image = Image.new("P", SIZE, 1)
    image.putpalette([0, 0, 0, 200, 100, 50, 9, 9, 9])
    if transparent is not None:
        image.info["transparency"] = transparent
    return image


def grey16(value: int, mode: str = "I;16") -> Image.Image:
    return Image.frombytes(mode, SIZE, np.full(SIZE, value, ">u2" if mode.endswith("B") else "<u2").tobytes())


def half_clear_palette() -> Image.Image:
    """Black, of which half is seen; made without a conversion, which Pillow 11.0 would lose the alpha in."""
    image = Image.new("PA", SIZE, (0, 128))
    image.putpalette([0, 0, 0])
    return image


PLAIN: dict[str, tuple[Callable[[], Image.Image], list[int]]] = {
    "1 white": (lambda: Image.new("1", SIZE, 1), [255, 255, 255]),
    "1 black": (lambda: Image.new("1", SIZE, 0), [0, 0, 0]),
    "L": (lambda: Image.new("L", SIZE, 77), [77, 77, 77]),
    "LA opaque": (lambda: Image.new("LA", SIZE, (77, 255)), [77, 77, 77]),
    "LA clear": (lambda: Image.new("LA", SIZE, (77, 0)), [255, 255, 255]),
    "LA half": (lambda: Image.new("LA", SIZE, (0, 128)), [127, 127, 127]),
    "La half": (lambda: Image.new("LA", SIZE, (0, 128)).convert("La"), [127, 127, 127]),
    "P": (palette, [200, 100, 50]),
    "P, this colour clear": (lambda: palette(1), [255, 255, 255]),
    "P, another colour clear": (lambda: palette(0), [200, 100, 50]),
    "PA half": (half_clear_palette, [127, 127, 127]),
    "RGB": (lambda: Image.new("RGB", SIZE, (1, 2, 3)), [1, 2, 3]),
    "RGBX": (lambda: Image.new("RGB", SIZE, (1, 2, 3)).convert("RGBX"), [1, 2, 3]),
    "RGBA opaque": (lambda: Image.new("RGBA", SIZE, (1, 2, 3, 255)), [1, 2, 3]),
    "RGBA clear": (lambda: Image.new("RGBA", SIZE, (1, 2, 3, 0)), [255, 255, 255]),
    "RGBA half": (lambda: Image.new("RGBA", SIZE, (0, 255, 0, 128)), [127, 255, 127]),
    "RGBa half": (lambda: Image.new("RGBA", SIZE, (0, 255, 0, 128)).convert("RGBa"), [127, 255, 127]),
    "CMYK": (lambda: Image.new("CMYK", SIZE, (0, 255, 255, 0)), [255, 0, 0]),
    "YCbCr": (lambda: Image.new("YCbCr", SIZE, (120, 128, 128)), [120, 120, 120]),
    "HSV": (lambda: Image.new("HSV", SIZE, (0, 255, 200)), [200, 0, 0]),
    "I;16 white": (lambda: grey16(65535), [255, 255, 255]),
    "I;16 middle": (lambda: grey16(0x8080), [128, 128, 128]),
    "I;16 dark": (lambda: grey16(514), [2, 2, 2]),
    "I;16B middle": (lambda: grey16(0x8080, "I;16B"), [128, 128, 128]),
    "I of 16 bits": (lambda: Image.fromarray(np.full(SIZE, 0x4040, np.int32)), [64, 64, 64]),
    "I of 8 bits": (lambda: Image.fromarray(np.full(SIZE, 90, np.int32)), [90, 90, 90]),
    "F in [0,1]": (lambda: Image.fromarray(np.full(SIZE, 0.4, np.float32)), [102, 102, 102]),
    "F in 0–255": (lambda: Image.fromarray(np.full(SIZE, 102.0, np.float32)), [102, 102, 102]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_modes(name: str) -> None:
    make, expected = PLAIN[name]
    got = colour(make())
    assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) <= 1
    check_round_trip(tk.prepare(make()))


def lab(lightness: int, a: int, b: int) -> Image.Image:
    """As files store it: L 0–255 for 0–100, a and b as signed bytes."""
    return Image.frombytes("LAB", SIZE, bytes([lightness, a % 256, b % 256]) * (SIZE[0] * SIZE[1]))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ((137, 0, 0), (128, 128, 128)),
        ((136, 80, 67), (255, 0, 0)),
        ((224, -79, 81), (0, 255, 0)),
        ((255, 0, 0), (255,) * 3),
    ],
)
def test_lab_becomes_srgb(given_: tuple[int, int, int], expected: tuple[int, int, int]) -> None:
    assert (
        max(abs(g - e) for g, e in zip(colour(lab(*given_)), expected, strict=True)) <= 16
    )  # whole levels of Lab are coarse
    check_round_trip(tk.prepare(lab(*given_)))


MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV", "I", "F"]


@repeatable(15)
@given(st.sampled_from(MODES), st.integers(40, 300), st.integers(40, 300), st.integers(0, 99))
def test_every_mode_round_trips_at_any_size(mode: str, width: int, height: int, seed: int) -> None:
    base = noise(width, height, seed=seed)
    image = base.convert("RGBA").convert("RGBa") if mode == "RGBa" else base.convert("LA" if mode == "PA" else mode)
    x = tk.prepare(image.convert("PA") if mode == "PA" else image)
    assert min(x.shape[2:]) >= 32
    levels(x)
    check_round_trip(x)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_files_of_every_mode(mode: str) -> None:
    """Decoded files carry info (gamma, transparency, …) that images made in memory do not."""
    grey = noise(260, 240, "L")
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else noise(260, 240, mode)
    x = tk.prepare(png(image))
    check_round_trip(x)
    assert torch.equal(x, tk.prepare(image))
    if mode == "I;16":
        assert torch.equal(x, tk.prepare(grey))


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_a_colour_that_a_png_declares_transparent_is_white(mode: str) -> None:
    black = {"L": 0, "RGB": (0, 0, 0), "P": 0, "1": 0}[mode]
    image = Image.new("RGB", SIZE, (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 112, 224))
    image = image.convert(mode, palette=Image.Palette.ADAPTIVE, colors=2) if mode == "P" else image.convert(mode)
    if mode == "P":
        black = image.getpixel((0, 0))
    assert colour(png(image, transparency=black)) == [255, 255, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(orientation: int) -> None:
    upright = noise(300, 240, seed=4)
    # The transposition that a camera's file undergoes on the way from what is stored to what is seen, undone here.
    undo = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    stored = upright if undo is None else upright.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    x = tk.prepare(png(stored, exif=exif))
    assert torch.equal(x, tk.prepare(upright))
    check_round_trip(x)


def test_the_image_given_is_left_as_it_was() -> None:
    image = noise(300, 200, "RGBA")
    before = image.tobytes()
    tk.prepare(image)
    assert image.mode == "RGBA" and image.size == (300, 200) and image.tobytes() == before


# ---- levels ---------------------------------------------------------------------------------------------------------


def test_quantize_rounds_to_the_nearest_of_256_levels() -> None:
    x = torch.rand(2, 3, 50, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    q = tk.quantize(x)
    assert bool(((q * 255 - (q * 255).round()).abs() < 1e-9).all())
    assert bool(((q - x).abs() <= 0.5 / 255 + 1e-12).all())
    assert torch.equal(tk.quantize(q), q)
    every = torch.arange(256) / 255
    assert torch.equal(tk.quantize(every), every)
    assert tk.quantize(torch.tensor([-0.2, 1.3])).tolist() == [0.0, 1.0]


def test_to_pil_is_exact_on_every_level() -> None:
    x = (torch.arange(3 * 256).reshape(3, 16, 16) % 256) / 255
    for given_ in (x, x[None], x.requires_grad_()):
        image = tk.to_pil(given_)
        assert image.mode == "RGB" and image.size == (16, 16)
        assert np.array_equal(np.asarray(image).transpose(2, 0, 1), (np.arange(3 * 256) % 256).reshape(3, 16, 16))


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (1, 8, 8), (8, 8), (2, 1, 8, 8), (8, 8, 3)])
def test_to_pil_takes_one_rgb_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=str(shape).replace("(", r"\(").replace(")", r"\)")):
        tk.to_pil(torch.zeros(shape))


def test_a_photo_that_is_prepared_looks_like_itself() -> None:
    """Same colours in the same places, against Pillow's own antialiased thumbnail."""
    image = noise(1000, 700, seed=8)
    small = np.asarray(ImageOps.contain(image, (320, 224), Image.Resampling.BOX)).astype(int)
    got = levels(tk.prepare(image)).astype(int)
    assert got.shape == small.shape == (224, 320, 3) and abs(got - small).mean() < 3
