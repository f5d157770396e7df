"""The demo: a simulated market whose partners send files with planted defects, and the truth of them."""

from orchestration.demo.dates import DEMO_AS_OF
from orchestration.demo.generate import generate

__all__ = ["DEMO_AS_OF", "generate"]
