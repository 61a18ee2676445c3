"""Platt scaling finds the truth that made the data; the calibration error is that of its definition."""

from xml.etree import ElementTree

import numpy as np
import torch

from tkml_core.experiments.reliability import diagram, shares
from tkml_core.experiments.training.calibration import expected_calibration_error, platt


def test_platt_finds_the_scale_and_shift_that_made_the_labels() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20000, 3, generator=generator) * 3
    scale, shift = torch.tensor([0.5, 1.0, 2.0]), torch.tensor([-1.0, 0.0, 1.0])
    truth = (torch.rand(logits.shape, generator=generator) < (logits * scale + shift).sigmoid()).float()
    found = platt(logits, truth, torch.ones_like(logits), prior=0.0)
    assert torch.allclose(found[0], scale, rtol=0.1) and torch.allclose(found[1], shift, atol=0.1)


def test_a_label_without_positives_stays_near_the_common_scale() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(200, 2, generator=generator)
    truth = (torch.rand(logits.shape, generator=generator) < logits.sigmoid()).float()
    truth[:, 1] = 0
    scale, shift = platt(logits, truth, torch.ones_like(logits))
    assert bool((scale > 0).all()) and bool(shift.isfinite().all()) and shift[1] < shift[0]


def test_what_has_no_weight_is_not_learned_from() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(300, 1, generator=generator)
    truth = (torch.rand(logits.shape, generator=generator) < logits.sigmoid()).float()
    weight = torch.ones_like(logits)
    twice, twisted, silent = torch.cat((logits, logits)), torch.cat((truth, 1 - truth)), torch.cat((weight, 0 * weight))
    found, expected = platt(twice, twisted, silent, prior=0.0), platt(logits, truth, weight, prior=0.0)
    assert torch.allclose(found[0], expected[0], atol=1e-3) and torch.allclose(found[1], expected[1], atol=1e-3)


def test_calibration_error_by_hand() -> None:
    said = torch.tensor([0.1, 0.1, 0.1, 0.1, 0.9, 0.9])
    so = torch.tensor([False, False, False, True, True, True])
    assert abs(expected_calibration_error(said, so) - (4 / 6 * 0.15 + 2 / 6 * 0.1)) < 1e-6


def test_the_diagram_shows_every_bin_and_name() -> None:
    said, so = np.array([0.05, 0.05, 0.55, 0.95]), np.array([False, True, True, True])
    assert [round(p, 6) for p, _, _ in shares(said, so)] == [0.05, 0.55, 0.95]
    assert shares(said, so)[0][1:] == (0.5, 2)
    svg = diagram([("one", said, so), ("<two>", said, so)])
    parts = [part.tag.rpartition("}")[2] for part in ElementTree.fromstring(svg).iter()]
    assert parts.count("circle") == 6 and ">one<" in svg and ">&lt;two&gt;<" in svg
    assert 'points="10.0,100.0 110.0,0.0 190.0,0.0 "' in svg
