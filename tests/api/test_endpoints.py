"""The two endpoints that other programs call, through Gradio's own client and a running server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import with_universal
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import tkml_core as tk
from demo.catalog import attacks as catalog
from tkml_core.attacks.common.base import LARGEST

REPORT = {
    "annotator": str, "attack": str, "k": int, "true_labels": list, "targets": list, "before": list, "after": list,
    "achieved": bool, "consistent": bool, "pert": float, "l2": float, "linf": float, "ssim": float, "steps": int,
    "forwards": int, "backwards": int, "seconds": float, "device": str, "seed": int,
}  # fmt: skip


@pytest.fixture(scope="module")
def client(server: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(server, verbose=False, download_files=str(tmp_path_factory.mktemp("client")))


def attack(client: Client, photo: Path, **wish: Any) -> tuple[str, dict[str, Any]]:
    values = {
        "annotator": "voc20", "k": 1, "attack": "TkML-AP-U", "true_labels": ["cat"], "target_case": "",
        "target_labels": [], "max_steps": 200, "seed": 0, **wish,
    }  # fmt: skip
    png, report = client.predict(image=handle_file(photo), **values, api_name="/attack")
    return png, report


def test_these_two_endpoints_are_all_there_is(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/attack", "/annotate"}
    names = [parameter["parameter_name"] for parameter in named["/attack"]["parameters"]]
    said = {name: [one["python_type"]["description"] for one in of["parameters"]] for name, of in named.items()}
    # By how much the goal is to be met, which the page has another default for.
    about = named["/attack"]["description"]
    assert (
        "The margin of the win κ" in about
        and "is 0 here" in about
        and f"page asks for {catalog.FIRM:g}, MinNorm there for 0" in about
    )
    # What an empty value means stands at each argument.
    assert all(re.search(r'\[\] is|"" is|Empty is|Not empty', words) for there in said.values() for words in there)
    *_, confidence, beta = said[
        "/attack"
    ]  # which attacks have them, and the core's limits, as the page's fields have them
    assert all(f"from 0 to {LARGEST}" in words for words in (confidence, beta))
    none = {name for name in tk.ATTACKS if "confidence" not in catalog.setting_names(name)}
    assert set(re.split(r"[\s.]+", confidence)) & set(tk.ATTACKS) == none
    with_beta = {name for name in tk.ATTACKS if "beta" in catalog.setting_names(name)}
    assert set(re.split(", | and ", re.search("for (.*) alone", beta)[1])) == with_beta  # type: ignore[index]
    assert "not true" in said["/attack"][2] and "all that the annotator has" in said["/annotate"][2]
    assert names == [
        "image", "annotator", "k", "attack", "true_labels", "target_case", "target_labels", "max_steps", "seed", "goal",
        "confidence", "beta",
    ]  # fmt: skip
    assert [parameter["parameter_name"] for parameter in named["/annotate"]["parameters"]] == [
        "image",
        "annotator",
        "k",
    ]


@pytest.mark.parametrize("annotator", ["voc20", "coco80"])
def test_annotate_lists_labels_with_probabilities(client: Client, photos: dict[str, Path], annotator: str) -> None:
    labels = client.predict(handle_file(photos["cat"]), annotator, 3, api_name="/annotate")
    assert len(labels) == 3 and labels[0][0] == "cat"
    assert [p for _, p in labels] == sorted((p for _, p in labels), reverse=True)


@pytest.mark.parametrize(
    "wish",
    [
        {"attack": "TkML-AP-U", "k": 2, "target_case": "worst", "target_labels": ["cat"]},
        {"attack": "TkML-AP-U", "k": 2, "goal": "inconsistent"},
        {"attack": "TkML-AP-T", "k": 1, "target_case": "best", "max_steps": 50},
        {"attack": "TkML-AP-T", "k": 1, "target_case": "chosen", "target_labels": ["couch"], "max_steps": 50},
    ],
    ids=["untargeted, ignores targets", "inconsistent", "best targets", "chosen targets"],
)
@pytest.mark.usefixtures("small_photos")
def test_an_attack_comes_back_as_png_and_report(client: Client, photos: dict[str, Path], wish: dict[str, Any]) -> None:
    png, report = attack(client, photos["cat"], **wish)
    assert {name for name, kind in REPORT.items() if not isinstance(report[name], kind)} == set()
    assert (
        report["achieved"] and report["psnr"] > 30 and report["attack"] == wish["attack"] and report["k"] == wish["k"]
    )
    assert Image.open(png).format == "PNG"
    assert client.predict(handle_file(png), "voc20", wish["k"], api_name="/annotate") == report["after"]
    assert client.predict(handle_file(photos["cat"]), "voc20", wish["k"], api_name="/annotate") == report["before"]
    after = {name for name, _ in report["after"]}
    if wish["attack"] == "TkML-AP-T":
        assert after == set(report["targets"])
    else:
        assert report["targets"] == [] and ("cat" not in after or wish.get("goal") == "inconsistent")
    if "couch" in wish.get("target_labels", []):
        assert report["targets"] == ["sofa"]


@pytest.mark.parametrize(
    ("wish", "goal", "achieved"),
    [
        ({"attack": "kFool", "max_steps": 10}, "cleared", True),
        ({"annotator": with_universal("TkML-AP-Uv", 1), "attack": "TkML-AP-Uv"}, "cleared", None),
        ({"annotator": with_universal(k=1), "attack": "kUAPs", "goal": "inconsistent"}, "inconsistent", None),
        ({"attack": "ML-AP", "target_case": "best", "max_steps": 20}, "targeted", True),
        ({"attack": "CW^k", "target_case": "chosen", "target_labels": ["dog"], "max_steps": 3}, "ordered", None),
        ({"attack": "CW^k", "target_case": "best", "goal": "targeted", "max_steps": 3}, "targeted", None),
        ({"attack": "MinNorm", "max_steps": 10}, "cleared", True),
        ({"attack": "MinNorm", "target_case": "best", "max_steps": 10}, "targeted", True),
        ({"attack": "BlackBox", "max_steps": 5}, "cleared", None),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_every_attack_can_be_asked_for(
    client: Client,
    photos: dict[str, Path],
    wish: dict[str, Any],
    goal: str,
    achieved: bool | None,
    request: pytest.FixtureRequest,
) -> None:
    if "annotator" not in wish:  # a change made beforehand is of one size
        request.getfixturevalue("small_photos")
    png, report = attack(client, photos["cat"], **wish)
    assert {name for name, kind in REPORT.items() if not isinstance(report[name], kind)} == set()
    assert report["goal"] == goal and report["attack"] == wish["attack"]
    assert achieved is None or report["achieved"] is achieved
    assert report["steps"] <= wish.get("max_steps", 0) and report["consistent"] is (report["after"][0][0] == "cat")
    assert client.predict(handle_file(png), report["annotator"], 1, api_name="/annotate") == report["after"]
    assert len(report["targets"]) == (1 if goal in ("targeted", "ordered") else 0)


@pytest.mark.usefixtures("small_photos")
def test_a_true_label_is_hidden_and_the_others_stay(client: Client, photos: dict[str, Path]) -> None:
    truth = ["cat", "person", "motorbike"]
    wish = {
        "attack": "MinNorm",
        "k": 3,
        "goal": "hide",
        "true_labels": truth,
        "target_labels": ["cat"],
        "max_steps": 30,
    }
    _, report = attack(client, photos["mosaic"], **wish)
    after = {name for name, _ in report["after"]}
    assert report["achieved"] and "cat" not in after and {"person", "motorbike"} <= after
    assert report["hidden"] == ["cat"] and report["targets"] == []


@pytest.mark.usefixtures("small_photos")
def test_targets_come_in_the_order_asked_for(client: Client, photos: dict[str, Path]) -> None:
    wish = {"attack": "CW^k", "k": 2, "target_case": "chosen", "target_labels": ["sofa", "dog"], "max_steps": 60}
    _, report = attack(client, photos["cat"], **wish)
    assert report["targets"] == ["sofa", "dog"]
    assert report["achieved"] and [name for name, _ in report["after"]] == ["sofa", "dog"]


@pytest.mark.usefixtures("small_photos")
def test_positions_work_as_well_as_names_and_empty_labels_mean_the_guess(
    client: Client, photos: dict[str, Path]
) -> None:
    values = ("voc20", 1, "TkML-AP-U", [], "", [], 100, 7)
    png, report = client.predict(handle_file(photos["cat"]), *values, api_name="/attack")
    assert report["true_labels"] == ["cat"] and report["true_labels_guessed"] and report["seed"] == 7
    assert Path(png).is_file()


@pytest.mark.usefixtures("small_photos")
def test_the_margin_of_the_win_and_the_weight_of_size_are_those_asked_for(
    client: Client, photos: dict[str, Path]
) -> None:
    barely, firmly = (attack(client, photos["cat"], **more)[1] for more in ({}, {"confidence": 2, "beta": 0.02}))
    assert barely["settings"]["confidence"] == 0 and barely["settings"]["beta"] == tk.TkMLAPU().beta
    assert firmly["settings"]["confidence"] == 2 and firmly["settings"]["beta"] == 0.02
    assert firmly["achieved"] and firmly["margin_of_win"] >= 2 > barely["margin_of_win"]
    nine, ten = ["voc20", 1, "TkML-AP-U", ["cat"], "", [], 200, 0], [""]
    for values in (nine, nine + ten):
        _, report = client.predict(handle_file(photos["cat"]), *values, api_name="/attack")
        assert (report["settings"], report["l2"]) == (barely["settings"], barely["l2"])
    _, report = client.predict(handle_file(photos["cat"]), *nine, *ten, 2, 0.02, api_name="/attack")
    assert (report["settings"], report["l2"]) == (firmly["settings"], firmly["l2"])


@pytest.mark.usefixtures("small_photos")
def test_the_same_seed_gives_the_same_random_targets(client: Client, photos: dict[str, Path]) -> None:
    wish = {"attack": "TkML-AP-T", "target_case": "random", "k": 3, "max_steps": 1}
    first, again, other = (attack(client, photos["cat"], seed=seed, **wish)[1] for seed in (5, 5, 6))
    assert first["targets"] == again["targets"] and len(first["targets"]) == 3
    assert first["targets"] != other["targets"]
    assert json.dumps(first["after"]) == json.dumps(again["after"])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"annotator": "imagenet"}, "'coco80'"),
        ({"attack": "PGD"}, next(iter(tk.ATTACKS))),
        ({"k": 0}, "from 1 to 19"),
        ({"k": 2.5}, "from 1 to 19"),
        ({"k": "three"}, "from 1 to 19"),
        ({"true_labels": ["unicorn"]}, "tvmonitor"),
        ({"true_labels": "cat"}, "list of label names"),
        ({"attack": "TkML-AP-T", "target_case": "closest"}, "'best', 'random', 'worst', 'chosen'"),
        ({"attack": "TkML-AP-T", "target_case": "chosen", "target_labels": ["dog", "bus"]}, "exactly 1 target label"),
        ({"attack": "TkML-AP-T", "target_case": "chosen", "target_labels": ["cat"]}, "cat cannot be both"),
        ({"max_steps": 2001}, "from 1 to 2000"),
        ({"seed": -1}, "from 0"),
        ({"goal": "ordered"}, "'cleared', 'inconsistent'"),
        ({"confidence": -1}, "confidence = -1.0: the logits by which the goal is to be met are a number from 0 to"),
        ({"beta": 10_001}, "beta = 10001.0: the weight of ‖z‖² is a number from 0 to 10000"),
        ({"confidence": "much"}, "confidence must be a number such as 0.5; got 'much'"),
        ({"confidence": 10**400}, "confidence = inf: the logits"),
        ({"beta": True}, "beta must be a number"),
        (
            {"attack": "MinNorm", "beta": 0.1},
            "MinNorm has no such setting; it is for TkML-AP-U, TkML-AP-T, ML-AP and TKMIA",
        ),
        ({"annotator": with_universal("TkML-AP-Uv"), "attack": "TkML-AP-Uv", "confidence": 1}, "has no such setting"),
        ({"attack": "CW^k", "target_case": "chosen", "target_labels": ["dog", "bus"]}, "exactly 1 target label"),
        ({"attack": "MinNorm", "goal": "hide", "target_labels": ["dog"]}, "Only labels that are true can be hidden"),
        ({"annotator": with_universal(), "attack": "kUAPs", "k": 7}, "there is one for k = 1, 2, 3"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)
def test_bad_input_is_answered_with_what_is_allowed(
    client: Client, photos: dict[str, Path], wish: dict[str, Any], words: str
) -> None:
    with pytest.raises(AppError) as caught:
        attack(client, photos["cat"], **wish)
    assert words in str(caught.value)


def test_files_that_are_no_picture_are_refused_in_words(
    client: Client, photos: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no picture")
    with pytest.raises(AppError, match="could not be read as a picture"):
        client.predict(handle_file(broken), "voc20", 3, api_name="/annotate")
    with pytest.raises(AppError, match="no picture yet"):
        client.predict(None, "voc20", 3, api_name="/annotate")
    with pytest.raises(AppError, match="from 1 to 20"):
        client.predict(handle_file(photos["cat"]), "voc20", 21, api_name="/annotate")
