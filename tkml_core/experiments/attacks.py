"""The paper's Tables 2, 3 and 5 on the shipped annotators: `python -m tkml_core.experiments.attacks --help`.

Photos of the measuring part that are consistent at k, cut square so that they form batches, attacked at the defaults. Each
photo's outcome is a line of a JSON file: an interrupted run goes on where it stopped, a larger --photos adds to it.
"""

from collections.abc import Sequence

import tkml_core as tk
from tkml_core.attacks.universal.base import Universal
from tkml_core.experiments import attacks_page, results
from tkml_core.experiments.measured_photos import CASES

NAMES = [name for name, kind in tk.ATTACKS.items() if not issubclass(kind, Universal)]


def attacks(case: str, names: Sequence[str], max_steps: int | None) -> results.Methods:
    """Those of the attacks that can have the case's goal, by their printed names."""
    goal = tk.Cleared if case == "untargeted" else tk.Targeted
    settings = {} if max_steps is None else {"max_steps": max_steps}
    return {name: tk.ATTACKS[name](**settings) for name in names if goal in tk.ATTACKS[name].goals}


def main(argv: list[str] | None = None) -> None:
    parser = results.parser("attacks", __doc__, "attacks", batch=16)
    parser.add_argument("--attacks", nargs="+", default=["TkML-AP-U", "TkML-AP-T"], choices=NAMES)
    parser.add_argument("--max-steps", type=int, help="other than each attack's own")
    args = parser.parse_args(argv)
    if not args.table:
        results.check_settings(
            args.out, [a for case in CASES for a in attacks(case, args.attacks, args.max_steps).values()]
        )
        results.run(args, lambda case: attacks(case, args.attacks, args.max_steps))
    results.conclude(args, attacks_page.tables(args.out), attacks_page.page(args.out))


if __name__ == "__main__":
    main()
