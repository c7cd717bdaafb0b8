"""A collector: OpenTelemetry's own messages, over gRPC, for collector.py.

Runs with the packages of packages/otlp: `collector_server.py PORT FILE [CERTIFICATE KEY]`. Each call becomes a line of JSON at
the end of FILE: its metadata, its resource's attributes and its spans.
"""

import concurrent.futures
import json
import pathlib
import signal
import sys
import threading

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc


def plain(pairs):
    """Attributes as a dict; a name that comes twice is an error."""
    found = {}
    for pair in pairs:
        assert pair.key not in found, pair.key
        found[pair.key] = getattr(pair.value, pair.value.WhichOneof("value"))
    return found


def as_dict(span):
    return {"trace_id": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(),
            "name": span.name, "kind": span.kind, "start": span.start_time_unix_nano,
            "end": span.end_time_unix_nano, "state": span.trace_state, "flags": span.flags,
            "status": span.status.code, "attributes": plain(span.attributes)}


class Traces(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()

    def Export(self, request, context):
        spans = [as_dict(span) for group in request.resource_spans for scope in group.scope_spans
                 for span in scope.spans]
        call = {"metadata": dict(context.invocation_metadata()),
                "resource": plain(request.resource_spans[0].resource.attributes), "spans": spans}
        with self._lock, open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(call) + "\n")
        return trace_service_pb2.ExportTraceServiceResponse()


def main():
    port, path, *files = sys.argv[1:]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Traces(path), server)
    address = f"127.0.0.1:{port}"
    if files:
        certificate, key = (pathlib.Path(file).read_bytes() for file in files)
        bound = server.add_secure_port(address, grpc.ssl_server_credentials([(key, certificate)]))
    else:
        bound = server.add_insecure_port(address)
    assert bound == int(port)
    server.start()
    open(path, "a", encoding="utf-8").close()
    signal.sigwait([signal.SIGTERM])
    server.stop(0).wait()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    main()
