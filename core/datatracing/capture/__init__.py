"""What runs inside the user's process: standard library only, and nothing of it may hurt the host (law 1).

What only reads the spool (`inventory`, `reading`) is not imported here: each process would pay for it.
"""

from datatracing.capture.encoder import redaction
from datatracing.capture.error_info import error_info, text_of
from datatracing.capture.guard import guard
from datatracing.capture.notice import Notice
from datatracing.capture.recorder import Recorder
from datatracing.capture.settings import CaptureSettings, default_spool_dir
from datatracing.capture.summon import summon

__all__ = [
    "CaptureSettings",
    "Notice",
    "Recorder",
    "default_spool_dir",
    "error_info",
    "guard",
    "redaction",
    "summon",
    "text_of",
]
