"""Which labels a targeted attack wants on top: the paper's three cases (§4.1)."""

import torch
from torch import Tensor

from tkml_core.goals.goal import check_mask
from tkml_core.ranking import topk, topk_mask

CASES = ("best", "random", "worst")


def choose_targets(case: str, logits: Tensor, true: Tensor, k: int, seed: int = 0) -> Tensor:
    """Target sets as a bool mask (B,m), k labels a row, none of them true.

    "best": the k best-scored labels that are not true; "worst": the k lowest-scored; "random": uniform over those that
    are not true, image i with a generator of its own seeded `seed + i`. logits (B,m); true bool (B,m) or (1,m).
    ValueError for an unknown case, or where an image has fewer than k such labels.
    """
    if case not in CASES:
        raise ValueError(f"Target case {case!r} is unknown; it is one of {', '.join(CASES)}.")
    check_mask("true", true)
    if logits.ndim != 2 or logits.shape[1] != true.shape[1] or len(true) not in (1, len(logits)):
        raise ValueError(
            f"Scores are (B,m), and true is (B,m) or (1,m) for them; got {tuple(logits.shape)} and {tuple(true.shape)}."
        )
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ValueError(f"k = {k!r}: a whole number of targets, 1 or more, is expected.")
    if not bool(torch.isfinite(logits).all()):
        raise ValueError("The scores are NaN or infinite for some label, so no target is the best or the worst.")
    true = true.to(logits.device).expand_as(logits)
    others = (~true).sum(1)
    if bool((others < k).any()):
        row = int((others < k).nonzero()[0])
        raise ValueError(
            f"Image {row} has {int(others[row])} labels that are not true, fewer than the k = {k} targets."
        )
    if case == "random":
        draws = [
            torch.rand(logits.shape[1], generator=torch.Generator().manual_seed(seed + i)) for i in range(len(logits))
        ]
        keys = torch.stack(draws).to(logits)
    else:
        keys = logits if case == "best" else -logits
    return topk_mask(keys.masked_fill(true, -torch.inf), k)


def target_order(case: str, logits: Tensor, true: Tensor, k: int, seed: int = 0) -> Tensor:
    """The labels that `choose_targets` chooses, long (B,k), the best-scored first."""
    targets = choose_targets(case, logits, true, k, seed)
    return topk(logits.masked_fill(~targets, -torch.inf), k)
