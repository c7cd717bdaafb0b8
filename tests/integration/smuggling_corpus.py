"""Requests that two readers could read in two ways, and what Weir makes of each.

A case is the bytes of one request. `%(key)s` is the caller's key, `%(body)s` a good body of `%(size)d`
bytes (`%(hex)x` in chunks). Behind each case the test sends a second, good request on the same
connection: when the first is refused, nobody may ever see the second.
"""

import collections

# `status`: what the caller gets. `reaches`: what the upstream gets; None = nothing at all.
Case = collections.namedtuple("Case", "name raw status reaches")

GOOD = b"good"  # the body arrives as it was sent

START = (b"POST /v1/messages HTTP/1.1\r\nhost: a\r\nx-api-key: %(key)s\r\n"
         b"content-type: application/json\r\n")
LENGTH = b"content-length: %(size)d\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
BODY = b"\r\n%(body)s"
CHUNKS = b"\r\n%(hex)x\r\n%(body)s\r\n0\r\n\r\n"

CASES = []


def refused(name, raw, status=400):
    CASES.append(Case(name, raw, status, None))


def passes(name, raw):
    CASES.append(Case(name, raw, 200, GOOD))


# --- two framings, or one that is unclear

passes("content-length", START + LENGTH + BODY)
passes("chunked", START + CHUNKED + CHUNKS)
passes("chunked in capitals", START + b"Transfer-Encoding: CHUNKED\r\n" + CHUNKS)
passes("chunked behind a tab", START + b"transfer-encoding:\tchunked\t\r\n" + CHUNKS)
passes("length with zeros before it", START + b"content-length: 000%(size)d\r\n" + BODY)
passes("te is no transfer-encoding", START + b"te: trailers\r\n" + LENGTH + BODY)
refused("length and chunked", START + LENGTH + CHUNKED + CHUNKS)
refused("chunked and length", START + CHUNKED + LENGTH + CHUNKS)
refused("length 0 and chunked", START + b"content-length: 0\r\n" + CHUNKED + CHUNKS)
refused("two lengths that differ", START + b"content-length: 4\r\n" + LENGTH + BODY)
refused("two lengths that agree", START + LENGTH + LENGTH + BODY)

LENGTHS = {
    "plus": b"+%(size)d", "minus": b"-%(size)d", "minus zero": b"-0", "list": b"%(size)d, %(size)d",
    "list of two": b"4, %(size)d", "inner space": b"1 %(size)d", "hex": b"0x%(hex)x", "none": b"",
    "words": b"ten", "exponent": b"1e1", "point": b"%(size)d.0", "quotes": b'"%(size)d"',
    "beyond 64 bits": b"18446744073709551617", "underscore": b"1_0", "semicolon": b"%(size)d;",
    "vertical tab": b"\x0b%(size)d", "NUL": b"%(size)d\x00", "bytes above ASCII": b"\xb2",
}
for word, value in LENGTHS.items():
    refused("length: " + word, START + b"content-length: " + value + b"\r\n" + BODY)

ENCODINGS = {
    "identity": b"identity", "gzip": b"gzip", "chunked, identity": b"chunked, identity",
    "identity, chunked": b"identity, chunked", "gzip, chunked": b"gzip, chunked",
    "chunked twice in one": b"chunked, chunked", "xchunked": b"xchunked", "chunkedx": b"chunkedx",
    "chunked with a parameter": b"chunked;q=1", "comma behind": b"chunked,", "comma before": b",chunked",
    "quotes": b'"chunked"', "vertical tab": b"\x0bchunked", "form feed": b"chunked\x0c",
    "NUL": b"chunked\x00", "bytes above ASCII": b"chun\xeaked", "none": b"", "cow": b"cow",
}
for word, value in ENCODINGS.items():
    refused("encoding: " + word, START + b"transfer-encoding: " + value + b"\r\n" + CHUNKS)
refused("two encodings", START + CHUNKED + CHUNKED + CHUNKS)
refused("two encodings that differ", START + b"transfer-encoding: identity\r\n" + CHUNKED + CHUNKS)
refused("chunked in HTTP/1.0", START.replace(b"/1.1", b"/1.0") + CHUNKED + CHUNKS)

# --- lines

refused("space before the colon", START + b"content-length : %(size)d\r\n" + BODY)
refused("tab before the colon", START + b"content-length\t: %(size)d\r\n" + BODY)
refused("space before the colon of chunked", START + b"transfer-encoding : chunked\r\n" + CHUNKS)
refused("space before the name", START + b" content-length: %(size)d\r\n" + BODY)
refused("a folded line", START + b"x: a\r\n b\r\n" + LENGTH + BODY)
refused("a folded length", START + b"content-length:\r\n %(size)d\r\n" + BODY)
refused("a folded encoding", START + b"transfer-encoding:\r\n\tchunked\r\n" + CHUNKS)
refused("a first line that is folded", START.replace(b"host: a", b" host: a") + LENGTH + BODY)
refused("a bare LF behind a field", START + b"x: a\ncontent-length: %(size)d\r\n" + BODY)
refused("a bare CR in a field", START + b"x: a\rcontent-length: %(size)d\r\n" + LENGTH + BODY)
refused("a bare CR in a name", START + b"x\ry: a\r\n" + LENGTH + BODY)
refused("CR CR LF", START + b"x: a\r\r\n" + LENGTH + BODY)
refused("a NUL in a value", START + b"x: a\x00b\r\n" + LENGTH + BODY)
refused("a NUL in a name", START + b"x\x00: a\r\n" + LENGTH + BODY)
refused("a control character", START + b"x: a\x01b\r\n" + LENGTH + BODY)
refused("a DEL", START + b"x: a\x7fb\r\n" + LENGTH + BODY)
refused("a name of no bytes", START + b": a\r\n" + LENGTH + BODY)
refused("a line without a colon", START + b"x\r\n" + LENGTH + BODY)
refused("a name above ASCII", START + b"\xc3\xbc: a\r\n" + LENGTH + BODY)
refused("a name with a slash", START + b"a/b: c\r\n" + LENGTH + BODY)
passes("a value above ASCII", START + b"x: \xc3\xbc\r\n" + LENGTH + BODY)
passes("an empty value", START + b"x:\r\n" + LENGTH + BODY)
passes("empty lines before the request", b"\r\n\r\n" + START + LENGTH + BODY)

# --- the host, the target, the version

refused("two hosts", START + b"host: a\r\n" + LENGTH + BODY)
refused("two hosts that differ", START + b"Host: b\r\n" + LENGTH + BODY)
for _field in (b"content-type: text/plain", b"authorization: Bearer a\r\nauthorization: Bearer a",
               b"X-Api-Key: another", b"anthropic-version: 2023-06-01\r\nanthropic-version: 2",
               b"last-event-id: a:1\r\nlast-event-id: b:1", b"x-goog-api-key: a\r\nx-goog-api-key: b",
               b"content-encoding: identity\r\ncontent-encoding: gzip"):
    refused(f"doubled {_field.partition(b':')[0].decode()}",
            START + _field + b"\r\n" + LENGTH + BODY)
refused("no host", START.replace(b"host: a\r\n", b"") + LENGTH + BODY)
passes("no host in HTTP/1.0", START.replace(b"host: a\r\n", b"").replace(b"/1.1", b"/1.0") +
       LENGTH + BODY)
refused("a target with another host", START.replace(b" /v1", b" http://b/v1") + LENGTH + BODY)
refused("a target with this host", START.replace(b" /v1", b" http://a/v1") + LENGTH + BODY)
refused("a target without its slash", START.replace(b" /v1", b" v1") + LENGTH + BODY)
refused("a target above ASCII", START.replace(b"/v1/", b"/v1/\xc3\xbc") + LENGTH + BODY)
refused("a control character in the target", START.replace(b"/v1/", b"/v1/\x01") + LENGTH + BODY)
refused("a space in the target", START.replace(b"/v1/", b"/v1/ ") + LENGTH + BODY)
refused("two spaces before the target", START.replace(b" /v1", b"  /v1") + LENGTH + BODY)
refused("a tab for a space", START.replace(b" /v1", b"\t/v1") + LENGTH + BODY)
refused("a space behind the version", START.replace(b"/1.1\r", b"/1.1 \r") + LENGTH + BODY)
refused("a space before the method", b" " + START + LENGTH + BODY)
refused("a method that is no token", START.replace(b"POST", b"PO(ST") + LENGTH + BODY)
refused("a method in small letters", START.replace(b"POST", b"post") + LENGTH + BODY, 405)
refused("another path behind dots", START.replace(b"/v1/", b"/v1/../v1/") + LENGTH + BODY, 404)
refused("a path in percent signs", START.replace(b"/v1/m", b"/v1/%%6d") + LENGTH + BODY, 404)
refused("two slashes", START.replace(b"/v1/", b"//v1/") + LENGTH + BODY, 404)
refused("a fragment", START.replace(b"messages", b"messages#x") + LENGTH + BODY, 404)
refused("HTTP/0.9", b"POST /v1/messages\r\n\r\n")
refused("HTTP/1.2", START.replace(b"/1.1", b"/1.2") + LENGTH + BODY)
refused("HTTP/1.10", START.replace(b"/1.1", b"/1.10") + LENGTH + BODY)
refused("http in small letters", START.replace(b"HTTP/1.1", b"http/1.1") + LENGTH + BODY)
refused("HTTP/2's preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
refused("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
passes("an upgrade that is not taken", START + b"connection: upgrade, http2-settings\r\n"
       b"upgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n" + LENGTH + BODY)
passes("an upgrade to a websocket", START + b"connection: upgrade\r\nupgrade: websocket\r\n" +
       LENGTH + BODY)

# --- chunks

passes("a chunk's extension", START + CHUNKED + b"\r\n%(hex)x;a=\"b\";c\r\n%(body)s\r\n0;d\r\n\r\n")
passes("zeros before a chunk's size", START + CHUNKED + b"\r\n000%(hex)x\r\n%(body)s\r\n00\r\n\r\n")
passes("trailers", START + CHUNKED +
       b"\r\n%(hex)x\r\n%(body)s\r\n0\r\ncontent-length: 5\r\nx-api-key: other\r\n\r\n")

SIZES = {
    "plus": b"+%(hex)x", "minus": b"-%(hex)x", "0x": b"0x%(hex)x", "space before": b" %(hex)x",
    "space behind": b"%(hex)x ", "tab behind": b"%(hex)x\t", "none": b"", "extension alone": b";a",
    "no hex": b"zz", "beyond 64 bits": b"10000000000000000", "beyond 64 bits and back":
    b"100000000000000%(hex)x", "all ones": b"ffffffffffffffff", "underscore": b"1_%(hex)x",
    "quotes": b'"%(hex)x"', "NUL": b"%(hex)x\x00", "bare LF in its extension": b"%(hex)x;a\nb",
    "bare CR in its extension": b"%(hex)x;a\rb", "comma": b"%(hex)x,5",
}
for word, value in SIZES.items():
    refused("chunk size: " + word, START + CHUNKED + b"\r\n" + value + b"\r\n%(body)s\r\n0\r\n\r\n")
refused("a bare LF behind a chunk's size",
        START + CHUNKED + b"\r\n%(hex)x\n%(body)s\r\n0\r\n\r\n")
refused("a bare LF behind a chunk", START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s\n0\r\n\r\n")
refused("a bare CR behind a chunk's size", START + CHUNKED + b"\r\n%(hex)x\r%(body)s\r\n0\r\n\r\n")
refused("a chunk longer than its size", START + CHUNKED + b"\r\n%(hex)x\r\n%(body)sxx\r\n0\r\n\r\n")
refused("a chunk without its end", START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s0\r\n\r\n")
refused("bare LF at the very end", START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s\r\n0\r\n\n")
refused("a bare LF in the trailers",
        START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s\r\n0\r\nx: y\nz: w\r\n\r\n")
refused("a bare CR in the trailers",
        START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s\r\n0\r\nx: y\rz: w\r\n\r\n")
refused("an extension of 8 KiB",
        START + CHUNKED + b"\r\n%(hex)x;" + b"a" * 8192 + b"\r\n%(body)s\r\n0\r\n\r\n")
refused("trailers of 32 KiB",
        START + CHUNKED + b"\r\n%(hex)x\r\n%(body)s\r\n0\r\n" + b"x: y\r\n" * 6000 + b"\r\n")

# --- sizes

refused("a line of 70 KiB", b"POST /v1/messages?" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n" +
        LENGTH + BODY, 431)
refused("a field of 70 KiB", START + b"x: " + b"a" * 70_000 + b"\r\n" + LENGTH + BODY, 431)
refused("200 fields", START + b"x: a\r\n" * 200 + LENGTH + BODY, 431)
refused("a body over the limit", START + b"content-length: 9223372036854775807\r\n" + BODY, 413)
