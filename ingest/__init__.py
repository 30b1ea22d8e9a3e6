"""Makes an MQTT message safe, judged and packed: from the field's bytes to the log's records.

Knows codecs and the catalogue; knows no rule and no database. A change here is a change of what
counts as an observation; whatever is not taken in must leave as a refusal with its raw bytes.
"""
