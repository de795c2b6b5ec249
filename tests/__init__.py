"""The tests of flask-method-guard: one file for each module of the package."""
