"""Law 7: what is secret is masked before it is written anywhere, the spool included. Standard library only."""

from datatracing.redact.bounds import Bounds
from datatracing.redact.redactor import Redactor

__all__ = ["Bounds", "Redactor"]
