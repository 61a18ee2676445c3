"""The lesson says what a pupil sees: in its film, in its pictures of a change, in its answers and where it sends them."""

import base64
import io
import re

import pytest
import torch
from lesson_screens import run, shown
from PIL import Image, ImageChops

from demo.catalog.labels import written
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED, amplified
from demo.tabs.lesson import pictures
from demo.tabs.lesson.screen import IS_IT_REAL, TEST_IT, lesson_html
from demo.tabs.lesson.screens import flip, plant


@pytest.mark.parametrize("met", [False, True])
def test_only_the_end_of_the_film_says_that_the_goal_was_not_reached(
    monkeypatch: pytest.MonkeyPatch, met: bool
) -> None:
    monkeypatch.setattr(pictures, "meets", lambda *_: met)
    film = plant.film(run("plant"))
    said = [title.split(": ")[1] for title in re.findall(r'data-title="([^"]*)"', film)]
    assert len(said) == run("plant").replay.last + 1
    assert said == ["reached"] * len(said) if met else said == ["not yet"] * (len(said) - 1) + ["not reached"]
    assert f"<output>as saved: {said[-1]}</output>" in film  # what stands there before it plays


def test_the_answers_of_a_question_begin_alike() -> None:
    for screen in shown().values():
        words = [answer.words for answer in screen.answers]
        labels = {written(name) for name in run("push-out").outcome.plan.annotator.labels}
        assert set(words) <= labels or all(word[0].isupper() or word[0].isdigit() for word in words), words


def test_the_dots_are_where_it_says() -> None:
    """A tenth of the places has more than half of the change, and there is some in most of them."""
    assert "crowded in a few places and thin elsewhere" in shown()["plant"].why[0]
    outcome = run("plant").outcome
    z = (outcome.x_adv - outcome.plan.photo.x).mul(255).round()
    places = torch.nn.functional.avg_pool2d(z.square().sum(1, keepdim=True), 32, ceil_mode=True).flatten()
    best = places.sort(descending=True).values
    assert best[: len(best) // 10].sum() > best.sum() / 2
    assert (places > 0).float().mean() > 0.5


def drawn(html: str) -> list[Image.Image]:
    """The pictures of HTML that are drawn dot by dot."""
    found = re.findall(r'<figure class="photo grains">.*?<img src="data:image/webp;base64,([^"]*)"', html, re.DOTALL)
    return [Image.open(io.BytesIO(base64.b64decode(one))).convert("RGB") for one in found]


def test_a_small_change_is_drawn_as_strong_as_shows_all_of_it() -> None:
    """The dial draws less of it by contrast, which is exact where nothing is cut off at black or white."""
    item = run("one-label")
    times, outcome = pictures.strength(item), item.outcome
    exact = amplified(outcome.plan.photo.x, outcome.x_adv, times)
    assert AMPLIFY < times <= MOST_AMPLIFIED
    low, high = zip(*exact.getextrema(), strict=True)  # type: ignore[misc]
    assert min(low) > 0 and max(high) < 255
    most = pictures.numbers_changed(outcome.plan.photo.x, outcome.x_adv)[2]
    assert (times + 10) * most > 255  # and not a round step less than could be
    (picture,) = drawn(shown()["flip"].shown)
    assert f"× {times}" in shown()["flip"].shown and not ImageChops.difference(picture, exact).getbbox()
    if "hardened" in shown():
        assert shown()["hardened"].shown.count(f"× {times}") == 2  # both alike, to be compared
        (first,) = drawn(shown()["hardened"].see)
        assert not ImageChops.difference(first, exact).getbbox()


def test_sizes_are_in_the_same_words_on_all_screens_and_the_first_says_what_a_level_is() -> None:
    """A largest change as the tab Attack has it, "4 of 255", and sizes to be compared: each a number of levels."""
    said = {
        key: re.sub(r"<[^>]*>", " ", " ".join([screen.intro, *screen.told, screen.shown, *screen.why, screen.hint]))
        for key, screen in shown().items()
    }
    before = r"(?:by more than|by at most|size is|change is|size,|it was)"
    for key, words in said.items():
        assert not re.findall(before + r" (?![\d.]+ of 255|[\d ]+times)[\d.]+", words), key
    at = {key: len(re.findall(r"[\d.]+ of 255\b", words)) for key, words in said.items()}
    assert not at["guess"] and all(at[key] for key in at if key != "guess")
    told = " ".join(shown()["flip"].told)
    assert told.index(flip.LEVELS) < told.index(" of 255") and "level from 0 (dark) to 255 (bright)" in flip.LEVELS
    assert not any("level from" in words for key, words in said.items() if key != "flip")
    assert not re.search(r"whole steps?\b", " ".join(said.values()))


def test_another_annotator_is_half_a_sentence_for_a_pupil_and_more_for_the_teacher() -> None:
    screen = shown()["universal"]
    assert screen.intro.endswith("Now it is simply added to them; another annotator answers here.")
    assert "motorcycle" not in screen.intro and "It calls a motorbike a motorcycle." in screen.hint


def test_who_is_sent_to_the_test_is_shown_where_it_is() -> None:
    sent = [screen for screen in shown().values() if "Test it" in screen.own]
    assert [screen.key for screen in sent] == ["noise", "jpeg"]
    for screen in shown().values():
        assert (screen.place == IS_IT_REAL) is (screen in sent) is (TEST_IT in screen.own)
    assert lesson_html(list(shown().values())).count(f'href="#{IS_IT_REAL[0]}" data-tab="attack"') == len(sent)
