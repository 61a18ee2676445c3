"""The attacks by the names that are printed."""

from tkml_core.attacks.descent import Descent
from tkml_core.attacks.tkmlap_t import TkMLAPT
from tkml_core.attacks.tkmlap_u import TkMLAPU

ATTACKS: dict[str, type[Descent]] = {
    "TkML-AP-U": TkMLAPU,
    "TkML-AP-T": TkMLAPT,
}
