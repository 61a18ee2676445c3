"""The lesson: its screens say what the recorded runs have, and the teachers' notes say the same."""

import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import gradio as gr
import numpy as np
import pytest
from gradio.utils import is_allowed_file
from lesson_screens import run, shown
from matplotlib.figure import Figure

from demo.catalog import privacy
from demo.components import presenter
from demo.engine.recipes import STRENGTHS
from demo.engine.recordings import recording
from demo.page import NOTE, launch_options
from demo.record import price_of
from demo.tabs.lesson import closing, notes, notes_pdf, phones, pictures, tab, whole_lesson
from demo.tabs.lesson.exercise import EXERCISES, READY_MADE, exercise_of, photo_words
from demo.tabs.lesson.pictures import Look
from demo.tabs.lesson.screen import FOOLED, lesson_html
from demo.tabs.lesson.screens import SCREENS, flip, hardened, jpeg, screens, universal
from tkml_core.experiments.transfer import hardness
from tkml_core.measured.lines import read
from tkml_core.zoo.universal_perturbations import bundled

MEASURED = Path(__file__).resolve().parents[2] / "assets" / "measured"
MOST_BYTES = 3_000_000  # sent to every pupil, once


def test_all_screens_are_there_in_their_order_and_take_twenty_minutes() -> None:
    wanted = ["guess", "flip", "noise", "plant", "universal", "jpeg", "hardened"]
    there = wanted if recording("hardened") else wanted[:-1]
    assert list(shown()) == there and len(SCREENS) == len(wanted)
    assert 15 <= sum(screen.minutes for screen in shown().values()) <= 25


def test_every_screen_asks_before_it_tells() -> None:
    for screen in shown().values():
        right = screen.right()
        assert right and len(right) < len(screen.answers)
        assert screen.several or len(right) == 1
        assert screen.question.endswith("?") or "?" in screen.question
        assert screen.told and screen.why and screen.own and "<img" in screen.looks
        words = [screen.intro, screen.question, *screen.told, *screen.why, screen.own, lesson_html([screen])]
        text = re.sub(r"<[^>]*>", " ", " ".join(words))
        assert not re.search(r"[=‖λκ∇⊆]|\bE\b|Eq\.|logit|gradient|voc20|coco80|MinNorm|precision", text)
        assert not screen.told[0].startswith(right[0])  # the answer stands before it already


def test_the_numbers_are_those_of_the_runs() -> None:
    one, many = run("one-label"), run("universal")
    z = (one.outcome.x_adv - one.outcome.plan.photo.x).mul(255).round()
    told = " ".join(shown()["flip"].told)
    assert f"Of this photo’s {z.numel():,} numbers {int((z != 0).sum()):,} were changed" in told
    assert f"none by more than {one.outcome.report['linf']:.0f} of 255, which" in told
    assert one.outcome.report["after"][0][0] in told
    rows = universal.photos(many)
    gone = [row for row in rows if row["after"][0][0] not in row["true"]]
    by_noise = [row for row in rows if row["noise"][0][0] not in row["true"]]
    assert f" {len(gone)} of {len(rows)} have a wrong label" in shown()["universal"].told[0]
    assert f"size it is {f'{len(by_noise)} of {len(rows)}' if by_noise else 'none'}." in shown()["universal"].told[0]
    assert shown()["universal"].shown.count("sign lost") == len(gone)
    planted = [name for name, _ in run("plant").outcome.report["after"]]
    last = shown()["plant"].shown.split('class="frame"')[-1]
    assert [last.index(f">{name}<") for name in planted] == sorted(last.index(f">{name}<") for name in planted)
    words = [shown()["plant"].intro, shown()["plant"].question, shown()["plant"].told[0]]
    assert all(
        f"{', '.join(planted[:-1])} and {planted[-1]}" in sentence for sentence in words
    )  # as in the last picture
    assert {name for name, _ in run("push-out").outcome.report["before"]} == set(shown()["guess"].right())


@pytest.mark.parametrize(("fooled", "by_noise"), [(2, 0), (4, 1), (6, 0), (0, 0), (1, 1)])
def test_the_one_change_is_told_beside_noise_whatever_came_out(fooled: int, by_noise: int) -> None:
    told = universal.told(fooled, by_noise, 6, "its size is 8 of 255")[0]
    assert f" {fooled} of 6 have a wrong label on top" in told
    assert ("no better than noise" in told) is (by_noise >= fooled)


def test_what_counts_as_fooled_is_said_once_and_is_what_the_runs_count() -> None:
    assert FOOLED == "the label on top is wrong"
    html, words = lesson_html(list(shown().values())), " ".join(shown()["flip"].told)
    assert f"“Fooled” means: {FOOLED}." in html and f"which means here: {FOOLED}." in words
    for name in ("one-label", "jpeg", "hardened", "universal"):
        outcome = run(name).outcome
        true = outcome.plan.roles.true
        assert outcome.report["before"][0][0] in true and outcome.report["after"][0][0] not in true
        assert (outcome.plan.k, outcome.plan.goal_name) == (
            1,
            "cleared",
        )  # so a change as small as was found for just that


def test_sizes_are_of_255_and_those_of_the_reports() -> None:
    sizes = {}
    for name in ("one-label", "plant", "universal", "hardened"):
        outcome = run(name).outcome
        report = outcome.report
        by_report = report["l2"] / (3 * report["width"] * report["height"]) ** 0.5
        assert pictures.average(outcome.plan.photo.x, outcome.x_adv) == pytest.approx(by_report, rel=1e-4)
        sizes[name] = pictures.size(run(name))
    assert sizes["one-label"] in shown()["noise"].intro and sizes["one-label"] in " ".join(shown()["flip"].told)
    assert sizes["plant"] in shown()["plant"].told[0] and sizes["universal"] in shown()["universal"].told[1]
    assert sizes["one-label"] in shown()["hardened"].shown and sizes["hardened"] in shown()["hardened"].shown
    attack, noise = (
        int(re.search(pattern, shown()["noise"].hint)[1].replace(",", ""))  # type: ignore[index]
        for pattern in (r"attack ([\d,]+)", r"changes ([\d,]+)")
    )
    assert noise != attack and "exactly" not in shown()["noise"].hint  # as long, but of other numbers


@pytest.mark.parametrize(
    ("times", "answer", "words"),
    [
        (1.0, "As large", "did not help"),
        (1.3, "As large", "a small one"),
        (2.0, "Twice as large", "a clear gain"),
        (2.9, "Three times as large", "a clear gain"),
        (6.4, "Five times as large", "a great gain"),
        (30.0, "Ten times as large", "a great gain"),
    ],
)
def test_the_hardened_annotator_is_judged_by_what_was_measured(times: float, answer: str, words: str) -> None:
    right, judged = hardened.gain(times)
    assert right == answer and words in judged
    scores = [{"usual": {"top-1": 0.939}, "hardened": {"top-1": hard}} for hard in (0.878, 0.938)]
    costs = [hardened.price(one, "cat", ("98%", "97%")) for one in scores]
    assert costs[0] == (
        "The price: on ordinary photos, which nobody attacked, its label on top is right 88 times in 100, that of the usual "
        "annotator 94 times.",
        True,
    )
    assert not costs[1][1] and "price" not in costs[1][0]


def test_the_price_is_what_was_measured_of_the_weights() -> None:
    """Fails where the page about the weights was measured again since: run `python -m demo.record --only hardened`."""
    item = run("hardened")
    assert item.notes["price"] == price_of(item.outcome.plan.request.annotator)
    assert price_of("hardened-nothing") == {}
    assert not re.search(r"points|mAP", " ".join([*shown()["hardened"].told, *shown()["hardened"].why]))


def test_who_says_that_they_cannot_tell_is_neither_right_nor_wrong() -> None:
    assert [answer.judged() for answer in shown()["flip"].answers] == ["yes", "no", "honest"]
    assert [answer.words for screen in shown().values() for answer in screen.answers if answer.honest] == [
        "I cannot tell"
    ]
    html = lesson_html(list(shown().values()))
    assert 'data-right="honest"' in html
    assert "Choose 3." in html and "as many as you like" not in html


def test_the_film_is_told_as_it_runs() -> None:
    told, film = " ".join(shown()["plant"].told), shown()["plant"].shown
    replay = run("plant").replay
    met = [pictures.meets(run("plant"), replay.picture(at)[1]) for at in range(replay.last + 1)]
    said = [title.split(": ")[-1] for title in re.findall(r'data-title="([^"]*)"', film)]
    assert [words == "reached" for words in said] == met and met[-1]
    first = met.index(True)
    assert set(said[:first]) <= {"not yet"} and set(said[first:]) <= {"reached", "lost again for the moment"}
    assert ("loses what it had" in told) is (not all(met[met.index(True) :]))
    assert "Press Play" not in told


def test_the_one_change_is_of_an_annotator_that_has_it() -> None:
    asked = run(READY_MADE).outcome.plan.request
    assert (asked.attack, asked.annotator, asked.k) in bundled()
    assert {screen.exercise for screen in screens()} <= {*EXERCISES, ""}
    assert next(screen for screen in screens() if screen.key == "universal").exercise == READY_MADE
    assert f"on the annotator {asked.annotator}, is chosen" in photo_words(exercise_of(READY_MADE), own=False)


def test_an_exercise_asks_for_what_its_screen_showed() -> None:
    """The k of the run, by which “fooled” and how many labels are added mean the same on the tab Attack."""
    for key, recorded in (
        ("flip", "one-label"),
        ("plant", "plant"),
        ("universal", "universal"),
        ("hardened", "one-label"),
    ):
        exercise, asked = exercise_of(shown()[key].exercise), run(recorded).outcome.plan.request
        assert exercise is not None and exercise.k == asked.k
        assert f"with {asked.k} label{'s' if asked.k > 1 else ''} shown (k)" in exercise.words
        assert exercise.annotator in (None, asked.annotator)
    both = exercise_of(shown()["hardened"].exercise)
    assert both is not None and both.annotator == run("one-label").outcome.plan.request.annotator  # the usual one first
    own = shown()["plant"].own  # the pupil may choose another k
    assert (
        not re.search(r"\d", own) and "the labels that are least likely on your photo, as many as are shown (k)" in own
    )


def test_the_end_takes_home_what_was_shown_and_no_more() -> None:
    assert len(closing.sentences(shown())) == len(closing.SENTENCES) - ("hardened" not in shown())
    assert closing.sentences(["guess", "flip"]) == [closing.SENTENCES[0][1]]
    html = lesson_html(list(shown().values()))
    assert all(words in html for words in closing.sentences(shown())) and closing.ASKED in html


def test_every_place_to_look_at_has_a_caption() -> None:
    for screen in shown().values():
        assert screen.looks.count("<h4>What counts for ") == screen.looks.count("<figure")


def test_lines_of_the_notes_end_before_the_margin() -> None:
    words = "A machine that names things in photos adds up numbers. " * 5 + "WWWWWWWWWW iiiiiiiiii " * 9
    lines = notes_pdf.wrapped(words, 10, "normal", 17.0)
    widths = [notes_pdf.width(line, 10, "normal") for line in lines]
    assert " ".join(lines) == words.strip()
    assert max(widths) <= 17.0 and min(widths[:-1]) > 13.0


def test_no_line_of_the_notes_is_drawn_across_two_fonts() -> None:
    """Where letters follow “ in one piece of text, a gap is left behind them: “Annotator ”."""
    page = Figure(figsize=(8, 11))
    notes_pdf._line(page, 1.0, 2.0, "at “Annotator”: how far", 10, "normal")
    texts = [one.get_text() for one in page.texts]
    assert texts == ["at ", "“", "Annotator", "”", ": how far"]
    begins = [one.get_position()[0] * notes_pdf.A4[0] for one in page.texts]
    widths = [notes_pdf.width(one, 10, "normal") for one in texts]
    assert begins == pytest.approx([1 + sum(widths[:at]) for at in range(len(texts))])
    assert len({one.get_position()[1] for one in page.texts}) == 1 and min(widths) > 0.05


def test_jpeg_undoes_the_small_change_and_not_the_strong_one() -> None:
    item = run("jpeg")
    factor = jpeg.survivor(item)
    assert factor is not None
    assert not pictures.meets(item, item.checks[f"jpeg {jpeg.JPEG}"])
    assert pictures.meets(item, item.checks[f"strength {factor:g}, jpeg {jpeg.JPEG}"])


def test_the_dial_has_a_stop_for_every_tenth() -> None:
    assert shown()["flip"].shown.count('class="stop"') == 11
    item = run("one-label")
    assert pictures.best(item, item.checks["strength 1"]) == pictures.best(item, item.outcome.logits)
    assert flip.screen() == shown()["flip"]  # no chance in it


def test_the_dial_says_how_many_numbers_move_and_where_nothing_happens() -> None:
    item = run("one-label")
    x, x_adv = item.outcome.plan.photo.x, item.outcome.x_adv
    words = re.findall(r'<p class="hint stop"[^>]*>([^<]*)<', shown()["flip"].shown)
    assert len(words) == len(STRENGTHS) + 1 and words[0] == flip.WITHOUT
    before = [round(100 * float(p)) for p in item.outcome.plan.photo.logits.sigmoid().topk(3).values[0]]
    for share, said in zip(STRENGTHS, words[1:], strict=True):
        levels = (x * 255).round(), (255 * (x + share * (x_adv - x))).round()
        differ = int((levels[0] != levels[1]).sum())
        read = [round(100 * float(p)) for p in item.checks[f"strength {share:g}"].sigmoid().topk(3).values]
        assert said.startswith(f"At {share:.0%} ") and (
            f"{differ:,} of" in said or (not differ and " no number" in said)
        )
        assert ("nothing happens" in said) is (read == before)
    quiet = [share for share, said in zip(STRENGTHS, words[1:], strict=True) if "nothing happens" in said]
    assert 0 < len(quiet) < len(STRENGTHS) and f"Up to {max(quiet):.0%} nothing happens" in shown()["flip"].hint
    assert "step by step" not in shown()["flip"].hint


def test_what_is_seen_in_the_two_maps_is_in_them() -> None:
    usual, hard = (Look(run(name), "cat").map for name in ("one-label", "hardened"))
    assert usual is not None and hard is not None and run("hardened").sample == "cat" and "nose" in hardened.SEEN["cat"]
    height, width = usual.shape
    nose = slice(int(0.7 * height), int(0.9 * height)), slice(int(0.5 * width), int(0.68 * width))
    eyes = slice(int(0.25 * height), int(0.65 * height)), slice(int(0.3 * width), int(0.85 * width))
    bright = [float(np.percentile(look, 95)) for look in (usual, hard)]
    assert usual[nose].max() > bright[0] and hard[nose].max() < bright[1]
    assert usual[eyes].max() > bright[0] and hard[eyes].max() > bright[1]


def test_how_much_larger_elsewhere_is_what_was_measured() -> None:
    lines = read(MEASURED / "transfer.jsonl")
    row = next(row for row in hardness(list(lines)).splitlines() if row.startswith("| hardened-voc20 | MinNorm |"))
    photos, times = (row.split("|")[at].strip() for at in (3, 7))
    assert (
        f"On {photos} other photos" in shown()["hardened"].hint
        and f"{times} times as large" in shown()["hardened"].hint
    )
    assert hardened.elsewhere("nobody") == ""
    assert shown()["hardened"].told[0].startswith("On this photo it must be about ")


@pytest.mark.parametrize(("most", "hard"), [(21, True), (32, True), (33, False)])
def test_a_change_is_called_hard_to_see_as_far_as_it_is(most: int, hard: bool) -> None:
    assert ("hard to see" in jpeg.seen(most)) is hard


def test_without_two_screens_the_hands_can_be_counted() -> None:
    all_screens = list(shown().values())
    words = whole_lesson.with_hands_counted(all_screens)
    left, kept = (re.search(rf"{before} screens ([\d, and]+)", words) for before in ("out", "of"))
    assert left and kept
    numbers = [[int(one) for one in re.findall(r"\d", found[1])] for found in (left, kept)]
    assert sorted(number for some in numbers for number in some) == list(range(2, len(shown()) + 1))
    assert {all_screens[number - 1].key for number in numbers[0]} == set(whole_lesson.LEFT_OUT)
    each = re.search(r"has ([\d.]+) minutes", words)
    assert each and float(each[1]) * len(numbers[1]) == sum(screen.minutes for screen in all_screens[1:])
    assert words in notes.markdown(all_screens)


def test_what_becomes_of_a_photo_is_said_in_the_same_words_everywhere() -> None:
    assert privacy.PHOTO in NOTE and privacy.PHOTO in notes.markdown(list(shown().values()))
    assert not re.search(r"\. ", privacy.PHOTO)  # one sentence, to be said to parents
    assert presenter.NETWORK in presenter.PRESENTER and presenter.NETWORK in phones.SENTENCES[0]


def test_the_lesson_needs_nothing_from_elsewhere() -> None:
    html = lesson_html(list(shown().values()))
    assert len(html.encode()) < MOST_BYTES
    assert all(source.startswith("data:image/") for source in re.findall(r'src="([^"]{0,30})', html))
    assert "http" not in re.sub(r"base64,[^\"]*", "", html)


def test_it_is_made_before_anybody_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, page = threading.Event(), SimpleNamespace(is_running=False)
    monkeypatch.setattr(tab, "contents", made.set)
    monkeypatch.setattr(tab, "SETTLED", 0.0)
    tab.in_background(cast(gr.Blocks, page))
    page.is_running = True
    assert made.wait(60)


def test_the_notes_are_handed_out_wherever_the_page_is_started() -> None:
    """Gradio refuses files outside the folder of the start, and the whole answer with them: the lesson would not come."""
    allowed, why = is_allowed_file(notes.PDF, [], launch_options()["allowed_paths"], [])
    assert allowed, why


def test_without_recordings_it_says_what_makes_them() -> None:
    assert "python -m demo.record" in lesson_html([])


def test_the_plan_of_a_whole_lesson_goes_from_its_first_minute_to_its_last() -> None:
    times = [tuple(map(int, time.split("–"))) for time, _ in whole_lesson.rows(list(shown().values()))]
    assert [begin for begin, _ in times] == [0, *(end for _, end in times[:-1])] and times[-1][
        1
    ] == whole_lesson.MINUTES
    assert len(times) == len(shown()) + 3 and all(end - begin >= 2 for begin, end in times)
    table = [line for line in notes.markdown(list(shown().values())).splitlines() if line.startswith("| ")]
    assert len(table) == len(times) + 2 and {line.count("|") for line in table} == {3}


def test_the_notes_for_teachers_agree_with_the_screens() -> None:
    """Fails where recordings or words have changed since: run `python -m demo.tabs.lesson.notes`."""
    all_screens = list(shown().values())
    assert (notes.FOLDER / "notes.md").read_text(encoding="utf-8") == notes.markdown(all_screens)
    assert all(words in notes.markdown(all_screens) for words in phones.SENTENCES)
    pdf = (notes.FOLDER / "notes.pdf").read_bytes()
    assert notes.digest(all_screens).encode() in pdf
    assert pdf.startswith(b"%PDF") and 1 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 5
    number = {screen.key: at for at, screen in enumerate(all_screens, start=1)}
    assert f"screens {number['noise']}, {number['plant']} and {number['jpeg']}" in notes.markdown(all_screens)
    assert (
        f"pushed (screen {number['noise']})" in notes.markdown(all_screens) and "push a car" in shown()["noise"].why[0]
    )
    assert f"on screen {number['flip']} it was {pictures.size(run('one-label'))}" in shown()["universal"].told[1]
    for screen in all_screens:
        assert screen.question in notes.markdown(all_screens)
        assert f"- Answer: {', '.join(screen.right())}. " in notes.markdown(all_screens)
