"""The stage presented: no key and no button ends a result of the visitor's own unasked."""

from collections.abc import Callable

import pytest

pytest.importorskip("playwright.sync_api", reason="browser tests need the package playwright")
from conftest import PATIENCE, RUN
from playwright.sync_api import Page, expect
from test_page import finished

expect.set_options(timeout=PATIENCE)
PROJECTOR = {"width": 1920, "height": 1080}
ASKED = "Press Space or Attack again to attack anew; this result goes."
# Every run that begins, by its first sign on the page
RUNS = """() => {
  window.runs = 0;
  new MutationObserver(() => (runs += !document.getElementById("stop-button").disabled)).observe(
    document.getElementById("stop-button"), { attributeFilter: ["disabled"] });
}"""


@pytest.mark.usefixtures("small_photos")
def test_a_result_that_is_presented_is_asked_about_before_another_attack_takes_its_place(
    visit: Callable[..., Page],
) -> None:
    page = visit(PROJECTOR)
    page.get_by_role("link", name="Present").click()
    page.evaluate(RUNS)
    said, button = page.locator("#presenter .sure"), page.locator("#attack-button")
    page.keyboard.press("Space")  # asks nothing: what is shown on arrival is the page's own
    page.wait_for_function("runs === 1")
    expect(said).to_be_hidden()
    finished(page)
    page.wait_for_function("document.querySelector('#replay [data-made]')")
    pictures = page.locator("#after img").get_attribute("src")

    def nothing_ended() -> None:
        expect(said).to_have_text(ASKED)
        assert page.locator("#after img").get_attribute("src") == pictures
        assert page.evaluate("runs") == 1 and page.locator("#replay [data-made]").count() == 1

    page.keyboard.press("Space")
    nothing_ended()
    page.keyboard.press("ArrowRight")  # another question: the one before is not answered by it
    expect(said).to_have_text("Press → again for the next photo; this result goes.")
    button.click()
    nothing_ended()
    page.keyboard.press("Escape")  # nor is it left open
    page.get_by_role("link", name="Present").click()
    expect(said).to_be_hidden()
    button.click()
    nothing_ended()
    page.keyboard.press("Space")  # key and button are one
    page.wait_for_function("runs === 2")
    expect(said).to_be_hidden()
    expect(page.locator("#verdict strong")).to_be_visible(timeout=RUN)
    finished(page)
    page.keyboard.press("Escape")
    button.click()  # the page itself does not ask
    page.wait_for_function("runs === 3")
    expect(said).to_be_hidden()
