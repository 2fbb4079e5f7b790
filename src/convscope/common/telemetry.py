"""Switch off the telemetry of the libraries that convscope uses.

ONNX Runtime collects usage data (a device id, the path of Python, the processor) in a database in the cache
folder and sends it to Microsoft. huggingface_hub, which fsspec may use for `hf://` addresses, reports usage,
too. Both read their environment variables on import, so `convscope/__init__.py` calls this before anything
else; child processes inherit the variables.

Sources: https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md;
https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables; https://donottrack.sh.
"""

import os
import sys

ALLOW = "CONVSCOPE_ALLOW_TELEMETRY"
"""Set this environment variable to 1 to leave the decision to the libraries and their own variables."""

_OFF = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def disable_telemetry() -> None:
    """Switch off telemetry for this process and its children, unless the user has allowed it."""
    if os.environ.get(ALLOW) == "1":
        return
    os.environ.update(_OFF)
    # already imported by the program: what it has recorded so far cannot be undone
    onnxruntime = sys.modules.get("onnxruntime")
    if onnxruntime is not None:
        onnxruntime.disable_telemetry_events()
