"""The real gateway that also speaks `tests.ingest.line_codec`; arguments as `small_gateway`."""

from tests.ingest import line_codec, small_gateway

if __name__ == "__main__":
    line_codec.install()
    small_gateway.main()
