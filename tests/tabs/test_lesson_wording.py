"""The lesson says what a pupil sees: in its film, in its pictures of a change, in its answers and where it sends them."""

import base64
import io
import re

import pytest
import torch
from lesson_screens import run, shown
from PIL import Image, ImageChops

from demo.catalog.labels import written
from demo.engine.recipes import STRENGTHS
from demo.render.pictures import AMPLIFY, MOST_AMPLIFIED, amplified
from demo.tabs.lesson import closing, notes, phones, pictures, whole_lesson
from demo.tabs.lesson.screen import IS_IT_REAL, TEST_IT, lesson_html
from demo.tabs.lesson.screens import flip, plant, universal


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


def test_another_annotator_comes_with_the_reason_and_with_its_other_words() -> None:
    screen = shown()["universal"]
    assert "another annotator answers here, for which such a change is ready (" in screen.intro
    assert ("motorcycle" in screen.intro) is ("motorcycle" in screen.see + screen.shown)


def test_an_unsure_answer_is_said_to_count_as_one() -> None:
    rows = universal.photos(run("universal"))
    counted = "What stands on top counts as its answer all the same."
    assert any(row["after"][0][1] < 0.5 for row in rows) is (counted in shown()["universal"].told[-1])


def test_stops_of_the_dial_read_alike_only_where_their_pictures_are_alike() -> None:
    item = run("one-label")
    x, x_adv = item.outcome.plan.photo.x, item.outcome.x_adv
    words = re.findall(r'<p class="hint stop"[^>]*>At \d+% ([^<]*)<', shown()["flip"].shown)[1:]
    saved = [((x + share * (x_adv - x)) * 255).round() for share in STRENGTHS]
    for at in range(1, len(words)):
        if "nothing happens" not in words[at]:
            assert (words[at] == words[at - 1]) is torch.equal(saved[at], saved[at - 1]), words[at]
            assert f"by {int((saved[at] - (x * 255).round()).abs().max())} of 255 at most" in words[at]


def test_what_is_too_small_to_see_is_a_change_for_one_photo() -> None:
    """Screens 5 and 6 have changes that are seen."""
    assert "see it as a grain" in shown()["universal"].told[1]
    told = [*closing.sentences(shown()), *notes.GOALS]
    assert [("one photo" in words) for words in told if "too small to see" in words] == [True, True]
    assert any("larger, and can be seen as a grain" in words for words in told)


def test_the_notes_hold_wherever_the_page_runs() -> None:
    words = notes.markdown(list(shown().values()))
    assert (
        not re.search(r"\bhere, “Present”", words)
        and "where other devices can reach it, “Present” shows a code" in words
    )
    assert f"notes with a plan for {whole_lesson.MINUTES} minutes" in phones.TITLE
    assert "rope" not in words and words.count("blanket") == 2  # how the car is acted, told in one way
    assert "photos without pupils’ faces" in words
    assert "most at one pixel" in whole_lesson.GROUPS.split("D: ")[1] and "most at one pixel" in shown()["hardened"].own


def test_who_is_sent_to_the_test_is_shown_where_it_is() -> None:
    sent = [screen for screen in shown().values() if "Test it" in screen.own]
    assert [screen.key for screen in sent] == ["noise", "jpeg"]
    for screen in shown().values():
        assert (screen.place == IS_IT_REAL) is (screen in sent) is (TEST_IT in screen.own)
    assert lesson_html(list(shown().values())).count(f'href="#{IS_IT_REAL[0]}" data-tab="attack"') == len(sent)
