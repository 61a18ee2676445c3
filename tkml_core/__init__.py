"""Adversarial attacks on top-k multi-label annotators: rankings, goals, losses, attacks and two trained annotators.

The README says under "Where things are" in which file each equation of the paper is.
"""

from tkml_core.annotator import Annotator
from tkml_core.attacks.blackbox.blackbox import BlackBox
from tkml_core.attacks.common.budget import Budget
from tkml_core.attacks.cwk import CWk
from tkml_core.attacks.kfool import KFool
from tkml_core.attacks.minnorm.minnorm import MinNorm
from tkml_core.attacks.mlap import MLAP
from tkml_core.attacks.quadattack import QuadAttacK
from tkml_core.attacks.registry import ATTACKS, own_goal
from tkml_core.attacks.tkmia import TKMIA
from tkml_core.attacks.tkmlap_t import TkMLAPT
from tkml_core.attacks.tkmlap_u import TkMLAPU
from tkml_core.attacks.universal.kuap import KUAP
from tkml_core.attacks.universal.tkmlap_uv import TkMLAPUv
from tkml_core.goals import GOALS, Cleared, Goal, Hide, Inconsistent, Ordered, Targeted
from tkml_core.images import prepare, quantize, to_pil
from tkml_core.labels import coco_name
from tkml_core.metrics import Size, asr, l2_norm, linf_norm, pert, psnr, size_of, ssim
from tkml_core.photo_files import open_photo
from tkml_core.ranking import average_topk, consistent, ranks, topk, topk_mask
from tkml_core.step import Result, Step, UniversalResult, UniversalStep
from tkml_core.targets import CASES, choose_targets, target_order
from tkml_core.zoo import available, load
from tkml_core.zoo.universal_perturbations import universal

__all__ = [
    "ATTACKS", "CASES", "GOALS", "KUAP", "MLAP", "TKMIA", "Annotator", "BlackBox", "Budget", "CWk", "Cleared", "Goal", "Hide",
    "Inconsistent", "KFool", "MinNorm", "Ordered", "QuadAttacK", "Result", "Size", "Step", "Targeted", "TkMLAPT", "TkMLAPU",
    "TkMLAPUv", "UniversalResult", "UniversalStep", "asr", "available", "average_topk", "choose_targets", "coco_name",
    "consistent", "l2_norm", "linf_norm", "load", "open_photo", "own_goal", "pert", "prepare", "psnr", "quantize", "ranks",
    "size_of", "ssim", "target_order", "to_pil", "topk", "topk_mask", "universal",
]  # fmt: skip
