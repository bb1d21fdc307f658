"""The paper's claims put to the test: cells of training, their raw results, and the report made from them.

`python -m sieve_ref.claims.run` trains what is missing, `python -m sieve_ref.claims.report` writes
docs/claims/first-runs.md.
"""
