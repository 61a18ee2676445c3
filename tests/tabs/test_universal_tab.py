"""The tab "Universal" without a browser: the set, the run, the chart, and a finished z on other photos."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from conftest import to_the_end
from PIL import Image

import tkml_core as tk
from demo.engine import threads
from demo.engine.annotators import load_annotator
from demo.engine.guessed_truth import RULE
from demo.engine.run_queue import PLACES
from demo.export.files import sweep
from demo.photos.samples import sample, samples
from demo.photos.selection import Source, sample_sources, uploaded
from demo.render.pictures import to_image
from demo.tabs.universal import change_files, changes, craft, photo_set, ready_made, render, stage, tab, trial
from demo.tabs.universal.widgets import UniversalWidgets
from tkml_core.attacks.registry import UNIVERSAL
from tkml_core.pixel_grid import TOLERANCE
from tkml_core.zoo.universal_perturbations import notes_of, path_of, rates_of

NAME, K = "mobilenet-voc20", 3  # has bundled perturbations, and is quick
BUDGETS = Path(__file__).parents[2] / "assets" / "measured" / "universal_budgets.md"


@pytest.fixture(scope="module")
def files(photos: dict[str, Path]) -> dict[str, str]:
    return {name: str(path) for name, path in photos.items()}


def small(files: dict[str, str], *names: str) -> photo_set.PhotoSet:
    return photo_set.gather(sample_sources(names, files, load_annotator(NAME)), NAME, K, more_views=False)


def samples_tried(change: changes.Change, files: dict[str, str], *names: str) -> list[trial.Tried]:
    return trial.read(change, sample_sources(names, files, load_annotator(NAME)), names)


@pytest.fixture(scope="module")
def run(files: dict[str, str]) -> tuple[craft.CraftRequest, photo_set.PhotoSet, list[craft.CraftProgress], craft.Made]:
    request = craft.checked(["cat", "admiral"], NAME, K, "TkML-AP-Uv", 4000, 2, 0)
    photo_set_of = small(files, "cat", "admiral")
    return request, photo_set_of, *to_the_end(craft.craft(request, photo_set_of, lambda: False))


# ---- the set --------------------------------------------------------------------------------------------------------


def test_a_photo_gives_four_pictures_on_8_bit_levels() -> None:
    x = tk.quantize(torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)))
    same, mirrored, closer, closer_mirrored = (picture[None] for picture in photo_set.views(x))
    assert torch.equal(same, x) and torch.equal(mirrored.flip(-1), x) and torch.equal(closer_mirrored.flip(-1), closer)
    assert torch.equal(closer, tk.quantize(closer)) and closer.shape == x.shape
    level = torch.full_like(x, 100 / 255)
    assert torch.equal(photo_set.views(level), level.expand(photo_set.VIEWS, -1, -1, -1))


def test_what_the_default_set_leaves_out_shares_no_photo_with_it() -> None:
    parts = {part for name in photo_set.DEFAULT_SET for part in sample(name).parts or (name,)}
    everything = [item.name for item in samples()]
    left = photo_set.unseen(photo_set.DEFAULT_SET, everything)
    assert len(left) >= 2 and all(parts.isdisjoint(sample(name).parts or (name,)) for name in left)
    assert (
        photo_set.seen("breakfast", ["cat"]) == photo_set.PARTLY
        and photo_set.seen("cat", ["breakfast"]) == photo_set.PARTLY
    )
    assert photo_set.seen("cat", ["cat"]) == photo_set.USED and photo_set.unseen([], everything) == everything


def test_uploads_are_taken_at_the_annotators_word_and_samples_at_what_is_known(files: dict[str, str]) -> None:
    annotator = load_annotator(NAME)
    sources = [*sample_sources(["motorcycle"], files, annotator), *uploaded([files["cat"]])]
    photo_set_of = photo_set.gather(sources, NAME, K, more_views=True)
    assert photo_set_of.x.shape == (2 * photo_set.VIEWS, 3, *[annotator.input_size.short] * 2) and (
        photo_set_of.photos,
        photo_set_of.guessed,
    ) == (2, 1)
    assert torch.equal(photo_set_of.true[:4], annotator.mask(["motorbike", "bicycle"]).expand(4, -1))
    with torch.no_grad():
        assert torch.equal(photo_set_of.true[4:5], annotator(photo_set_of.x[4:5]).sigmoid() >= 0.5)


def test_photos_on_which_nothing_is_to_be_won_are_left_out_and_named(files: dict[str, str]) -> None:
    wrong = Source(files["cat"], "My sheep", ("sheep",))
    photo_set_of = photo_set.gather([wrong, *sample_sources(["cat"], files, load_annotator(NAME))], NAME, 1, False)
    assert photo_set_of.left_out == ("My sheep",) and photo_set_of.photos == 1
    with pytest.raises(ValueError, match="true label on top to begin with; there is none on My sheep"):
        photo_set.gather([wrong], NAME, 1, False)
    many = Source(files["cat"], "All", load_annotator(NAME).labels[:11])
    with pytest.raises(ValueError, match="9 labels are not true on it, too few for k = 10"):
        photo_set.gather([many], NAME, 10, False)


def test_pictures_that_are_so_before_any_change_are_counted(files: dict[str, str]) -> None:
    car = Source(files["motorcycle"], "Motorcycle", ("car",))  # third best, but for the closer views
    photo_set_of = photo_set.gather([car], NAME, 3, more_views=True)
    with torch.no_grad():
        logits = torch.cat([load_annotator(NAME)(x) for x in photo_set_of.x.split(1)])
    assert photo_set_of.cleared_before == int((tk.Cleared(true=photo_set_of.true, k=3).margin(logits) < 0).sum()) == 2
    assert photo_set_of.inconsistent_before == int((~tk.consistent(logits, photo_set_of.true, 3)).sum()) == 2
    both = photo_set.gather([car, *sample_sources(["cat"], files, load_annotator(NAME))], NAME, 3, more_views=True)
    assert (both.photos, both.cleared_before, len(both.x)) == (2, 2, 8)


def test_a_bad_file_is_named_and_no_path_is_told(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"no photo")
    with pytest.raises(ValueError, match=r"^holiday\.jpg: This file could not be read as a picture") as caught:
        photo_set.gather(uploaded([str(path)]), NAME, K, False)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"annotator": "imagenet"}, "annotator must be one of 'voc20', 'coco80', "),
        ({"k": 0}, "k must be a whole number from 1 to 10"),
        ({"method": "TkML-AP-U"}, "The method must be one of 'TkML-AP-Uv', "),
        ({"budget": 9000}, "from 200 to 8000"),
        ({"epochs": 1.5}, "must be a whole number from 1 to 50"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_wishes_are_checked(wrong: dict[str, Any], words: str) -> None:
    good = {"annotator": NAME, "k": 3, "method": "kUAPs", "budget": 4000, "epochs": 2, "seed": 0}
    craft.checked([], **good)
    with pytest.raises(ValueError, match=words):
        craft.checked([], **{**good, **wrong})


def test_every_craft_is_an_attack_and_the_margin_is_a_choice() -> None:
    attacks = {title: craft.checked([], NAME, 3, title, 4000, 2, 0).attack() for title in UNIVERSAL}
    assert repr(attacks["TkML-AP-Uv"]) == repr(tk.TkMLAPUv(epochs=2, max_steps=10**6))  # the paper's own by default
    margin = attacks["TkML-AP-Uv, margin"]
    assert isinstance(margin, tk.TkMLAPUv) and margin.surrogate == "margin"


# ---- the run --------------------------------------------------------------------------------------------------------


def test_the_run_is_the_cores_own(run: Any) -> None:
    request, photo_set_of, updates, made = run
    goal = tk.Cleared(true=photo_set_of.true, k=K)
    with threads.thread() as call:  # kernels differ with the threads
        result = call(request.attack(), load_annotator(NAME), photo_set_of.x, goal)
    assert isinstance(result, tk.UniversalResult) and torch.equal(made.z, result.z)
    assert [now.update for now in updates] == list(range(len(updates)))
    assert (made.fooled, made.pictures, made.stopped) == (int(result.achieved.sum()), 2, None)


def test_what_is_reported_is_so(run: Any) -> None:
    _, photo_set_of, _, made = run
    assert made.norm <= 4000 * (1 + 1e-6) and torch.allclose(made.z * 255, (made.z * 255).round(), atol=1e-3)
    with torch.no_grad():
        logits = torch.cat(
            [load_annotator(NAME)(tk.quantize((x + made.z).clamp(0, 1))) for x in photo_set_of.x[:, None]]
        )
    assert made.fooled == int((tk.Cleared(true=photo_set_of.true, k=K).margin(logits) <= -TOLERANCE).sum())
    assert made.inconsistent == int((~tk.consistent(logits, photo_set_of.true, K)).sum())
    first, last = made.points[0], made.points[-1]
    assert (first.epoch, first.fooled, first.noise) == (
        0,
        0,
        0,
    )  # without z nobody is fooled: that is how a set is chosen
    assert (last.fooled, last.noise) == (made.fooled / 2, made.noise / 2)
    assert [point.epoch for point in made.points] == sorted({point.epoch for point in made.points})


@pytest.mark.parametrize(("stop", "limit", "cause"), [(True, 60.0, "user"), (False, 0.0, "time")])
def test_a_run_that_is_cut_short_keeps_what_it_has(files: dict[str, str], stop: bool, limit: float, cause: str) -> None:
    request = craft.checked(["cat"], NAME, K, "kUAPs", 500, 50, 0)
    updates, made = to_the_end(craft.craft(request, small(files, "cat"), lambda: stop, limit))
    assert len(updates) == 1 and (made.stopped, made.updates) == (cause, 0)
    words = {
        "user": "Stopped after 0 steps",
        "time": "A run may last 60 seconds, so this one was ended, at 0 steps; kept is the best",
    }[cause]
    assert render.made_sentence(made, 60).startswith(words)
    assert "0 of its 1 own picture fooled" in render.made_html(made, 60)
    assert "pictures it was made on; none were so before any change." in render.made_html(made, 60)
    crowded = render.made_sentence(replace(made, stopped="time"), 20)
    assert crowded.startswith("Others were waiting for a run, so this one was ended after 20 seconds, at 0 steps;")
    one, two = (render.made_sentence(replace(made, cleared_before=count), 60) for count in (1, 2))
    assert "; 1 was so before any change." in one and "; 2 were so before any change." in two
    facts = render.facts_html(replace(made, left_out=("<b>",), guessed=1))
    assert f"kUAPs for {NAME} at k = 3, made on 1 photo." in facts
    assert "on 0 of the 1 pictures, and did before any change on none." in facts
    assert "&lt;b&gt;" in facts and f"What is true on the photo is the annotator’s guess: {RULE}." in facts


def test_a_run_that_ends_before_its_last_epoch_says_why(run: Any) -> None:
    made = run[-1]
    points = [craft.Point(0, 0, 0), craft.Point(3, 1, 0)]
    ten = replace(made, request=replace(made.request, epochs=10), points=points, stopped=None)
    assert "ended after 3 of 10 rounds (epochs): every picture is fooled" in render.facts_html(ten)
    for whole in (replace(ten, request=replace(made.request, epochs=3)), replace(ten, stopped="user")):
        assert "ended after" not in render.facts_html(whole)


def test_that_a_few_photos_are_too_few_is_said_before_crafting_with_what_was_measured() -> None:
    """A visitor whose change fools all of its own photos and no new one was told so before."""
    said = tab.FEW.format(name="voc20", most=24)
    (row,) = (
        line
        for line in BUDGETS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| voc20 | 3 | TkML-AP-Uv | 0")
    )
    share = re.search(r"([\d.]+) \[[^|]*\(100\) \|$", row)
    photos, fooled, _ = ready_made.measured("TkML-AP-Uv", "voc20", 3)
    assert share and f"on 160 photos fooled {float(share[1]):.0f}% of new" in " ".join(said.split())
    assert notes_of(path_of("TkML-AP-Uv", "voc20", 3))["photos"] == "1000"
    assert f"on 1000 fooled {100 * fooled / photos:.0f}%" in said


def test_a_z_that_is_not_universal_points_to_the_bundled_one(run: Any) -> None:
    made = run[-1]
    assert (
        f"made on 200 photos, choose “{ready_made.bundled_title(ready_made.strongest(NAME, K))}”"
        in changes.of_made(made).on_none
    )
    assert "ready-made" not in changes.of_made(replace(made, request=replace(made.request, k=7))).on_none


def test_z_can_be_taken_away(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run[-1]
    monkeypatch.setattr(change_files, "get_upload_folder", lambda: str(tmp_path))
    monkeypatch.setattr(change_files, "_ready", {})
    npz, png = (Path(path) for path in change_files.of_made(made))
    with np.load(npz) as stored:  # no pickles inside
        assert torch.equal(torch.from_numpy(stored["levels"]).float().div(255), made.z)
        about = json.loads(str(stored["about"]))
    assert (about["annotator"], about["k"], about["norm"]) == (NAME, K, made.norm)
    assert npz.name == f"tkml-ap-uv-{NAME}-k3.npz" and png.read_bytes()[:4] == b"\x89PNG"
    npz, png = (Path(path) for path in change_files.of_ready("TkML-AP-Uv, margin", NAME, K))
    with np.load(npz) as stored:
        levels, about = torch.from_numpy(stored["levels"]), json.loads(str(stored["about"]))
    assert torch.equal(levels.float().div(255), tk.universal("TkML-AP-Uv, margin", NAME, K))
    assert (
        (about["method"], about["k"], about["use"]) == ("TkML-AP-Uv", K, change_files.USE)
        and "own_norm" in about["norms"]
        and int(about["measured"])
    )
    assert npz.name == f"tkml-ap-uv-margin-{NAME}-k3-ready-made.npz" and png.read_bytes()[:4] == b"\x89PNG"
    again = change_files.of_ready("TkML-AP-Uv, margin", NAME, K)
    assert again == (str(npz), str(png))  # nothing is written anew
    sweep(0)  # what was made for one visitor goes
    assert npz.is_file() and png.is_file()
    png.unlink()  # somebody emptied the folder
    assert Path(change_files.of_ready("TkML-AP-Uv, margin", NAME, K)[1]).is_file()


# ---- drawings -------------------------------------------------------------------------------------------------------


def test_z_is_amplified_as_far_as_it_stays_readable() -> None:
    assert [render.factor_for(norm, 3 * 224 * 224) for norm in (200, 1000, 4000, 8000)] == [50, 20, 5, 2]
    assert render.factor_for(10**6, 3 * 224 * 224) == render.FACTORS[0]
    z = torch.zeros(1, 3, 8, 8)
    z[0, 0, 0, 0], z[0, 1, 0, 0] = 10 / 255, -10 / 255
    picture = render.picture_of(z, 10)
    assert picture.getpixel((0, 0)) == (178, 78, 128) and picture.getpixel((1, 1)) == (128, 128, 128)
    assert "× 10" in render.change_html(z, 10, "Change", True)


def test_the_chart_puts_shares_where_they_belong_and_says_them() -> None:
    points = [craft.Point(0, 0, 0), craft.Point(1, 0.5, 0.25), craft.Point(2, 1, 0.25)]
    html = render.rates_html(points, 4, 16)
    assert f'points="0.0,{render.HEIGHT:.1f} 250.0,{render.HEIGHT / 2:.1f} 500.0,0.0"' in html
    assert "After 2.0 of 4 rounds (epochs) the change fools 100% of the set, random noise as large 25%" in html
    assert "Nothing measured yet" in render.rates_html([], 4, 0)


def test_before_a_run_the_shares_are_those_that_were_measured() -> None:
    whose = "kUAPs", NAME, K
    notes, html = (
        notes_of(path_of(*whose)),
        render.shares_html(K, *ready_made.measured(*whose), ready_made.looser(*whose)),
    )
    share, noise = (100 * int(notes[name]) / int(notes["measured"]) for name in ("goal", "noise_goal"))
    assert (
        f"at k = {K}, of {notes['measured']} new photos" in html
        and f'class="fooled" style="width: {share:.1f}%"' in html
    )
    looser = [100 * int(notes[name]) / int(notes["measured"]) for name in ("inconsistent", "noise_inconsistent")]
    assert f"(E = 0): {looser[0]:.1f}% with the change, {looser[1]:.1f}% with the noise." in html
    assert html.index(f"<b>{share:.1f}%</b>") < html.index(f"<b>{noise:.1f}%</b>")


# ---- on other photos ------------------------------------------------------------------------------------------------


def test_the_strongest_bundled_z_is_the_one_that_did_best_when_measured() -> None:
    for k in (1, 2, 3):
        rates = {name: int(notes_of(path_of(name, NAME, k))["goal"]) for name in UNIVERSAL}
        assert rates[ready_made.strongest(NAME, k)] == max(rates.values()) > min(rates.values())
    assert ready_made.strongest(NAME, 7) == next(iter(UNIVERSAL))


def test_the_tab_begins_with_the_bundled_z_that_is_furthest_ahead_of_noise() -> None:
    found = {(whose, k): notes_of(path_of(name, whose, k)) for name, whose, k in ready_made.bundled()}
    lead = {
        name: (int(notes["goal"]) - int(notes["noise_goal"])) / int(notes["measured"]) for name, notes in found.items()
    }
    assert lead[ready_made.best_start(tk.available())] > 0.5
    assert ready_made.best_start([NAME])[0] == NAME and ready_made.best_start(["mine"]) == ("mine", 3)


def test_beside_the_share_stands_what_is_fooled_on_the_other_annotators() -> None:
    """The tab begins with the annotator that is fooled most, so it says so, and others what they are beside it."""
    first, k = ready_made.best_start(tk.available())
    for name in ("voc20", first):
        told = ready_made.elsewhere(name, k)
        assert told.startswith("Of the annotators here this one is fooled most") == (name == first)
        for whose in {whose for _, whose, for_k in ready_made.bundled() if for_k == k}:
            notes = [notes_of(path_of(way, *one)) for way, *one in ready_made.bundled() if one == [whose, k]]
            best = max(int(one["goal"]) / int(one["measured"]) for one in notes)
            assert f"{best:.0%} {'of new photos here' if whose == name else f'({whose})'}" in told
        assert told in str(stage._drawn("TkML-AP-Uv", name, k)[1])
    assert ready_made.elsewhere(NAME, 7) == ""


def test_random_noise_as_large_is_tried_on_the_same_photos(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change in the place of the noise fools what that change fools, and its count is that of the new photos."""
    change = changes.of_ready("TkML-AP-Uv, margin", NAME, 1)
    chosen = samples_tried(change, files, "coffee", "astronaut", "cat")
    won = [trial.put_on(change, one).report["achieved"] for one in chosen]
    assert any(won)
    nothing = replace(change, z=torch.zeros_like(change.z))
    tally, rows = trial.try_html(nothing, chosen)
    assert "Random noise as large (seed 0) fools 0 of these 3." in tally and "fools it" not in rows
    monkeypatch.setattr(trial, "noise_like", lambda z, seed: change.z)
    tally, rows = trial.try_html(nothing, chosen)
    assert f"(seed 0) fools {sum(won)} of these 3." in tally
    by_noise = [trial.fooled_by_noise(nothing, trial.put_on(nothing, one)) for one in chosen]
    assert by_noise == won
    used = [replace(chosen[0], note=photo_set.USED), *chosen[1:]]
    assert f"(seed 0) fools {sum(won[1:])} of these 2." in trial.try_html(nothing, used)[0]


def test_the_lead_says_whose_share_it_is() -> None:
    """Method, k and photos of each share: what is shown below it, and Table 4, have others."""
    told = ready_made.depends(tk.available())
    rates = {
        (name, k): int(notes_of(path_of(name, NAME, k))["goal"])
        for name, whose, k in ready_made.bundled()
        if whose == NAME
    }
    (name, k), won = max(rates.items(), key=lambda item: item[1])
    photos = int(notes_of(path_of(name, NAME, k))["measured"])
    assert f"of {photos} photos each" in told
    assert f"{100 * won / photos:.0f}% for {NAME} at k = {k} ({name})" in told
    assert not ready_made.depends([NAME])


def test_a_bundled_z_comes_with_its_measured_rates() -> None:
    change, notes = changes.of_ready("kUAPs", NAME, 2), notes_of(path_of("kUAPs", NAME, 2))
    assert torch.equal(change.z, tk.universal("kUAPs", NAME, 2))
    assert f"{100 * int(notes['goal']) / int(notes['measured']):.1f}%" in change.origin
    with pytest.raises(ValueError, match=f"kUAPs change for {NAME} at k = 7; there are some for k = 1, 2 and 3.*Craft"):
        changes.of_ready("kUAPs", NAME, 7)


def test_where_there_is_no_bundled_z_the_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ready_made.has_ready(NAME, K) and not ready_made.has_ready(NAME, 7)
    others = tuple(found for found in ready_made.bundled() if found[1] != NAME)
    monkeypatch.setattr(ready_made, "bundled", lambda: others)
    assert not ready_made.has_ready(NAME, K)
    with pytest.raises(ValueError, match=f"there are some for .*{others[0][1]}.* press Craft"):
        changes.of_ready("kUAPs", NAME, K)
    monkeypatch.setattr(ready_made, "bundled", tuple)
    with pytest.raises(ValueError, match="nor for any other annotator"):
        changes.of_ready("kUAPs", NAME, K)


def test_z_is_added_unaltered_and_the_row_says_what_came_of_it(files: dict[str, str]) -> None:
    change = changes.of_ready("TkML-AP-Uv", NAME, K)
    (coffee,) = samples_tried(change, files, "coffee")
    outcome = trial.put_on(change, coffee)
    x = outcome.plan.photo.x
    assert torch.equal(outcome.x_adv, tk.quantize((x + change.z).clamp(0, 1)))
    row = trial.row_html(coffee, outcome, change.z, False)
    fooled = "diningtable" not in [name for name, _ in outcome.report["after"]]
    assert outcome.report["achieved"] is fooled and ("Fooled</strong>" in row) is fooled
    assert 'class="label true"' in row and "new" in row

    arrived, own = tk.size_of(outcome.x_adv - x).l2, tk.size_of(change.z).l2
    assert f"{arrived:.1f} <small>" in row and f"{own:.0f}" != f"{arrived:.0f}"  # as the CSV has it: edges cut z
    assert arrived == outcome.report["l2"] and f"of size {own:.0f} (‖z‖₂)" in trial.own_size(change.z)

    nothing = changes.Change(torch.zeros_like(change.z), NAME, K, "TkML-AP-Uv", "A z that is none.", " Nothing at all.")
    evil = Source(coffee.source.path, "<img src=x>", coffee.source.truth)
    tally, rows = trial.try_html(nothing, trial.read(nothing, [evil], []))
    assert "0 of 1 fooled</strong><p>A z that is none. Nothing at all." in tally and "verdict lost" in tally
    assert "Not fooled" in rows and "dining table is still in the top 3" in rows
    assert "<img src=x>" not in rows
    with pytest.raises(ValueError, match="at least one photo"):
        trial.read(nothing, [], [])
    with pytest.raises(ValueError, match="At most 12 photos"):
        trial.read(nothing, [evil] * 13, [])


def test_what_was_measured_on_many_photos_is_the_news_before_the_few_that_are_tried(files: dict[str, str]) -> None:
    """And no failure of anything where these few are not fooled."""
    none = replace(changes.of_ready("kUAPs", NAME, K), z=torch.zeros(1, 3, 224, 224))
    notes = notes_of(path_of("kUAPs", NAME, K))
    tally, _ = trial.try_html(none, samples_tried(none, files, "coffee", "cat"))
    assert f"{100 * int(notes['goal']) / int(notes['measured']):.0f}% of new photos at k = {K}</strong>" in tally
    assert "Below: 0 of 2 fooled." in tally and 'class="verdict told"' in tally


def test_photos_that_a_change_was_made_on_are_known_again_and_counted_apart(
    files: dict[str, str], tmp_path: Path, run: Any
) -> None:
    """Under another name, stored otherwise, or mirrored; and no sample that was uploaded is taken for a new photo."""
    change = changes.of_made(run[-1])  # made on the samples cat and admiral
    again, mirrored, new = (tmp_path / f"{name}.png" for name in ("holiday", "mirrored", "coffee"))
    photo = Image.open(files["cat"]).convert("RGB")
    photo.save(again, compress_level=1)
    x = photo_set.read(uploaded([files["admiral"]])[0], NAME).x
    to_image(x.flip(-1)).save(mirrored)
    Image.open(files["coffee"]).save(new)
    annotator = load_annotator(NAME)
    sources = [*sample_sources(["cat", "coffee"], files, annotator), *uploaded(map(str, (again, mirrored, new)))]
    found = trial.read(change, sources, ["cat", "coffee"])
    expected = [photo_set.USED, photo_set.NEW, photo_set.USED, photo_set.USED, photo_set.YOURS]
    assert [one.note for one in found] == expected
    tally, rows = trial.try_html(change, found)
    assert " of 2 fooled</strong>" in tally and "Counted apart, as the change was made on them: " in tally
    assert tally.count(" of 3 fooled. Only photos") == 1 and rows.count(photo_set.USED) == 3
    only, _ = trial.try_html(change, found[:1])
    assert "No new photo</strong>" in only and "of 1 fooled" in only and "verdict told" in only


def test_a_bundled_z_is_tried_on_every_sample_at_first(files: dict[str, str]) -> None:
    """Each photo counts once: mosaics are made of the others."""
    with gr.Blocks(), gr.Tab() as opened:
        w = tab.build(opened, [NAME], files)
    photos = [name for name in files if name not in ("mosaic", "breakfast")]
    assert w.tried.samples.value == photos[: trial.MOST_TRIED] and len(photos) > 2
    assert str(trial.MOST_TRIED) in str(w.tried.samples.info)


def test_the_first_photos_tried_are_those_on_which_the_annotator_is_right(files: dict[str, str]) -> None:
    """A cup of coffee that is something else before any change looks like a mistake of the page."""
    name, k = "mobilenet-coco80", 3  # which knows some of the samples only
    annotator, names = load_annotator(name), photo_set.whole(files)
    found = photo_set.agreed(names, files, name, k)
    right = []
    for source, sample_name in zip(sample_sources(names, files, annotator), names, strict=True):
        with torch.no_grad():
            logits = annotator(photo_set.read(source, name).x)
        best = {annotator.labels[j] for j in logits[0].topk(k).indices.tolist()}
        right += [sample_name] if best <= set(source.truth) or best >= set(source.truth) else []
    assert found == right and 0 < len(found) < len(names)


def test_a_truth_that_was_guessed_is_named_in_its_row(files: dict[str, str]) -> None:
    change = changes.of_ready("TkML-AP-Uv", NAME, K)
    (theirs,), (known,) = trial.read(change, uploaded([files["cat"]]), []), samples_tried(change, files, "cat")
    assert trial.put_on(change, theirs).plan.roles.true == ("cat",)
    assert "Truth guessed: cat." in trial.row_html(theirs, trial.put_on(change, theirs), change.z, False)
    assert "guessed" not in trial.row_html(known, trial.put_on(change, known), change.z, False)


def test_samples_are_checked_before_any_is_read_and_count_once(files: dict[str, str]) -> None:
    annotator = load_annotator(NAME)
    assert len(sample_sources(["cat"] * 400, files, annotator)) == 1
    for wrong in ("cat", [["cat"]], ["cat", "no such sample"], {"cat": 1}, 5):
        with pytest.raises(ValueError, match="must be a list of names") as caught:
            sample_sources(wrong, files, annotator)  # type: ignore[arg-type]
        assert len(str(caught.value)) < 800


def test_reading_the_set_can_be_stopped_between_two_photos(files: dict[str, str]) -> None:
    reading = photo_set.gathering(sample_sources(["cat", "astronaut"], files, load_annotator(NAME)), NAME, K, False)
    assert next(reading) == 0  # before the first is opened
    reading.close()


def test_the_clock_holds_while_the_set_is_read(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with gr.Blocks() as page, gr.Tab() as opened:
        w = tab.build(opened, [NAME], files)
    (pressed,) = (fn for fn in page.fns.values() if (w.run._id, "click") in fn.targets and fn.inputs)
    monkeypatch.setattr(PLACES, "alone", 0.0)
    form = [box.value for box in pressed.inputs]
    with pytest.raises(gr.Error, match="before all photos were read"):
        list(pressed.fn(gr.Request(session_hash="x"), *form))
    assert PLACES.running() == 0


# ---- the stage ------------------------------------------------------------------------------------------------------


def stage_of(w: UniversalWidgets, which: str, own: stage.Own | None, name: str, k: int) -> tuple[str, str, str, bool]:
    """Its words, its picture with what stands above it, its shares, and whether there are files."""
    shown = stage.shown(w, which, own, name, k)
    return str(shown[w.verdict]), str(shown[w.z]), str(shown[w.rates]), shown[w.npz]["interactive"]


@pytest.fixture
def w(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UniversalWidgets]:
    monkeypatch.setattr(change_files, "get_upload_folder", lambda: str(tmp_path))
    monkeypatch.setattr(change_files, "_ready", {})
    with gr.Blocks(), gr.Tab() as opened:
        yield tab.build(opened, [NAME, "hardened-voc20"], files)


def test_the_stage_shows_the_ready_made_change_of_the_annotator_and_k_that_are_chosen(w: UniversalWidgets) -> None:
    for k in (1, 2):
        words, picture, shares, there = stage_of(w, "kUAPs", None, NAME, k)
        assert f"ready-made change for {NAME} at k = {k}" in words and f"for {NAME}, k = {k}</h2>" in picture
        met, _ = rates_of("kUAPs", NAME, k)
        assert f"<b>{100 * met:.1f}%</b>" in shares and there
    assert stage_of(w, "kUAPs", None, NAME, 1)[1] != picture
    none, picture, shares, there = stage_of(w, "kUAPs", None, "hardened-voc20", 2)
    assert (
        "no ready-made kUAPs change for hardened-voc20 at k = 2; there are some for" in none and "press Craft" in none
    )
    assert "<img" not in picture and "None ready-made for hardened-voc20, k = 2." in picture
    assert "Press Craft" in shares and not there
    assert "choose a ready-made one" in stage_of(w, changes.OWN, None, NAME, 2)[0]
    assert "choose" not in stage_of(w, changes.OWN, None, NAME, 7)[0]


def test_what_the_visitor_made_is_theirs_whatever_is_chosen(w: UniversalWidgets, run: Any) -> None:
    own = stage.Own(run[-1], 60, change_files.of_made(run[-1]))
    first = stage_of(w, changes.OWN, own, "hardened-voc20", 7)
    assert f"Your change, for {NAME}, k = {K}</h2>" in first[1] and first[3]
    words, picture, *_ = stage_of(w, "kUAPs", own, NAME, 1)
    assert "Yours is kept" in words and "Ready-made change" in picture
    assert stage_of(w, changes.OWN, own, NAME, 1) == first
    Path(own.files[0]).unlink()  # an hour has passed
    files = stage.shown(w, changes.OWN, own, NAME, 1)
    assert Path(files[w.npz]["value"]).is_file() and Path(files[w.png]["value"]).is_file()


def test_photos_that_were_tried_with_another_change_are_said_to_be(run: Any) -> None:
    one, two = (stage.Own(run[-1], 60, (name, name)) for name in ("a", "b"))
    ready = stage.about("kUAPs", one, NAME, 1)
    assert ready == stage.about("kUAPs", None, NAME, 1) != stage.about("kUAPs", None, NAME, 2)
    mine = stage.about(changes.OWN, one, NAME, 1)
    assert mine == stage.about(changes.OWN, one, "hardened-voc20", 2) != stage.about(changes.OWN, two, NAME, 1)
    assert not stage.stale_html(None, ready, True) and not stage.stale_html(ready, ready, True)
    assert "Press Try it" in stage.stale_html(ready, mine, True)
    assert "Try it" not in stage.stale_html(ready, mine, False)


def test_a_choice_during_a_run_leaves_the_stage_to_it_and_a_run_that_fails_gives_it_back(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(change_files, "get_upload_folder", lambda: str(tmp_path))
    with gr.Blocks() as page, gr.Tab() as opened:
        w = tab.build(opened, [NAME], files)
    events = {(block, name): fn for fn in page.fns.values() for block, name in fn.targets if fn.fn and fn.inputs}
    choose = events[w.k._id, "input"]
    form = {box._id: box.value for box in choose.inputs}
    form |= {w.which._id: "kUAPs", w.k._id: 2}
    redrawn = choose.fn(*form.values())
    assert f"for {NAME} at k = 2" in str(redrawn[w.verdict])
    during = choose.fn(*(form | {w.crafting._id: True}).values())
    assert not isinstance(during, dict) or w.verdict not in during

    def broken(*_: Any) -> Iterator[Any]:
        raise ValueError("It broke.")
        yield

    monkeypatch.setattr(craft, "craft", broken)
    pressed = events[w.run._id, "click"]
    updates = []
    with pytest.raises(gr.Error, match="It broke"):
        for update in pressed.fn(gr.Request(session_hash="x"), *(box.value for box in pressed.inputs)):
            updates.append(update)
    assert "Crafting with" in str(updates[-2][w.verdict]) and updates[-2][w.crafting]
    assert "ready-made change for" in str(updates[-1][w.verdict]) and not updates[-1][w.crafting]
    assert updates[-1][w.npz]["interactive"]
