"""The chaos runner: `python -m benchmarks.chaos`, or `make chaos`.

A whole system under load, on real parts, while a seeded mischief-maker kills, pauses, wipes, cuts,
delays and fills the disk. Afterwards an oracle compares what the simulated city was acknowledged
with what the database holds, and its alerts with a pure replay.
"""
