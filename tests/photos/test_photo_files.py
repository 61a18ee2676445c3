"""Photo files from strangers: read upright and in sRGB whatever else is odd about them, or refused in one sentence."""

import io
import random
import runpy
import struct
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, features
from PIL.PngImagePlugin import PngInfo

import tkml_core as tk
from demo.engine.annotators import annotate_photo, load_annotator, read_photo
from tkml_core import colour, photo_files
from tkml_core.colour import orientation_in

NAME = tk.available()[0]
RNG = random.Random(0)


def picture(width: int = 64, height: int = 48) -> Image.Image:
    """Red above, blue below: which way is up can be seen."""
    image = Image.new("RGB", (width, height), (250, 10, 10))
    image.paste((10, 10, 250), (0, height // 2, width, height))
    return image


def file_of(kind: str, image: Image.Image | None = None, **more: object) -> bytes:
    buffer = io.BytesIO()
    (image or picture()).save(buffer, kind, **more)
    return buffer.getvalue()


def entry(order: str, tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HHI", tag, kind, count) + value[:4].ljust(4, b"\0")


def junk_exif(rng: random.Random) -> bytes:
    """An EXIF block that says orientation 6 among tags of wrong types, lengths and places."""
    order = rng.choice("<>")
    kind = rng.choice([3, 3, 3, 4, 8, 9, 1])
    value = struct.pack(order + {3: "H", 4: "I", 8: "h", 9: "i", 1: "B"}[kind], 6)
    odd = [0x011A, 0x011B, 0x0128, 0x0131, 0x010F, 0x8769, 0x8825, 0x927C, 0xA005, 0x9000, 0x013B]
    entries = [
        entry(order, rng.choice(odd), rng.randrange(0, 14), rng.choice([0, 1, 3, 9999, 2**32 - 1]), rng.randbytes(4))
        for _ in range(rng.randrange(0, 6))
    ]
    entries.insert(rng.randrange(len(entries) + 1), entry(order, 0x0112, kind, 1, value))
    head = b"II*\0" if order == "<" else b"MM\0*"
    ifd = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + rng.choice([b"", b"\0" * 4, rng.randbytes(40)])
    return b"Exif\0\0" + head + struct.pack(f"{order}I", 8) + ifd


def with_exif(kind: str, exif: bytes) -> bytes:
    """A picture with this block, put in by hand where Pillow would look at it first."""
    if kind == "JPEG":
        plain = file_of("JPEG", quality=95, subsampling=0)
        return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]
    if kind == "PNG":
        plain, block = file_of("PNG"), exif.removeprefix(b"Exif\0\0")
        part = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
        end = (
            plain.index(b"IDAT") - 4 if RNG.random() < 0.5 else plain.index(b"IEND") - 4
        )  # before or behind the pixels
        return plain[:end] + part + plain[end:]
    return file_of(kind, exif=exif, quality=95)


def is_turned(image: Image.Image) -> bool:
    """Whether red is on the right, where orientation 6 puts the upper half."""
    (left, _, _), (right, _, _) = image.getpixel((4, 30)), image.getpixel((image.width - 5, 30))
    return image.size == (48, 64) and left < 80 and right > 180


def test_a_pillow_that_does_not_know_avif_is_not_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow 11.0 warns of what it does not know, and every start would."""
    monkeypatch.delitem(features.modules, "avif", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "AVIF" not in runpy.run_path(photo_files.__file__)["FORMATS"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_orientation_is_read_from_any_exif(kind: str, tmp_path: Path) -> None:
    if kind not in photo_files.FORMATS:
        pytest.skip("Pillow was built without AVIF")
    rng, path = random.Random(kind), tmp_path / "photo"
    for _ in range(20 if kind == "AVIF" else 60):
        exif = junk_exif(rng)
        assert orientation_in(exif) == 6
        if kind == "AVIF":  # Pillow's own writer puts the orientation where AVIF has it, so its EXIF must be sound
            exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry("<", 0x0112, 3, 1, b"\x06\0")
        path.write_bytes(with_exif(kind, exif))
        assert is_turned(tk.open_photo(path)), exif


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\0\0", b"no TIFF at all", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\x09"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_that_is_none_is_left_out(kind: str, exif: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(with_exif(kind, exif) if exif else file_of(kind))
    image = tk.open_photo(tmp_path / "photo")
    assert image.size == (64, 48) and image.getpixel((5, 5))[0] > 180


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_a_tiff_is_turned_once_and_as_a_jpeg(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.effect_noise((60, 40), 80).convert("RGB").resize((64, 48))
    (tmp_path / "photo").write_bytes(file_of(kind, image, exif=exif, **({"quality": 100} if kind == "JPEG" else {})))
    expected = image.transpose(colour._TURNS[orientation]) if orientation > 1 else image
    got = np.asarray(tk.open_photo(tmp_path / "photo"), dtype=int)
    assert got.shape == np.asarray(expected).shape
    assert np.abs(got - np.asarray(expected)).mean() < (1 if kind == "TIFF" else 3)


def test_a_tiff_of_odd_tags_is_read(tmp_path: Path) -> None:
    plain = file_of("TIFF", tiffinfo={0x0112: 6, 0x8769: 2**31 - 5})  # an EXIF folder far behind the file's end
    (tmp_path / "photo.tif").write_bytes(plain)
    assert is_turned(tk.open_photo(tmp_path / "photo.tif"))


@pytest.mark.parametrize("form", ["tEXt", "zTXt", "iTXt"])
def test_a_png_with_megabytes_of_text_is_sound(form: str, tmp_path: Path) -> None:
    text, info = "x" * 3_000_000, PngInfo()
    info.add_itxt("Comment", text, zip=True) if form == "iTXt" else info.add_text("Comment", text, zip=form == "zTXt")
    (tmp_path / "photo.png").write_bytes(file_of("PNG", pnginfo=info))
    assert tk.open_photo(tmp_path / "photo.png").tobytes() == picture().tobytes()


# ---- colour ----------------------------------------------------------------------------------------------------------


def profile(gamma: float, red: tuple[int, int, int], green: tuple[int, int, int], blue: tuple[int, int, int]) -> bytes:
    """A matrix profile (ICC.1:2004): columns in D50 XYZ as s15Fixed16, and a pure gamma."""

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {b"rXYZ": xyz(red), b"gXYZ": xyz(green), b"bXYZ": xyz(blue), b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    tags |= {b"rTRC": curve, b"gTRC": curve, b"bTRC": curve, b"desc": b"desc\0\0\0\0\0\0\0\x05Wide\0" + bytes(79)}
    place, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", place + len(body), len(data))
        body += data
    head = bytes(4) + b"\0\0\0\0\x02\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head = (head + struct.pack(">iii", 63190, 65536, 54061)).ljust(128, b"\0")
    return struct.pack(">I", len(head + table + body)) + head[4:] + table + body


PROPHOTO = profile(1.8, (0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))
P3 = profile(2.2, (0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))


@pytest.mark.parametrize(
    ("icc", "given", "expected"),
    [
        # By hand: P3's grey axis is sRGB's; its (0.5, 0.4, 0.4) through both matrices; ProPhoto's gamma of 1.8.
        (P3, (128, 128, 128), (128, 128, 128)),
        (P3, (255, 0, 0), (255, 0, 0)),  # outside of sRGB, cut off
        (PROPHOTO, (128, 128, 128), (146, 146, 146)),
    ],
    ids=["P3 grey", "P3 red", "ProPhoto grey"],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_colour_profile_is_converted(
    kind: str, icc: bytes, given: tuple[int, int, int], expected: tuple[int, int, int], tmp_path: Path
) -> None:
    more: dict[str, object] = {"quality": 100} if kind != "PNG" else {}
    (tmp_path / "photo").write_bytes(file_of(kind, Image.new("RGB", (64, 64), given), icc_profile=icc, **more))
    got = tk.open_photo(tmp_path / "photo").getpixel((9, 9))
    assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) <= 3


def test_a_wide_gamut_becomes_more_vivid_and_srgb_stays_to_the_level() -> None:
    image = Image.new("RGB", (64, 64), (200, 100, 60))
    image.info["icc_profile"] = PROPHOTO
    red, _, blue = colour.upright_rgb(image).getpixel((0, 0))
    assert red > 215 and red - blue > 160
    image.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert colour.upright_rgb(image).tobytes() == image.tobytes()


@pytest.mark.parametrize("icc", [b"x", bytes(200), PROPHOTO[:300], P3[:40] + RNG.randbytes(500)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "RGBA"])
def test_a_profile_that_is_none_changes_nothing(icc: bytes, mode: str) -> None:
    image = picture().convert(mode)
    plain = colour.upright_rgb(image)
    image.info["icc_profile"] = icc
    assert colour.upright_rgb(image).tobytes() == plain.tobytes()


# ---- size ------------------------------------------------------------------------------------------------------------


def test_large_photos_are_made_smaller_as_they_are_read(tmp_path: Path) -> None:
    """By a whole factor, whatever the format; the photo that an annotator gets of it is the same to a level or two."""
    image = Image.effect_noise((40, 30), 90).convert("RGB").resize((4200, 3000), Image.Resampling.BICUBIC)
    for kind, more in (("PNG", {"compress_level": 1}), ("JPEG", {"quality": 95, "subsampling": 0})):
        (tmp_path / kind).write_bytes(file_of(kind, image, **more))
        read = tk.open_photo(tmp_path / kind)
        assert read.size == (2100, 1500)
        small = np.asarray(image.resize((314, 224), Image.Resampling.BILINEAR), dtype=int)
        assert np.abs(tk.prepare(read)[0].permute(1, 2, 0).numpy() * 255 - small).max() <= 4
    assert [colour.reduction(size) for size in ((4000, 2999), (4000, 3000), (8000, 6000), (20000, 10000))] == [
        1,
        2,
        4,
        8,
    ]


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "P", "LA", "F"])
def test_strips_are_joined_without_a_seam(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.effect_noise((90, 70), 90)
    image = {
        "I;16": lambda: Image.fromarray(np.asarray(noise).astype(np.uint16) * 257),
        "F": lambda: Image.fromarray(np.asarray(noise).astype(np.float32) / 255),
        "RGBA": lambda: Image.merge("RGBA", [noise, noise, noise, noise]),
    }.get(mode, lambda: noise.convert(mode))()
    whole = colour.upright_rgb(image)
    monkeypatch.setattr(colour, "_STRIP", 90 * 7)
    assert colour.upright_rgb(image).tobytes() == whole.tobytes()
    monkeypatch.setattr(colour, "KEPT", 90 * 70 // 4)
    reduced = colour.upright_rgb(image)
    assert reduced.tobytes() == whole.reduce(2).tobytes()


PEAK = """
import re, sys
from pathlib import Path
import tkml_core as tk
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024
before = most()
for path in sys.argv[1:]:
    tk.prepare(tk.open_photo(path))
print(most() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory where Linux tells it")
def test_the_largest_photos_take_less_than_250_mb(tmp_path: Path) -> None:
    colour_of, large, exif = (90, 120, 200, 99), (8000, 6200), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGBA", large, colour_of).save(tmp_path / "large.png", compress_level=1)
    Image.new("RGB", large, colour_of[:3]).save(tmp_path / "large.jpg", exif=exif)
    Image.new("RGB", (4000, 3500), colour_of[:3]).save(tmp_path / "large.webp", method=0)
    command = [sys.executable, "-c", PEAK, *tmp_path.iterdir()]
    peak = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert 100 < float(peak.stdout) < 250


def test_too_many_pixels_are_told_with_the_format(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(file_of("WEBP", Image.new("RGB", (4000, 3600)), method=0))
    with pytest.raises(ValueError, match=r"4000 × 3600 pixels.*14 million.*WebP"):
        tk.open_photo(tmp_path / "photo")
    (tmp_path / "photo").write_bytes(file_of("JPEG", Image.new("L", (8000, 3100)), progressive=True))
    with pytest.raises(ValueError, match=r"24 million.*progressive JPEG"):
        tk.open_photo(tmp_path / "photo")


# ---- hostile files ---------------------------------------------------------------------------------------------------


def hostile() -> Iterator[tuple[str, bytes]]:
    """Sound files cut off, with some of their bytes changed, doubled, or under another name: about 500."""
    rng = random.Random(1)
    image = Image.effect_noise((40, 40), 90).convert("RGB")
    sound = {kind: file_of(kind, image) for kind in photo_files.FORMATS}
    sound["RLE"] = b"BM" + struct.pack("<IHHI", 5000, 0, 0, 1078)
    sound["RLE"] += (
        struct.pack("<IiiHHIIiiII", 40, 40, 40, 1, 8, 1, 4000, 0, 0, 256, 0) + bytes(1024) + b"\x28\x01" * 40
    )
    for kind, content in sound.items():
        for _ in range(15):
            yield f"{kind} cut", content[: rng.randrange(len(content))]
        for _ in range(35):
            spoilt = bytearray(content)
            for _ in range(rng.choice([1, 3, 20])):
                spoilt[min(int(rng.expovariate(1 / 60)), len(content) - 1)] = rng.randrange(256)
            yield f"{kind} spoilt", bytes(spoilt)
        for _ in range(8):
            at = rng.randrange(len(content))
            yield f"{kind} doubled", content[:at] + content[at // 2 :] + content
        yield f"{kind} noise", content[:16] + rng.randbytes(2000)
    for start in (
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0\n",
        b"\0" * 99,
        b"PK\3\4",
    ):
        yield "no picture", start + rng.randbytes(50)


def test_hostile_files_are_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    path, seen = tmp_path / "secret-place", {"read": 0, "refused": 0}
    for kind, content in hostile():
        path.write_bytes(content)
        try:
            image = tk.open_photo(path)
            assert image.mode == "RGB" and image.width * image.height <= 1e6, kind
            seen["read"] += 1
        except ValueError as error:
            seen["refused"] += 1
            assert str(error)[0].isupper() and str(error).endswith(".") and "secret" not in str(error), (kind, error)
    assert sum(seen.values()) > 300 and min(seen.values()) > 50, seen


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def of_many_parts(kind: str, count: int) -> bytes:
    """A sound picture with so many parts between its header and its pixels, or of its pixels."""
    if kind.startswith("TIFF"):
        order, big = kind[4:6], kind.endswith("big")
        order, size = {"II": "<", "MM": ">"}[order], "Q" if big else "I"
        tags = [(256, 4, 1, 1), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]
        arrays = (16 + 8 + 20 * 9 + 8) if big else (8 + 2 + 12 * 9 + 4)
        tags += [(273, 4, count, arrays), (278, 4, 1, 1), (279, 4, count, arrays + 4 * count)]

        def entry_of(tag: int, of: int, number: int, value: int) -> bytes:
            small = (
                struct.pack(f"{order}H", value)
                if of == 3
                else struct.pack(order + (size if number > 1 else "I"), value)
            )
            return struct.pack(f"{order}HH{size}", tag, of, number) + small.ljust(struct.calcsize(size), b"\0")

        mark = struct.pack(f"{order}H", 43 if big else 42)
        head = (
            kind[4:6].encode() + mark + (struct.pack(f"{order}HHQ", 8, 0, 16) if big else struct.pack(f"{order}I", 8))
        )
        folder = struct.pack(order + ("Q" if big else "H"), len(tags)) + b"".join(
            entry_of(*sorted_tag) for sorted_tag in sorted(tags)
        )
        numbers = struct.pack(f"{order}{count}I", *[8] * count) + struct.pack(f"{order}{count}I", *[1] * count)
        return head + folder + bytes(struct.calcsize(size)) + numbers
    format_of, part = kind.split()
    plain = file_of(format_of)
    if format_of == "PNG":
        at = plain.index(b"IEND" if part == "IDAT" else b"IDAT") - 4
        return plain[:at] + chunk(part.encode()) * count + plain[at:]
    if format_of == "JPEG":
        marker = {"APP5": b"\xff\xe5\0\x02", "EXIF": b"\xff\xe1\0\x0aExif\0\0xx", "fill": b"\xff"}[part]
        return plain[:2] + marker * count + plain[2:]
    at = plain.index(b"\x2c", 13 + 3 * 2 ** ((plain[10] & 7) + 1))
    return (
        plain[:at]
        + (b"\x21\xfe\x01x\0" * count if part == "comments" else b"\x21\xfe" + b"\x01x" * count + b"\0")
        + plain[at:]
    )


KINDS = [
    "PNG prVt", "PNG IDAT", "JPEG APP5", "JPEG EXIF", "JPEG fill", "GIF comments", "GIF comment", "TIFFII", "TIFFMM",
    "TIFFII big",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_far_too_many_parts_is_refused_before_they_are_gone_through(kind: str, tmp_path: Path) -> None:
    """20 MB of them, as large as an upload may be, took Pillow a gigabyte or minutes."""
    path = tmp_path / "photo"
    path.write_bytes(of_many_parts(kind, 1000))
    assert photo_files.is_picture(path) and tk.open_photo(path).size in ((64, 48), (1, 1000))
    path.write_bytes(of_many_parts(kind, 100_000))
    began = time.process_time()
    with pytest.raises(ValueError, match="far more parts"):
        tk.open_photo(path)
    assert photo_files.is_picture(path) is (kind == "PNG IDAT")  # whose header is sound
    assert time.process_time() - began < 2


@pytest.mark.parametrize("form", ["zTXt", "iTXt"])
def test_what_can_be_read_can_be_uploaded(form: str, tmp_path: Path) -> None:
    text, info = "x" * 3_000_000, PngInfo()
    info.add_itxt("Comment", text, zip=True) if form == "iTXt" else info.add_text("Comment", text, zip=True)
    (tmp_path / "photo.png").write_bytes(file_of("PNG", pnginfo=info))
    assert photo_files.is_picture(tmp_path / "photo.png")


def test_the_page_the_shell_and_python_read_a_photo_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tkml_core.__main__ import main

    image = Image.effect_noise((300, 200), 90).convert("RGB")
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entry("<", 0x011A, 2, 4, b"abc\0") + entry("<", 0x0112, 8, 1, b"\x06\0")
    path = tmp_path / "phone.jpg"
    plain = file_of("JPEG", image, icc_profile=PROPHOTO)
    path.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:])
    annotator = load_annotator(NAME)
    x = annotator.prepare(tk.open_photo(path))
    assert x.shape[2] > x.shape[3]
    assert torch.equal(read_photo(path, NAME).x, x)
    with Image.open(path) as file:
        assert torch.equal(annotator.prepare(file), x)
    assert main([str(path), "--annotator", NAME, "--max-steps", "1", "--k", "1"]) in (0, 1)
    name, chance = annotate_photo(path, NAME, 1)[0]
    assert f"before: {name} {chance:.2f}" in capsys.readouterr().out
