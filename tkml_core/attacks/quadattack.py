"""QuadAttacK (Paniagua, Grainger & Wu, NeurIPS 2023): an ordered top-k by quadratic programmes in the space of features."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tkml_core.attacks.common.batch import BatchState
from tkml_core.attacks.common.search import Search
from tkml_core.goals import Goal, Ordered
from tkml_core.head import head_weight
from tkml_core.losses import Objective
from tkml_core.quadratic import nearest_features
from tkml_core.step import Steps


@dataclass(frozen=True)
class QuadAttacK(Search):
    """Minimise ‖z‖² + c ‖f − f'‖², f the features of x + z and f' the nearest ones whose top-k is t_1, …, t_k in this order.

    Features are what the annotator's last layer is given: its logits are s = W f + b. f' solves a quadratic programme anew in
    every step, so that labels move together as their rows of W do, where `CWk` moves each by itself. The programme's
    multipliers ν are all that is needed: the gradient is that of −2c Σ_j ν_j s_j, one backward pass; see `quadratic.py`.

    As published: the loss, Adam, the box by clamping, a search for c. What differs: z starts at 0, there at noise; c is sought as
    CW^k seeks it (`Search`), there by halving [0, 20] and times 0.75 after each smaller success; κ is 1, there 0.2. (On
    4 training photos, MobileNetV2, with c = 10, κ = 0.2 and the factor 0.75, ‖z‖₂ was 2.0 to 2.8 times CW^k's.) The programme is
    solved exactly, in float64 on the CPU, there to 0.01; and success is judged on the 8-bit image.

    Annotators: any. The head is found where an `nn.Linear` returns the logits, as in MobileNetV2, the paper's Inception-v3 and
    ResNet-50 and most networks of one's own. YOLOX-nano's is linear in its smooth maxima over all places and its mean features,
    which then are f. Where nothing of the kind is found (`head_weight`), the logits themselves are the features, W = I: the
    programme then asks for the nearest scores in this order, and knows of no labels that move together.

    A first look, at four VOC test photos shrunk to 0.43 of their side, random targets, k = 3, 300 steps: on mobilenet-voc20 and
    voc20 it met the goal on 4 and 4 (`CWk` on 4 and 3), with ‖z‖₂ 1.03 and 1.04 times that of `CWk` (geometric mean, where both
    did); with the logits for features 1.07 and 1.01 times. Too few photos to tell these apart.

    Goal: `Ordered`. features: False takes the logits for features everywhere. Other settings: see `Search`.
    """

    name = "QuadAttacK"
    goals = (Ordered,)

    kappa: float = 1.0
    features: bool = True

    def _loop(self, state: BatchState) -> Steps:
        weight = _short(head_weight(state.annotator.module, state.x[:1])) if self.features else None
        state.forwards = state.forwards + self.features

        def objective(scores: Tensor, goal: Goal, kappa: Tensor) -> Objective:
            assert isinstance(goal, Ordered)
            found = nearest_features(weight, scores.double().cpu(), goal.targets.cpu(), kappa.double().cpu())
            return Objective(found.distance.to(scores), -2 * found.multipliers.to(scores), torch.zeros_like(kappa))

        return self._search(state, objective)


def _short(weight: Tensor | None) -> Tensor | None:
    """W (m,d) in float64, where d > m as the (m,m) with the same lengths and angles: the programme needs W Wᵀ alone."""
    if weight is None:
        return None
    weight = weight.detach().double().cpu()
    return weight if weight.shape[1] <= len(weight) else torch.linalg.qr(weight.T).R.T.contiguous()
