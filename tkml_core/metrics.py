"""Norms and success rates as the paper reports them (Eq. 14, 15), in 0–255 units; image quality; measures of a top-k."""

from typing import NamedTuple

import torch
from torch import Tensor

from tkml_core.ranking import consistent, topk

PIXELS = (1, 2, 3)  # the dimensions of one image; to flatten them would copy images that are laid out channels last


def length(z: Tensor) -> Tensor:
    """‖z‖₂ of each of z (B,3,H,W), in its own units; (B,)."""
    return torch.linalg.vector_norm(z, dim=PIXELS)


def l2_norm(z: Tensor) -> Tensor:
    """‖z‖₂ of each perturbation (B,3,H,W) given in [0,1] units; (B,) in 0–255 units."""
    return length(z) * 255


def linf_norm(z: Tensor) -> Tensor:
    """‖z‖_∞ of each perturbation (B,3,H,W) given in [0,1] units; (B,) in 0–255 units."""
    return z.abs().amax(PIXELS) * 255


NORMS = {"l2": l2_norm, "linf": linf_norm}  # by the names that settings give them


def pert(z: Tensor) -> Tensor:
    """Eq. 15's term for one image: ‖z‖₂ / (H·W), z in 0–255 units; (B,). The paper prints it ×10²."""
    return l2_norm(z) / (z.shape[2] * z.shape[3])


class Size(NamedTuple):
    """How large one perturbation is, as it is told of: ‖z‖₂ and ‖z‖_∞ in 0–255 units, and Eq. 15's ‖z‖₂ / (H·W)."""

    l2: float
    linf: float
    pert: float


_FLOAT32 = 1e-4  # of a level: more than what single precision makes of the difference of two 8-bit images


def size_of(z: Tensor) -> Size:
    """The size of one perturbation z (1,3,H,W), given in [0,1] units, in double precision.

    Where z is whole levels but for float32's rounding, as the difference of two 8-bit images is, its norms are those of
    the whole levels. Attacks, which need norms of many images at every step, have those above.
    """
    if z.dim() != 4 or len(z) != 1:
        raise ValueError(f"The size of one perturbation (1,3,H,W) is told; got shape {tuple(z.shape)}.")
    levels = z.detach().cpu().double() * 255
    whole = levels.round()
    if bool(((levels - whole).abs() <= _FLOAT32).all()):
        levels = whole
    l2 = float(length(levels)[0])
    return Size(l2, float(levels.abs().max()), l2 / (z.shape[2] * z.shape[3]))


def psnr(x: Tensor, x_adv: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, (B,); infinite where nothing changed."""
    return -10 * (x - x_adv).double().square().mean(PIXELS).log10()


def ssim(x: Tensor, x_adv: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004, scikit-image's, 7 × 7 windows), mean over the channels, (B,); 1 = equal."""
    from skimage.metrics import structural_similarity  # late: it brings SciPy, which the page starts without

    pairs = zip(x.detach().cpu().double().numpy(), x_adv.detach().cpu().double().numpy(), strict=True)
    return torch.tensor([structural_similarity(a, b, data_range=1.0, channel_axis=0) for a, b in pairs])


def asr(logits: Tensor, true: Tensor, k: int) -> float:
    """Attack success rate of Eq. 14: the share of images with E = 0, from scores (B,m) after the attack."""
    return float((~consistent(logits, true, k)).double().mean())


# What TKMIA (Sun et al., ACM MM 2023) wants an attack to leave as they are. Scores (B,m), true bool (B,m) or (1,m); (B,).


def _hits(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """1 where place 1 … k of the ranking holds a true label, else 0; (B,k) double."""
    return true.expand_as(scores).gather(1, topk(scores, k)).double()


def precision_at(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """P@k: the share of the top-k that is true."""
    return _hits(scores, true, k).mean(1)


def average_precision_at(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """AP@k, whose mean over images is mAP@k: Σ_j P@j over the places j ≤ k of true labels, by min(k, |Y|).

    0 where no label is true.
    """
    hits = _hits(scores, true, k)
    places = torch.arange(1, k + 1, device=scores.device)
    return (hits * hits.cumsum(1) / places).sum(1) / true.sum(1).clamp(1, k)


def ndcg_at(scores: Tensor, true: Tensor, k: int) -> Tensor:
    """NDCG@k: Σ_j 1/log₂(j + 1) over the places j ≤ k of true labels, by its largest value. 0 where no label is true."""
    discount = 1 / torch.arange(2, k + 2, device=scores.device, dtype=torch.double).log2()
    ideal = discount.cumsum(0)[true.sum(1).clamp(1, k) - 1]
    return (_hits(scores, true, k) * discount).sum(1) / ideal
