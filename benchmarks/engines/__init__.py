"""The engines of a large installation, as parts that tests and measurements can start and kill.

`ioc up` runs embedded brokers out of Python wheels; a city runs Apache Kafka and mosquitto. What
is promised must hold on both, so both run here, as `ioc.parts.Part`. Nothing of this is needed to
run the system.
"""

from benchmarks.engines.missing import EngineMissingError

__all__ = ["EngineMissingError"]
