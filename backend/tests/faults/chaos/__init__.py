"""Random faults against the whole product: `python -m tests.faults.chaos --faults 500 --seed 1`.

A new operation is one function in `operations.py` and a line in its list; a new fault the same in `faults.py`.
"""
