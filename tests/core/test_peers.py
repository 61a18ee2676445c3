"""The peers' step rules: on a linear annotator each comes near the exact optimum, and never below it."""

import numpy as np
import pytest
from oracles import linear, mask_of, targeted_optimum, weights_of
from test_attacks_linear import scores_of

import tkml_core as tk
from tkml_core.experiments.peers.method import PEERS, Peer


@pytest.mark.parametrize("name", list(PEERS))
def test_a_peer_comes_near_the_optimum_of_a_linear_annotator(name: str) -> None:
    found, x = linear(13, 6)
    scores = scores_of(found, x)
    true = mask_of({int(np.argmax(scores))}, 6)
    targets = tk.choose_targets("best", found(x), true=true, k=1)
    optimum = 255 * targeted_optimum(weights_of(found), scores, set(targets[0].nonzero()[:, 0].tolist()))
    goal = tk.Targeted(targets=targets, true=true)
    for smooth in (False, True):
        result = Peer(name, 300, smooth)(found, x, goal)
        print(name, smooth, result.norm_float.item() / optimum, result.backwards)
        assert result.achieved.item()
        assert optimum * (1 - 1e-6) <= result.norm_float.item() <= 1.5 * optimum
