"""Settings in an address: what the browser makes of the choices, and what of an address can be had."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from conftest import with_universal

from demo.catalog import attacks as catalog
from demo.components.theme import script
from demo.engine.annotators import load_annotator
from demo.engine.plan import Plan, plan_for
from demo.engine.value_checks import web_address
from demo.photos.public_names import photo_id
from demo.photos.samples import sample
from demo.photos.selection import known_truth
from demo.render.qr_code import qr_svg
from demo.tabs.attack import link
from demo.tabs.attack.form import page_plan

MOSAIC = ("cat", "person", "motorbike")


@pytest.fixture(scope="module")
def blank(browser: Any) -> Any:
    """A page without anything on it, to run the link's script."""
    page = browser.new_page()
    yield page
    page.close()


def form(path: Path, **chosen: Any) -> list[Any]:
    """The contents of the tab's widgets, with what is `chosen` and the rest as on arrival."""
    annotator = chosen.get("annotator", "voc20")
    known = list(known_truth(sample("mosaic"), load_annotator(annotator)))
    true = chosen.get("true", known)
    origin = "sample" if true == known else "yours"
    toggles = {"truth": true, "photo": photo_id(path), "annotator": annotator, "origin": origin}
    attack = chosen.get("attack", "TkML-AP-U")
    plain = {
        "k": 3,
        "goal": catalog.goals_of(attack)[0],
        "case": "best",
        "labels": [],
        "max_steps": catalog.choice_of(attack).steps,
        "seed": 0,
        "score_space": "logits",
    }
    said = {**plain, **chosen}
    fields = [chosen.get(name, "") for name in catalog.SETTINGS]
    return [
        annotator, toggles, said["k"], attack, said["goal"], said["case"], said["labels"], said["max_steps"], said["seed"],
        said["score_space"], *fields,
    ]  # fmt: skip


def query(blank: Any, widgets: list[Any]) -> str:
    made: str = blank.evaluate(
        f"(values) => ({script('tabs/attack/link.js')})({json.dumps(link.rules())}, values)", widgets
    )
    return made


def plan_of(path: Path, widgets: list[Any]) -> Plan:
    annotator, toggles, *rest = widgets
    return page_plan(str(path), annotator, toggles, *rest)


CHOICES: list[dict[str, Any]] = [
    {},
    {"k": 2, "step": "0,25", "beta": "0.5", "max_steps": 77},
    {"goal": "inconsistent", "score_space": "probability"},
    {"attack": "TkML-AP-T", "k": 2, "case": "random", "seed": 11},
    {"attack": "CW^k", "k": 2, "case": "chosen", "labels": ["tvmonitor", "dog"], "kappa": "0.1"},
    {"attack": "MinNorm", "goal": "hide", "labels": ["person"], "true": ["cat", "person"], "confidence": "0"},
    {"attack": "TkML-AP-Uv"},
]


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: " ".join(map(str, chosen.values())) or "arrival")
def test_an_address_brings_everything_back(photos: dict[str, Path], blank: Any, chosen: dict[str, Any]) -> None:
    if catalog.precomputed(chosen.get("attack", "TkML-AP-U")):
        chosen = {**chosen, "annotator": with_universal(chosen["attack"])}
    widgets = form(photos["mosaic"], **chosen)
    plan = plan_of(photos["mosaic"], widgets)
    asked = link.read(dict(parse_qsl(query(blank, widgets))), "cat", "coco80")
    assert asked and asked.sample == "mosaic" and not asked.stands_in
    again = plan_for(photos["mosaic"], asked.request)
    for field in ("k", "settings", "goal_name", "roles", "max_steps"):
        assert getattr(again, field) == getattr(plan, field), field
    if catalog.uses_seed(plan.request.attack):
        assert again.seed == plan.seed
    assert again.request.annotator == plan.request.annotator


def test_an_address_says_only_what_counts(photos: dict[str, Path], blank: Any) -> None:
    made = dict(parse_qsl(query(blank, form(photos["mosaic"], kappa="0.5", seed=7, labels=["dog"]))))
    assert made == {"sample": "mosaic", "annotator": "voc20", "k": "3", "attack": "TkML-AP-U"}
    made = dict(parse_qsl(query(blank, form(photos["mosaic"], attack="TkML-AP-U", goal="ordered"))))
    assert "goal" not in made  # chosen for the attack before it


def test_an_upload_leaves_its_labels_out_of_the_link(photos: dict[str, Path], blank: Any) -> None:
    chosen = {"k": 2, "attack": "TkML-AP-T", "case": "chosen", "labels": ["sofa", "dog"], "true": ["cat"], "seed": 9}
    made = query(blank, form(Path("upload") / ("a" * 64) / "holiday.jpg", **chosen))
    assert not {"sofa", "dog", "cat", "holiday"} & set(made.replace("%2C", "&").replace("=", "&").split("&"))
    asked = link.read(dict(parse_qsl(made)), "mosaic", "voc20")
    assert asked and asked.sample == "mosaic" and asked.stands_in and asked.request.target_case == "best"
    plan = plan_for(photos["mosaic"], asked.request)
    assert plan.k == 2 and plan.seed == 9 and plan.roles.true == MOSAIC


def test_an_address_without_settings_asks_for_nothing() -> None:
    assert link.read({"__theme": "dark", "view": "api", "utm_source": "mail"}, "mosaic", "voc20") is None
    asked = link.read({"k": "1"}, "mosaic", "voc20")
    assert asked and asked.request.k == 1 and set(asked.request.true_labels) == set(MOSAIC)


def follow(photos: dict[str, Path], params: dict[str, str]) -> link.Followed:
    found = link.follow(params, "mosaic", "voc20", lambda asked: plan_for(photos[asked.sample], asked.request))
    assert found
    return found


BAD: list[tuple[dict[str, str], str]] = [
    ({"k": "0"}, "from 1 to 19"),
    ({"k": "-3"}, "k must be a whole number, 0 or more"),
    ({"k": "٣"}, "k must be a whole number"),
    ({"k": "9" * 400}, "k must be a whole number"),
    ({"sample": "../../etc/passwd"}, "No sample is called"),
    ({"annotator": "<b>x</b>"}, "voc20"),
    ({"attack": "PGD"}, "TkML-AP-U"),
    ({"goal": "ordered"}, "'targeted'"),
    ({"case": "closest"}, "best"),
    ({"case": "chosen", "labels": "sofa"}, "exactly 2 target labels"),
    ({"true": "unicorn"}, "unicorn"),
    ({"true": "cat," * 2000}, "too long"),
    ({"max_steps": "2001"}, "from 1 to 2000"),
    ({"seed": "1e3"}, "seed must be a whole number"),
    ({"beta": "much"}, "must be a number"),
    ({"beta": "nan"}, "β"),
    ({"beta": "-1"}, "β"),
    ({"score_space": "pixels"}, "score_space"),
]


@pytest.mark.parametrize(("bad", "words"), BAD, ids=[str(bad)[:40] for bad, _ in BAD])
def test_one_bad_setting_is_left_out_and_named(photos: dict[str, Path], bad: dict[str, str], words: str) -> None:
    good = {"sample": "cat", "annotator": "voc20", "k": "2", "attack": "TkML-AP-T", "seed": "5", "max_steps": "40"}
    found = follow(photos, {**good, **bad})
    assert set(found.dropped) == set(bad)
    said = link.refusal(found.dropped)
    assert f"Left out of the link: {', '.join(bad)}." in said and words in said and len(said) < 700
    request = found.linked.request
    kept = {"sample": found.linked.sample, "annotator": request.annotator, "k": str(found.plan.k)} | {
        "attack": request.attack,
        "seed": str(found.plan.seed),
        "max_steps": str(found.plan.max_steps),
    }
    assert {name: kept[name] for name in good.keys() - bad.keys()} == {
        name: good[name] for name in good.keys() - bad.keys()
    }
    assert not found.linked.stands_in  # what is not there is not the sender's own photo


def test_labels_of_a_photo_that_is_not_there_go_with_it(photos: dict[str, Path]) -> None:
    found = follow(photos, {"sample": "moon", "true": "dog", "k": "1", "beta": "x"})
    assert set(found.dropped) == {"sample", "true", "beta"} and found.plan.k == 1
    assert found.plan.roles.true == MOSAIC
    assert "And 1 more." in link.refusal(found.dropped)


def test_where_nothing_can_be_had_the_page_stays_as_it_is(photos: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="Left out of the link: sample, k"):
        follow(photos, {"sample": "moon", "k": "999"})


@pytest.mark.parametrize(
    "sent", ["", "javascript:alert(1)", "https://a.org/ <b>", "https://a.org/?" + "k" * 2000, 3, None]
)
def test_only_an_address_is_drawn_on_a_card_or_as_a_code(sent: Any) -> None:
    with pytest.raises(ValueError, match=r"The link must be an address such as https://example\.org/\?k=3"):
        web_address("The link", sent)


def test_a_code_is_black_on_white_with_its_margin_and_has_no_size_of_its_own() -> None:
    svg = qr_svg(web_address("The link", "http://192.168.1.20:7860/?sample=mosaic&k=3"))
    side = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    assert (side - 8 - 17) % 4 == 0 and " width=" not in svg  # 4 light modules all round
    assert f'fill="#fff" d="M0 0h{side}v{side}h-{side}z"' in svg and 'stroke="#000"' in svg
