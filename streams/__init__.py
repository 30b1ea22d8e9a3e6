"""Runs the rules over the log and commits what comes of it.

Knows the log, the engine and the database's one transaction; knows no MQTT and no page. A change
here must keep the order: read, judge, COMMIT, acknowledge. Nothing may leave the loop by an
exception, because Faust acknowledges on exceptions.
"""
