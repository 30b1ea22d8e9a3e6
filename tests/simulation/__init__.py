"""The line as pure steps on virtual time: one seed is one history, the same on every machine.

Real is whatever decides: identity, spool (a SQLite file), packing, course, record and refusal
codecs, stretch, sink, engine, checkpoint, pack ledger. Simulated are the worlds between them: field
gateways, the MQTT broker, the log, the database's transactions, life and death of processes, time.

One step is the smallest thing that can happen whole: one message delivered, one entry written, one
side of one call of the database. Between any two of them anything may die.
"""
