"""Frames of SL 651 for tests, put together apart from our own encoder."""


def slow_crc(data):
    """CRC-16 with X^16 + X^15 + X^2 + 1, bit by bit as table 11 has it."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


def frame(body, function="32", station="0010100001", end="03", opens="02", length=None):
    """An uplink frame around a body, both in hexadecimal."""
    size = len(body) // 2 if length is None else length
    text = f"7E7E01{station}A000{function}{size:04X}{opens}{body}{end}"
    data = bytes.fromhex(text)
    return data + slow_crc(data).to_bytes(2, "big")


def report(elements, function="32", observed="2007241723", sent="200724172349", **more):
    """A report of one river station; elements in hexadecimal."""
    body = f"000C{sent}F1F1001010000148F0F0{observed}{elements}"
    return frame(body.replace(" ", ""), function, **more)
