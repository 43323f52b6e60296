"""Whatever may be sent to the app, at its edge: by the million, led by which code it reaches.

For developers, not deployed. `./dev fuzz` runs it under Atheris; tests/fuzz makes a bounded number
of the same inputs in every run of the tests.
"""
