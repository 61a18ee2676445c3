"""Bundled files of tensors are read as they were bundled, or not at all."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tkml_core.report import made_with
from tkml_core.zoo import checksums, mobilenet, registry, universal_perturbations, weights
from tkml_core.zoo.weights import load_weights, save_weights

FOLDERS = (weights.FOLDER, universal_perturbations.FOLDER)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_bundled_file_stands_in_its_list(folder: Path) -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.safetensors")}
    assert found and checksums.sums_in(folder) == found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_weights(nn.Linear(3, 2), tmp_path / "w.safetensors", {})
    checksums.write_sums(tmp_path, {})
    checksums.record(tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (flip_a_bit, "is not the one that came with this project"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "is not the one"),
        (lambda path: path.write_bytes(b""), "is not the one"),
    ],
    ids=["a bit", "cut off", "empty"],
)
def test_a_file_that_was_changed_is_not_read(file: Path, spoil: Callable[[Path], None], words: str) -> None:
    load_weights(nn.Linear(3, 2), file)
    spoil(file)
    with pytest.raises(ValueError, match=words) as caught:
        load_weights(nn.Linear(3, 2), file)
    assert str(file.parent) not in str(caught.value)


def test_files_in_no_list_are_told_in_a_sentence_too(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"\x10" + bytes(20))
    with pytest.raises(ValueError, match="cut off or no safetensors file"):
        load_weights(nn.Linear(3, 2), path)
    save_file({"weight": torch.zeros(5, 5)}, path)
    with pytest.raises(ValueError, match="do not fit the network"):
        load_weights(nn.Linear(3, 2), path)
    with pytest.raises(ValueError, match="do not fit the network"):
        mobilenet.annotating(("cat", "dog"), path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        load_weights(nn.Linear(3, 2), path)


def test_a_report_names_the_weights_as_they_are_now(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def digest() -> str | None:
        return made_with("voc20")["weights_sha256"]

    def reads(*files: Path) -> None:
        monkeypatch.setitem(registry.ENTRIES, "voc20", replace(registry.ENTRIES["voc20"], files=files))

    reads(file)
    assert digest() == checksums.sums_in(file.parent)[file.name] == registry.weights_of("voc20")
    os.utime(file, ns=(1, 1))
    flip_a_bit(file)
    assert digest() == hashlib.sha256(file.read_bytes()).hexdigest() != checksums.sums_in(file.parent)[file.name]
    reads()
    assert digest() is None
    reads(file.with_name("gone"))
    assert digest() is None


def test_what_is_saved_is_recorded_where_there_is_a_list(file: Path) -> None:
    save_weights(nn.Linear(4, 2), file, {})
    load_weights(nn.Linear(4, 2), file)
    universal_perturbations.save_universal(torch.zeros(1, 3, 4, 4), file.with_name("z.safetensors"), {})
    assert set(checksums.sums_in(file.parent)) == {"w.safetensors", "z.safetensors"}


def test_a_perturbation_that_is_cut_off_is_left_out(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(universal_perturbations, "FOLDER", file.parent)
    notes = {"attack": "kUAPs", "annotator": "a", "k": "2"}
    universal_perturbations.save_universal(torch.zeros(1, 3, 4, 4), file.with_name("z.safetensors"), notes)
    (file.parent / "half.safetensors").write_bytes(file.with_name("z.safetensors").read_bytes()[:60])
    assert universal_perturbations.bundled() == (("kUAPs", "a", 2),)
