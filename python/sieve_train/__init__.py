"""`sieve-train`: a session that Sieve's page or terminal has handed over goes on under Hugging Face Accelerate."""

from .order import BatchOrder
from .run_file import NotCarried, RunFile, read_run_file

__all__ = ["BatchOrder", "NotCarried", "RunFile", "read_run_file"]
