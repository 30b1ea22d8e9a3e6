"""The wall: what the whole city is doing, true at a glance, or saying that it is not.

It reads the log for values, the database for alerts and history, keeps the newest of everything
in memory, and sends the same frames to every screen. It knows how things look and how old they
are; it never judges a reading and never writes one. A change here touches the page, the frames
(`frames` and the scripts in `assets/` change together) and nothing else.
"""
