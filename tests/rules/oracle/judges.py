"""Everything that judges a log, under one signature."""

from tests.rules.oracle import evaluator

JUDGES = {"oracle": evaluator.judge}
