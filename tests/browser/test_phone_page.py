"""A phone before, during and after a run: the verdict's box says what will happen and keeps its size; "Is it real?" is near."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PHONE, RUN, WIDE
from playwright.sync_api import Page, expect
from test_page import choose_attack, finished, pressed, running


@pytest.mark.usefixtures("small_photos")
@pytest.mark.parametrize("width", [PHONE["width"], 360])
def test_the_box_tells_what_will_happen_in_one_size_and_leads_to_what_is_real(
    visit: Callable[..., Page], width: int
) -> None:
    page = visit({**PHONE, "width": width})
    verdict, real = page.locator("#verdict"), page.locator("#real")
    sizes = [verdict.bounding_box()]

    def says(words: str) -> None:
        expect(verdict).to_contain_text(words, timeout=RUN)
        sizes.append(verdict.bounding_box())

    page.locator(".sample[data-sample=cat]").click()
    says("Press Attack. It changes the photo a little, step by step, to push cat out of the top 3.")
    choose_attack(page, "TkML-AP-T")
    says("to put 3 labels that are not in the photo on top, the likeliest of them.")
    page.locator("#case label", has_text="worst-scored").click()
    says("the least likely of them.")
    page.locator("#case label", has_text="chosen by hand").click()
    says("to put the labels you name on top.")
    page.wait_for_function(  # with the note on what is missing above it
        "getComputedStyle(document.querySelector('#verdict p'), '::before').content.includes('No target is chosen yet')"
    )
    says("you name")
    choose_attack(page, "MinNorm")
    page.locator("#goal label", has_text="no true label left").click()
    page.locator("#preset-gentle").click()
    running(page, "MinNorm")
    sizes.append(verdict.bounding_box())
    finished(page)
    says("cat is gone")
    heights = {round(size["height"]) for size in sizes if size}
    assert len(sizes) == 8 and all(sizes) and len(heights) == 1, sizes

    way = page.locator(".to-real")
    expect(real).not_to_be_in_viewport()
    size = way.bounding_box()
    assert size and size["height"] >= 44
    way.click()
    expect(page.locator("#real-result .real")).to_be_visible(timeout=RUN)  # tested at once
    expect(page.locator("#real h2")).to_be_in_viewport()
    assert page.evaluate("document.activeElement.id") == "real-button"
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    expect(way).to_be_hidden()


@pytest.mark.usefixtures("small_photos")
@pytest.mark.parametrize("width", [PHONE["width"], 360])
def test_where_nothing_is_found_the_box_keeps_its_size_and_leads_to_the_annotator_with_more_labels(
    visit: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    page = visit({**PHONE, "width": width})
    verdict, empty = page.locator("#verdict"), tmp_path / "empty.png"
    before = verdict.bounding_box()
    Image.new("RGB", (320, 240), (127, 127, 127)).save(empty)
    page.locator("#photo input[type=file]").set_input_files(empty)
    expect(verdict).to_contain_text("voc20 finds none of its 20 labels in this photo", timeout=RUN)
    after = verdict.bounding_box()
    assert before and after and round(before["height"]) == round(after["height"])
    assert pressed(page) == []
    expect(page.locator(".nothing")).to_have_attribute("aria-pressed", "false")  # nobody has said so
    own = page.locator(".sample[data-sample^=upload]")
    expect(own).to_have_attribute("aria-pressed", "true")
    strip, shown = page.locator(".samples").bounding_box(), own.bounding_box()
    assert (
        strip and shown and shown["x"] + shown["width"] <= strip["x"] + strip["width"]
    )  # in sight, though there are more
    page.locator(".more-labels").click()
    expect(verdict).to_contain_text("coco80 finds none of its 80 labels in this photo", timeout=RUN)
    expect(page.locator("#annotator input:checked")).to_have_value("coco80")
    expect(page.locator(".more-labels")).to_have_count(0)
