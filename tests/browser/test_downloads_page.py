"""Address, link, card, presenter mode, files and citation on the page, in a real browser."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import CALM, PATIENCE, PHONE, RUN, WIDE, make_photos_small
from playwright.sync_api import Page, expect
from test_page import fill, running

from demo.server import addresses

LINK = "#link textarea, #link input"
OPENED = "document.getElementById('address')?.dataset.link"


@pytest.fixture
def at(browser: Any, server: str) -> Iterator[Callable[..., Page]]:
    """Open the page with a query. Afterwards no script may have failed."""
    contexts: list[Any] = []
    errors: list[str] = []

    def open_page(query: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": WIDE, **CALM, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server}?{query}", timeout=RUN)
        expect(page.locator("#before .label").first).to_be_visible(timeout=RUN)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def holding(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


def save(page: Page, name: str, folder: Path) -> Path:
    button = page.locator(f"#download-{name}")
    expect(button).to_be_enabled(timeout=RUN)
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_a_card_and_files_are_made_when_asked_for_and_go_with_the_run(
    at: Callable[..., Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at()
    page.wait_for_function(OPENED)
    page.evaluate("""() => {
      navigator.canShare = ({ files }) => files[0].type === "image/png";
      navigator.share = async ({ files, text }) => (window.sent = [files[0].name, files[0].size, text]);
    }""")
    opens, verdict = page.locator("#share .open"), "document.querySelector('#verdict .verdict').classList"
    page.evaluate(f"{verdict}.add('none')")  # as while a run goes on
    expect(opens).to_be_disabled()
    expect(opens).to_have_attribute("title", re.compile("once a run has ended"))
    page.evaluate(f"{verdict}.remove('none')")
    opens.click()
    card = page.locator("#share img")
    expect(card).to_be_visible(timeout=RUN)
    expect(page.locator("#share .alone")).to_contain_text("127.0.0.1")  # which no other device can open
    page.locator("#share .send").click()
    name, size, text = page.evaluate("window.sent")
    assert name.endswith("-card.png") and re.search(
        r"^No true label is left in the top 3: .*http://127.*annotator=.*attack=TkML-AP-U", text
    )
    with page.expect_download() as download:
        words = page.locator("#share .of-sample").bounding_box()
        assert words and words["height"] >= 16  # a line at least
        page.locator("#share .save").click()
    download.value.save_as(tmp_path / name)
    assert download.value.suggested_filename == name and (tmp_path / name).stat().st_size == size
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (1200, 630)

    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    sheet = "document.querySelector('#share .sheet')"
    page.wait_for_function(
        f"{sheet}.scrollWidth <= {sheet}.clientWidth"
    )  # the whole card, then large enough to be read
    expect(page.locator("#share .as-file")).to_contain_text("as a file")
    enlarge = page.locator("#share .enlarge")
    expect(enlarge).to_have_text("Enlarge")
    enlarge.click()
    expect(enlarge).to_have_text("Smaller")
    page.wait_for_function("document.querySelector('#share img').getBoundingClientRect().width > 600")
    expect(page.locator("#share .moves")).to_be_visible()  # the picture is cut at its right
    copies, before = page.locator("#share .copy"), page.locator(".share").bounding_box()
    copies.click()
    expect(copies).to_have_text("Copied")
    assert page.locator(".share").bounding_box() == before  # nothing moves
    expect(copies).to_have_text("Copy the link", timeout=RUN)
    page.locator("#share .sheet").focus()
    page.keyboard.press("ArrowRight")  # the keyboard moves it as a finger does
    page.wait_for_function("document.querySelector('#share .sheet').scrollLeft > 0")
    enlarge.click()
    expect(enlarge).to_have_text("Enlarge")
    page.wait_for_function(f"{sheet}.scrollWidth <= {sheet}.clientWidth")
    expect(page.locator("#share .moves")).to_be_hidden()
    page.keyboard.press("Escape")
    shown = """() => {
      document.querySelector("#share .open").click();
      return getComputedStyle(document.querySelector("#share .ways")).display;
    }"""
    assert page.evaluate(shown) == "none"  # nothing to send while the card is drawn anew
    expect(card).to_be_visible(timeout=RUN)
    page.keyboard.press("Escape")
    save(page, "png", tmp_path)
    expect(page.get_by_text("Messengers compress photos again").last).to_be_visible()
    page.locator("#more-files > button").click()
    made = {name: save(page, name, tmp_path) for name in ("figure-png", "figure-pdf", "change-png", "data")}
    assert made["figure-pdf"].read_bytes().startswith(b"%PDF") and made["figure-pdf"].name.endswith("-figure.pdf")
    with Image.open(made["figure-png"]) as figure, Image.open(made["change-png"]) as change:
        assert figure.width == 1440 and change.format == "PNG"
        size = change.size
    with np.load(made["data"], allow_pickle=False) as data:
        assert np.array_equal(data["x"] + data["z"], data["x_adv"]) and data["x"].shape == (size[1], size[0], 3)
    with Image.open(save(page, "full-size", tmp_path)) as large:
        assert large.width > size[0] and large.height > size[1]
        expect(page.locator("#full-size-note")).to_contain_text(f"full size of {large.width} × {large.height} pixels")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#cite > button").click()
    entries = page.locator("#bibtex textarea")
    expect(entries).to_have_value(holding("attack TkML-AP-U"))
    expect(entries).to_have_value(
        re.compile(r"texttt\{\?\S*sample=mosaic\S*\}")
    )  # the link, without this computer's address

    make_photos_small(monkeypatch)
    page.locator(".sample[data-sample=cat]").click()
    expect(page.locator("#download-data")).to_be_disabled()
    page.locator("#attack-button").click()
    expect(page.locator("#download-data")).to_be_enabled(timeout=RUN)
    with np.load(save(page, "data", tmp_path), allow_pickle=False) as data:
        assert '"true_labels": ["cat"]' in str(data["report"])
    expect(entries).to_have_value(re.compile(r"true labels cat,.*texttt\{\?\S*sample=cat"))  # both of this run


def test_a_link_brings_the_settings_to_somebody_else_whose_address_follows_the_choices(at: Callable[..., Page]) -> None:
    asked = (
        "sample=breakfast&annotator=coco80&attack=CW%5Ek&k=2&case=chosen&labels=clock,dog&kappa=0.5&max_steps=77&seed=3"
    )
    page = at(asked)
    expect(page.locator("#verdict")).to_contain_text("These settings came with the link")
    expect(page.locator("#attack input")).to_have_value(holding("(CW^k)"))
    expect(page.locator("#goal input:checked")).to_have_value("ordered")
    expect(page.locator("#annotator input:checked")).to_have_value("coco80")
    expect(page.locator("#case input:checked")).to_have_value("chosen")
    expect(page.locator("#k input[type=number]")).to_have_value("2")
    assert [name.strip() for name in page.locator("#chosen .token").all_inner_texts()] == ["clock", "dog"]
    page.locator("#link-button").click()
    expect(page.locator(LINK)).to_have_value(holding("://"))
    link = page.locator(LINK).input_value()
    assert "seed=3" in link and "kappa=0.5" in link and "labels=clock%2Cdog" in link

    other = at(f"{link.split('?', 1)[1]}&__theme=dark")
    expect(other.locator("#verdict")).to_contain_text("These settings came with the link")
    other.locator("#link-button").click()
    expect(other.locator("#link-button")).to_have_text("Copied")
    expect(other.locator(LINK)).to_have_value(link)
    expect(other.locator("#link")).to_be_hidden()  # nothing moves
    other.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(Error()); document.execCommand = () => false }"
    )
    other.locator("#link-button").click()
    expect(other.locator("#link")).to_contain_text("press Ctrl+C")
    field = "document.activeElement"
    selected = f"{field}.value?.slice({field}.selectionStart, {field}.selectionEnd)"
    other.wait_for_function(f"{selected}?.includes('://')")
    assert other.evaluate(selected) == link

    # Its address follows the choices, and whoever comes back to it finds them.
    other.locator(".sample[data-sample=cat]").click()
    expect(other.locator("#before .label .name").first).to_contain_text("cat")
    other.locator("#case label", has_text="best-scored").click()
    other.locator("#k input[type=number]").fill("3")
    chosen = re.compile(
        "sample=cat&annotator=coco80&k=3&attack=CW%5Ek&max_steps=77&seed=3&confidence=1&kappa=0.5&__theme=dark"
    )
    expect(other).to_have_url(chosen)
    other.get_by_role("tab", name="How it works", exact=True).click()
    expect(other).to_have_url(re.compile(f"{chosen.pattern}#learn$"))
    other.go_back()
    expect(other).to_have_url(re.compile(f"{chosen.pattern}$"))
    other.goto("about:blank")
    other.go_back()
    expect(other.locator("#verdict")).to_contain_text("These settings came with the link. Press Attack", timeout=RUN)
    expect(other.locator("#k input[type=number]")).to_have_value("3")
    expect(other.locator("#before .label")).to_have_count(3)


def test_an_upload_is_not_in_the_link_and_the_page_says_so(
    at: Callable[..., Page], photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "annotator=voc20&k=1&attack=TkML-AP-U&confidence=1"
    page = at(asked)
    expect(page.locator("#verdict")).to_contain_text("It brings no photo of the sender’s own", timeout=RUN)
    page.locator("#photo input[type=file]").set_input_files(photos["coffee"])
    expect(page.locator("#chips")).to_contain_text("This is a guess")
    page.locator("#link-button").click()
    expect(page.locator("#link-button")).to_have_text("Copied, without your photo and labels")
    expect(page.locator(LINK)).to_have_value(holding("://"))
    link = page.locator(LINK).input_value()
    assert "sample" not in link and "true" not in link
    assert link.endswith(f"?{asked}")  # by which the page was opened

    # Such a link brings settings alone: opened where one's own photo is on the stage, the photo stays, and that is said.
    mine = page.locator("#before img").get_attribute("src")
    page.goto(link.replace("k=1", "k=2"))
    expect(page.locator("#verdict")).to_contain_text(
        "Your photo is back, with the settings of this address", timeout=RUN
    )
    expect(page.locator("#k input[type=number]")).to_have_value("2")
    expect(page.locator("#before img")).to_have_attribute("src", str(mine))

    monkeypatch.setattr(addresses, "_listens_on", lambda: "0.0.0.0")
    monkeypatch.setattr(addresses, "lan_address", lambda: "192.168.7.5")
    page.get_by_role("link", name="Present").click()
    expect(page.locator("#presenter .instead")).to_have_text(re.compile("^There a sample photo stands in"))
    expect(page.locator("#presenter .instead")).to_be_visible()  # under the code of the same link
    expect(page.locator("#verdict .when-presented")).to_be_visible()
    expect(page.locator("#verdict .unpresented")).to_be_hidden()  # what it leads to is
    page.keyboard.press("ArrowRight")
    expect(page.locator("#presenter .instead")).to_be_hidden()


def test_a_link_that_asks_for_too_much_changes_nothing(at: Callable[..., Page]) -> None:
    page = at("sample=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&k=999")
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("Left out of the link: sample, k.")
    expect(toast).to_contain_text("No sample is called")
    assert toast.locator("img").count() == 0
    expect(page.locator("#verdict")).to_contain_text("No true label is left in the top 3")
    expect(page.locator("#download-png")).to_be_enabled()
    page.get_by_role("tab", name="Lesson", exact=True).first.click()
    expect(toast).to_have_count(0)  # it would cover what it does not speak of


def test_presenter_mode_is_led_by_the_keys_and_a_recorded_run_is_there_at_once(at: Callable[..., Page]) -> None:
    # A link to a run that is recorded opens with its result.
    recorded = "sample=cat&k=1&attack=MinNorm&confidence=1&annotator=voc20"
    page = at(f"present&{recorded}", viewport={"width": 1920, "height": 1080})
    expect(page.locator(".sample[data-sample=cat]")).to_have_attribute("aria-pressed", "true")  # the link is followed
    expect(page.locator("#verdict")).to_contain_text("Fooled")
    expect(page.locator("#status")).to_contain_text("recorded earlier")
    for button in ("#download-png", "#share .open", ".replay .play", "#real-button"):
        expect(page.locator(button)).to_be_enabled()
    expect(page.locator("#presenter .alone")).to_contain_text("reaches this computer only", timeout=RUN)
    assert page.locator("#presenter .qr svg").count() == 0  # nobody is sent to 127.0.0.1
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#presenter .alone")).to_be_hidden()  # not on the projector by itself
    expect(page.locator("#presenter .no-code")).to_be_visible()
    stood = page.locator("#before .shot").bounding_box()
    page.locator("#presenter .no-code").click()
    expect(page.locator("#presenter .alone")).to_be_visible()
    why = page.locator("#presenter .alone").bounding_box()
    assert why and why["width"] > 1000 and why["height"] < 400  # a few lines, to be read from afar
    assert page.locator("#before .shot").bounding_box() == stood  # it moves nothing
    page.locator("#presenter .close").click()
    expect(page.locator("#presenter .alone")).to_be_hidden()
    tops = [page.locator(f"#{part} .shot").bounding_box() for part in ("before", "change", "after")]
    assert len({round(box["y"]) for box in tops}) == 1  # side by side, the photos larger
    assert round(tops[0]["width"]) == round(tops[2]["width"]) > 1.5 * tops[1]["width"]
    assert tops[0]["width"] > 600
    page.set_viewport_size({"width": 1280, "height": 720})  # on every screen as large a part of it
    page.wait_for_function(f"""Math.abs(document.querySelector("#before .shot").offsetHeight / 720
      - {tops[0]["height"] / 1080}) < 0.01""")
    page.set_viewport_size({"width": 1920, "height": 1080})
    expect(page.locator("#after .beyond")).to_contain_text("cat ")  # is it still sure of it?
    letters = "one => parseFloat(getComputedStyle(one).fontSize)"
    assert page.locator("#status .status").evaluate(letters) >= 20
    page.keyboard.press("ArrowLeft")  # asks nothing: what was recorded is there at any time
    expect(page.locator(".sample[data-sample=mosaic]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#presenter .sure")).to_be_hidden()
    expect(page.locator("#after img")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#before .label .name").first).to_contain_text("cat")
    expect(page.locator("#verdict")).to_contain_text("ress Attack")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_visible()
    assert "present" not in page.url and "sample=cat" in page.url
    fill(page, "#k input[type=number]", "3")
    expect(page.locator("#before .label")).to_have_count(3)
    page.get_by_role("link", name="Present").click()
    expect(page.locator("#panel")).to_be_hidden()
    for box in ("#before img", "#after .shot", "#before .label >> nth=2", "#verdict", "#attack-button"):
        edges = page.locator(box).bounding_box()
        assert edges and edges["x"] >= 0 and edges["y"] >= 0, box
        assert edges["x"] + edges["width"] <= 1920 and edges["y"] + edges["height"] <= 1080, box
    page.keyboard.press("Space")
    running(page, "MinNorm")
    page.keyboard.press("Space")
    expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
    expect(page.locator("#stop-button")).to_be_hidden()
    page.wait_for_function("document.querySelector('#replay [data-made]')")
    page.keyboard.press("ArrowLeft")  # only says what it would end, which the visitor made
    expect(page.locator("#presenter .sure")).to_have_text("Press ← again for the photo before; this result goes.")
    expect(page.locator("#after img")).to_have_count(1)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#presenter .sure")).to_be_hidden()
    expect(page.locator(".sample[data-sample=mosaic]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#after img")).to_have_count(0)  # nothing is left to ask about
