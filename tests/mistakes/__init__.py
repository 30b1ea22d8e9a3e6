"""Mistakes on purpose: each breaks one promise, and a test must notice.

`python -m tests.mistakes [NAME ...]` makes them one after the other, each in a copy of this
checkout, and says which test caught it. docs/reliability.md holds the same list.
"""
