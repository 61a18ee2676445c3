"""Known vulnerabilities of the installed packages, by pip-audit, where its data can be reached: `python -m tests.audit`.

pip-audit gets an environment of its own for it, so that nothing here depends on it. Without it or without a network this says
so and ends well. It ends with an error where a package of requirements.txt has a known vulnerability for which a fix exists.
"""

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
INSTALL_SECONDS, AUDIT_SECONDS = 120, 180


def plain(name: str) -> str:
    """A package's name as indices compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(text: str) -> set[str]:
    """The packages that the lines of requirements.txt name."""
    return {plain(found[0]) for line in text.splitlines() if (found := re.match(r"[\w.-]+", line))}


def audited(folder: Path) -> dict[str, Any] | str:
    """What pip-audit says of the packages beside this Python, or why it cannot."""
    python, report = folder / "audit" / "bin" / "python", folder / "report.json"
    try:
        venv.create(folder / "audit", with_pip=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--retries", "1", "--timeout", "20", "pip-audit>=2.7"],
            check=True, capture_output=True, timeout=INSTALL_SECONDS,
        )  # fmt: skip
        subprocess.run(
            [python, "-m", "pip_audit", "--path", sysconfig.get_path("purelib"), "--format", "json", "--output", report,
             "--progress-spinner", "off", "--timeout", "10"],
            capture_output=True, timeout=AUDIT_SECONDS,
        )  # fmt: skip
        return dict(json.loads(report.read_text(encoding="utf-8")))
    except subprocess.TimeoutExpired as error:
        return f"it took longer than {error.timeout:.0f} s"
    except subprocess.CalledProcessError as error:
        return f"pip-audit cannot be installed ({last_line(error.stderr)})"
    except (OSError, ValueError, TypeError) as error:
        return f"its data could not be had ({type(error).__name__})"


def last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "no reason given"


def judged(report: dict[str, Any], ours: set[str]) -> tuple[list[str], bool]:
    """A line for each known vulnerability, and whether one of `ours` has one that a newer version mends."""
    lines, to_mend = [], False
    for package in report.get("dependencies", ()):
        for found in package.get("vulns", ()):
            fixes = ", ".join(found.get("fix_versions", ()))
            lines.append(
                f"{package['name']} {package['version']}: {found['id']}, {f'mended in {fixes}' if fixes else 'no fix'}"
            )
            to_mend |= bool(fixes) and plain(package["name"]) in ours
    return lines, to_mend


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = audited(Path(folder))
    if isinstance(report, str):
        print(f"Known vulnerabilities: left out, {report}.")
        return 0
    lines, to_mend = judged(report, required((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    print(f"Known vulnerabilities, of {len(report.get('dependencies', ()))} packages: {len(lines)}.", *lines, sep="\n")
    return int(to_mend)


if __name__ == "__main__":
    sys.exit(main())
