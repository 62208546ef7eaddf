"""The telemetry handlers' contract (README.md) as a plain model, and the inputs on which ./test compares the handlers with it.

`respond(input)` gives (stdout, exit status). It leans on Python's json module and repr(float), neither of which shares code with the
handlers: three implementations have to agree byte for byte.
"""
import json
import math
import random
import re
import struct


class Number(str):
    """A number of the input, kept as its text."""


def refuse(_):
    raise ValueError


def shortest(value):
    """The shortest decimal that reads back as `value`, in the form the README gives."""
    sign = "-" if math.copysign(1, value) < 0 else ""
    value = abs(value)
    if value == 0:
        return sign + "0.0"
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + len(digits) - len(fraction)  # places before the point
    digits = digits.rstrip("0")
    if 0 < point <= 16:
        return sign + digits[:point].ljust(point, "0") + "." + (digits[point:] or "0")
    if -5 < point <= 0:
        return sign + "0." + "0" * -point + digits
    return sign + digits[0] + ("." + digits[1:] if digits[1:] else "") + "e" + str(point - 1)


def quote(text):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def respond(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return b"", 1
    try:
        members = json.loads(text, object_pairs_hook=tuple, parse_int=Number, parse_float=Number, parse_constant=refuse)
        if not isinstance(members, tuple):  # an object; arrays are lists
            return b"", 0
        for key, _ in members:
            key.encode()
        known = [(k, v) for k, v in members if k in ("sensor_id", "metric_value", "timestamp")]
        event = dict(known)
        if len(known) != 3 or len(event) != 3:
            return b"", 0
        sensor, metric, stamp = event["sensor_id"], event["metric_value"], event["timestamp"]
        if isinstance(sensor, Number) or not isinstance(sensor, str) or not isinstance(metric, Number):
            return b"", 0
        if not isinstance(stamp, Number) or not re.fullmatch("[0-9]+", stamp) or int(stamp) >= 1 << 64:
            return b"", 0
        value = float(metric)
        if math.isinf(value) or math.isinf(value * 1.042):
            return b"", 0
        return f'{{"sensor_id":{quote(sensor)},"metric_value":{shortest(value * 1.042)},"timestamp":{stamp}}}'.encode(), 0
    except (ValueError, RecursionError):  # UnicodeEncodeError, of a lone surrogate, is a ValueError
        return b"", 0


def event(sensor='"s"', metric="1", stamp="0"):
    return f'{{"sensor_id":{sensor},"metric_value":{metric},"timestamp":{stamp}}}'.encode()


NUMBERS = """0 -0 0.0 -0.0 1 -1 100 100.0 21.5 0.1 1e0 1E5 1e+5 1e-5 1E-0007 1e15 1e16 1e17 1e21 123456789012345680000 1e-4 1e-6 1e-7 1e-300
 1e-308 2.2250738585072014e-308 2.2250738585072011e-308 4.9406564584124654e-324 5e-324 2.4703282292062327e-324 2.4703282292062328e-324 1e-400 -1e-400
 0e400 0e99999999999999999999 1e-99999999999999999999 1.7e308 1.7252332e308 1.7976931348623157e308 1.7976931348623159e308 -1.7e308 1e309 1e400 -1e400
 1e99999999999999999999 18446744073709551615 18446744073709551616 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
 9007199254740993 9007199254740992.5 0.3 5.684341886080801e-14 8.41e21 2.0e-3 9.5367431640625e-07 7.2057594037927933e16
 01 -01 +1 .5 1. 1.e5 1e 1e+ - -- 0x10 0x1p3 Infinity -Infinity NaN nan inf 1_000 1,5 1f ١ 1e5.5 true false null "1" [] {} [1]""".split()
STAMPS = """0 1 -0 -1 00 01 1.0 1e5 1E0 0e0 18446744073709551614 18446744073709551615 18446744073709551616 18446744073709551625
 99999999999999999999 184467440737095516150 100000000000000000000000000000000000000000 9223372036854775808 true null "5" [] {} 0x1 - 1.""".split()
STRINGS = [r'""', r'"a"', r'"\""', r'"\\"', r'"\/"', r'"\b\f\n\r\t"', r'"\u0000"', r'"\u001f"', r'"\u0020"', r'"\u007f"', r'"\u00e9"', r'"\u0800"',
           r'"\uFFFF"', r'"\uffff\uAbCd"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\ude00"', r'"\ud83dx"', r'"\ud83d\n"', r'"\ud83d\ud83d"', r'"\ud83d\u0041"',
           r'"\ud83d\ude0"', r'"\udbff\udfff"', r'"\ud800\udc00"', r'"\u"', r'"\u12"', r'"\u12g4"', r'"\u 123"', r'"\U0041"', r'"\x41"', r'"\a"', r'"\0"',
           "\"\\", '"é"', '"😀"', '"\x7f"', '"\u2028"', '"a\tb"', '"a\nb"', '"a\x00b"', '"\x1f"', '"unterminated', "'s'", "s", "1", "null", '["s"]', '"' + "x" * 5000 + '"',
           '"' + r"\u0041" * 3000 + '"', '"' + "😀" * 2000 + '"', '"\\\x00"', '"\\é"']
SKIPPED = ["1", "-0", "1e400", "-1.5E-9", "01", "-", "1.", "1e", ".5", "0x1", "true", "false", "null", "tru", "nul", "True", '""', r'"\ud83d"', r'"\ude00x"', r'"\u12"',
           r'"\uzzzz"', r'"\q"', '"a\nb"', '"', "[]", "[ ]", "{}", "{ }", "[1]", "[1,]", "[,1]", "[,]", "[1 2]", "[1,2,[3,{}]]", "{,}", '{"a"}', '{"a":}', '{"a":1,}',
           '{"a":1,"a":2}', '{"a":1 "b":2}', '{a:1}', "{1:1}", '{"a":[{"b":{"c":[[]]}}]}', r'{"\ud83d":1}', "[}", "{]", "[1}", '{"a":1]', "[", "{", "]", "}",
           "[" * 500 + "]" * 500, "[" * 500 + "]" * 499, '{"a":' * 400 + "1" + "}" * 400, '[{"a":' * 300 + "[]" + "}]" * 300, " [ 1 , 2 ] ", ' { "a" : 1 } ', "",
           '{"sensor_id":"inner","metric_value":9,"timestamp":9}', "NaN", "-Infinity", "/* */ 1", "1 // x", "\x00"]


def table():
    """Inputs written down one by one."""
    whole = b'{"sensor_id":"edge-0042","metric_value":21.5,"timestamp":1732275000}'
    yield from (whole[:n] for n in range(len(whole) + 1))
    yield from (event(metric=number) for number in NUMBERS)
    yield from (event(stamp=number) for number in STAMPS)
    yield from (event(sensor=text) for text in STRINGS)
    for value in SKIPPED:
        yield f'{{"x":{value},"sensor_id":"s","metric_value":1,"timestamp":0}}'.encode()
        yield f'{{"sensor_id":"s","metric_value":1,"timestamp":0,"x":{value}}}'.encode()
    yield from (space + whole for space in (b" ", b"\n\t\r ", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xef\xbb\xbf", b"\x00", b",", b"1"))
    yield from (whole + tail for tail in (b" ", b"\n", b"\r\n\t ", b"x", b",", b"}", b"]", b"\x00", b"{}", whole, b"\n" + whole, b" null"))
    yield from (b"[" + whole + b"]", b'["s",1,0]', b"{}", b"[]", b"null", b"1", b'"s"', b"", b" ", b"\n", b"{{}}", b'{"sensor_id"}')
    yield b' { "timestamp" : 7 , "metric_value" : 2 , "sensor_id" : "s" } '
    yield b'\t{\n"sensor_id"\r:\t"s"\n,\n"metric_value"\n:\n2\n,"timestamp":7\n}\n'
    yield whole.replace(b" ", b"").replace(b'"timestamp"', b'"\\u0074imestamp"')
    yield whole.replace(b"sensor_id", b"Sensor_id")
    yield whole.replace(b"sensor_id", b"sensor_id\\u0000")
    for member in (b'"sensor_id":"t"', b'"metric_value":3', b'"timestamp":4', b'"x":1,"x":2', b'"":1', b'"\\ud83d":1', b'"\\ud83d\\ude00":1', b'"sensor_id ":1'):
        yield whole[:-1] + b"," + member + b"}"
        yield b"{" + member + b"," + whole[1:]
    for missing in (b'"sensor_id":"edge-0042",', b'"metric_value":21.5,', b',"timestamp":1732275000'):
        yield whole.replace(missing, b"")
    # What is not UTF-8 (and what just is), inside the sensor's name and where no event is.
    for code in (b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2\x41", b"\xc2\x80", b"\xdf\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe0\xa0\x80",
                 b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xe1\x80", b"\xe1\x80\x41", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf",
                 b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\xfe\xff", b"\xf0\x90\x80"):
        yield b'{"sensor_id":"' + code + b'","metric_value":1,"timestamp":0}'
        yield code
    # Larger than any buffer one might have thought of.
    yield event(sensor='"' + "long " * 60_000 + '"')
    yield b" " * 300_000 + whole
    yield b'{"x":' + b"[" * 100 + b"1," * 100_000 + b"1" + b"]" * 100 + b"," + whole[1:]
    yield event(metric="0." + "0" * 2_000 + "1" + "7" * 2_000 + "e2000")
    yield event(metric="9" * 3_000)
    yield event(metric="1" + "0" * 300 + "." + "5" * 800)


def mutate(source, data):
    data = bytearray(data)
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(data) + 1)
        kind = source.randrange(4)
        if kind == 0 and at < len(data):
            data[at] = source.choice(b'{}[]",:\\0123456789.eE+-truefalsn \n\t\x00\x80\xc3\xa9u')
        elif kind == 1:
            data[at:at] = source.choice((b'"', b"\\", b",", b"{", b"}", b"0", b"-", b" ", b"\\u00", b"e5", b"\xe2\x82\xac", b'"x":1,'))
        elif kind == 2:
            del data[at : at + source.randint(1, 4)]
        else:
            data[at:at] = data[at : at + source.randint(1, 12)]
    return bytes(data)


def generated(count, seed=1):
    """Doubles of any bits, decimals near ties, and events with a few bytes changed."""
    source = random.Random(seed)
    for _ in range(count):
        kind = source.randrange(4)
        if kind == 0:
            value = struct.unpack("<d", source.randbytes(8))[0]
            yield event(metric=repr(value) if math.isfinite(value) else "1e308")
        elif kind == 1:
            yield event(metric=f"{source.uniform(-1000, 1000):.{source.randint(0, 20)}f}", stamp=str(source.getrandbits(64)))
        elif kind == 2:
            # 2^n / 1.042: products at and next to powers of two, where the gaps between doubles change.
            value = math.ldexp(1, source.randint(-1070, 1020)) / 1.042
            yield event(metric=repr(value * (1 + source.randint(-2, 2) * 2**-53)))
        else:
            yield mutate(source, source.choice((event('"edge\\n\\u00e9"', "-12.5e3", "17"), b'{"x":[1,{"y":null}],' + event('"s"', "3", "1")[1:])))
