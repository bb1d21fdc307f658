"""`python -m sieve_train`: the same as the command `sieve-train`."""

import sys

from .main import main

sys.exit(main())
