"""Norms, image quality and success rates, as the paper reports them (Eq. 14, 15), in 0–255 units."""

import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from tkml_core.ranking import consistent

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


def psnr(x: Tensor, x_adv: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, (B,); infinite where nothing changed."""
    return -10 * (x - x_adv).double().square().mean(PIXELS).log10()


def ssim(x: Tensor, x_adv: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004, scikit-image's), mean over the channels, (B,); 1 = equal."""
    pairs = zip(x.detach().cpu().double().numpy(), x_adv.detach().cpu().double().numpy(), strict=True)
    return torch.tensor([structural_similarity(a, b, data_range=1.0, channel_axis=0) for a, b in pairs])


def asr(logits: Tensor, true: Tensor, k: int) -> float:
    """Attack success rate of Eq. 14: the share of images with E = 0, from scores (B,m) after the attack."""
    return float((~consistent(logits, true, k)).double().mean())
