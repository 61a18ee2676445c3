"""What `python app.py` can be told. It is read before anything takes time, and handed on as Gradio's environment variables."""

import argparse
import os
from collections.abc import Sequence

VARIABLES = """environment variables:
  GRADIO_SERVER_PORT, GRADIO_SERVER_NAME, GRADIO_SHARE   as --port, --address and --share, which go before them
  GRADIO_ROOT_PATH   the path that the page is seen under, behind a proxy (demo/DEPLOYMENT.md)
  GRADIO_TEMP_DIR    where uploads are kept
  TKML_ANNOTATORS    TOML files of annotators of your own (README, Annotators)
  TKML_DEVICE        the device to compute on, such as cpu or cuda"""


def read(arguments: Sequence[str] | None = None) -> None:
    """Usage and an end where it is asked for, or where an argument is not understood; else the environment is set."""
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Start the demo, then open the address that it prints.", epilog=VARIABLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--port", type=_port, help="port of the page (default: the first free one from 7860)")
    parser.add_argument(
        "--address",
        help="address to listen at; 0.0.0.0: every device in the network reaches the page (default: 127.0.0.1)",
    )
    parser.add_argument("--share", action="store_true", help="a public link through Gradio's server, for a week")
    args = parser.parse_args(arguments)
    told = {
        "GRADIO_SERVER_PORT": args.port and str(args.port),
        "GRADIO_SERVER_NAME": args.address,
        "GRADIO_SHARE": args.share and "True",
    }
    os.environ.update({name: value for name, value in told.items() if value})


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r:.50}: a whole number from 1 to 65535 is expected")
    return int(text)
