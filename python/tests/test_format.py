"""All Python of the project is as `ruff format --config python/pyproject.toml` writes it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_python_is_formatted():
    files = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--config", "python/pyproject.toml"]
    found = subprocess.run([*ruff, *files.stdout.strip("\0").split("\0")], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
