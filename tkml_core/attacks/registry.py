"""The attacks by the names that are printed."""

from tkml_core.attacks.attack import Attack
from tkml_core.attacks.blackbox import BlackBox
from tkml_core.attacks.cwk import CWk
from tkml_core.attacks.kfool import KFool
from tkml_core.attacks.kuap import KUAP
from tkml_core.attacks.minnorm import MinNorm
from tkml_core.attacks.mlap import MLAP
from tkml_core.attacks.tkmlap_t import TkMLAPT
from tkml_core.attacks.tkmlap_u import TkMLAPU
from tkml_core.attacks.tkmlap_uv import TkMLAPUv

ATTACKS: dict[str, type[Attack]] = {
    attack.name: attack for attack in (TkMLAPU, TkMLAPT, TkMLAPUv, KFool, KUAP, MLAP, CWk, MinNorm, BlackBox)
}
