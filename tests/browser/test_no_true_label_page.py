"""An upload in the browser: k follows what is marked, nothing may be true, and an attacked photo is known again."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from demo.photos.attack_note import attack_note


def test_an_upload_starts_with_as_many_places_as_marks(
    visit: Callable[..., Page], tmp_path: Path, photos: dict[str, Path]
) -> None:
    page, path = visit(), tmp_path / "attacked.png"
    Image.open(photos["cat"]).convert("RGB").save(path, pnginfo=attack_note("TkML-AP-U", "voc20", 3))
    page.locator("#photo input[type=file]").first.set_input_files(path)
    expect(page.locator("#verdict")).to_contain_text("attacked before (TkML-AP-U on voc20, k = 3)")
    marks = page.locator("#chips button.chip.true").count()
    expect(page.locator("#k input[type=number]")).to_have_value(str(max(marks, 1)))
    page.get_by_role("button", name="None of these labels is in the picture").click()
    expect(page.locator("#chips .origin")).to_contain_text("nothing that an attack could contradict")
    expect(page.locator("#chips button.chip.true")).to_have_count(0)
