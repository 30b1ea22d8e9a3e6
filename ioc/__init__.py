"""The front door: settings, supervisor, command line. Wires the rooms, starts and stops them.

The only room that reads files and the environment, and the only one that knows that a database,
a log and a broker are processes. It computes nothing about the city. A change here touches how
the operator starts the system, never what it says: `ioc.settings` is the map of every knob,
`ioc.parts` of every process.
"""
