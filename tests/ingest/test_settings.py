"""One bad setting for each bound."""

from pathlib import Path

import pytest

from ingest.settings import GatewaySettings


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("mqtt_port", 0, "gateway.mqtt_port is 0; it must be 1 to 65535"),
        ("window_ms", 0, "gateway.window_ms is 0; it must be 1 to 1000"),
        ("partitions", 0, "gateway.partitions is 0; it must be 1 to 10000"),
        ("receive_maximum", 65536, "gateway.receive_maximum is 65536; it must be 1 to 65535"),
        ("future_tolerance_s", -1, "gateway.future_tolerance_s is -1; it must be ≥ 0 s"),
        ("spool_mib", 0, "gateway.spool_mib is 0; it must be 1 to 1048576"),
        ("name", "a/b", "gateway.name is 'a/b'; it must be a word"),
    ],
)
def test_a_setting_out_of_bounds_is_refused(field, value, message):
    with pytest.raises(ValueError, match=r"gateway\.") as caught:
        GatewaySettings(**{"mqtt_host": "h", "mqtt_port": 1883, "spool_dir": Path(), field: value})
    assert message in str(caught.value)
