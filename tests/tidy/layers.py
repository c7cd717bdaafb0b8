"""Who may include whom: one row per folder. A folder without a row is an error, so that a new one
is thought about. A file's own folder is always allowed.

A row holds what the files of a folder may include of ours, as prefixes of include paths: a folder
ends with "/" and stands for everything directly in it, "/**" for everything below it too.
"""

COMMON = ["libs/common/", "libs/common/sql/"]
PROTO = ["weir/v1/"]
RELAY = "services/relay/"
ADMIN = "services/admin/"
USAGE = "services/usage/"

# More than a folder: the files that join the parts. Path of a file without its suffix -> row.
ROOTS = {
    RELAY + "relay_request": [RELAY + "**", *COMMON],
}

LAYERS = {
    "libs/common": [],
    "libs/common/sql": ["libs/common/"],
    # The relay: from the parts that know nothing to the root that joins them.
    "services/relay": [RELAY + "**", *COMMON, *PROTO],
    "services/relay/snapshot": [*COMMON, *PROTO],
    "services/relay/dialects": [*COMMON],
    # One neutral conversation; a folder of readers and writers for each dialect, none of which knows
    # another; and what joins two of them.
    "services/relay/translate/neutral": [RELAY + "dialects/", *COMMON],
    "services/relay/translate/anthropic": [
        RELAY + "translate/neutral/", RELAY + "dialects/", *COMMON,
    ],
    "services/relay/translate/gemini": [
        RELAY + "translate/neutral/", RELAY + "dialects/", *COMMON,
    ],
    "services/relay/translate/openai_chat": [
        RELAY + "translate/neutral/", RELAY + "dialects/", *COMMON,
    ],
    "services/relay/translate/openai_responses": [
        RELAY + "translate/neutral/", RELAY + "dialects/", *COMMON,
    ],
    "services/relay/translate": [RELAY + "translate/**", RELAY + "dialects/", *COMMON],
    "services/relay/route": [RELAY + "snapshot/", *COMMON],
    # http1 is heads and bodies as bytes, without a socket.
    "services/relay/http1": [*COMMON],
    "services/relay/auth": [RELAY + "snapshot/", RELAY + "http1/", *COMMON],
    # Its headers name the dialects; it knows nothing else of them.
    "services/relay/signatures": [*COMMON],
    # Texts in, numbers out.
    "services/relay/tokenizer": [*COMMON],
    "services/relay/websocket": [RELAY + "http1/", *COMMON],
    # A neutral conversation in, a number out.
    "services/relay/counting": [RELAY + "tokenizer/", RELAY + "translate/neutral/", *COMMON],
    "services/relay/limits": [RELAY + "snapshot/", RELAY + "dialects/dialect.h", *COMMON],
    # One connection of a loop to Redis.
    "services/relay/redis": [RELAY + "net/", *COMMON],
    # The same limits in Redis, on the loop.
    "services/relay/shared_limits": [
        RELAY + "limits/", RELAY + "redis/", RELAY + "net/", RELAY + "snapshot/", *COMMON,
    ],
    "services/relay/cache": [*COMMON],
    # The same cache in Redis, on the loop.
    "services/relay/shared_cache": [RELAY + "cache/", RELAY + "redis/", RELAY + "net/", *COMMON],
    "services/relay/streams": [RELAY + "net/", RELAY + "dialects/dialect.h", *COMMON],
    # What becomes of recorded bodies: masked, packed, sent.
    "services/relay/bodies": [
        RELAY + "snapshot/", RELAY + "net/buffer_cap.h", *COMMON, *PROTO,
    ],
    "services/relay/accounts": [
        RELAY + "snapshot/", RELAY + "dialects/dialect.h", RELAY + "http1/", *COMMON,
    ],
    "services/relay/providers": [
        RELAY + "snapshot/", RELAY + "dialects/", RELAY + "http1/",
        RELAY + "translate/neutral/target.h", *COMMON,
    ],
    "services/relay/tracing": [RELAY + "http1/", *COMMON],
    "services/relay/net": [*COMMON],
    "services/relay/upstream": [
        RELAY + "net/", RELAY + "http1/", RELAY + "snapshot/", RELAY + "accounts/upstream_signal.h",
        *COMMON,
    ],
    # Its table of endpoints names the dialects; it knows nothing else of them.
    "services/relay/http": [RELAY + "net/", RELAY + "http1/", RELAY + "dialects/dialect.h", *COMMON],
    "services/relay/metering": [RELAY + "dialects/", RELAY + "snapshot/", *COMMON, *PROTO],
    # Plain numbers in a file; its recovery makes events of them.
    "services/relay/intents": [RELAY + "metering/", *COMMON, *PROTO],
    # Prices, and a loop to wake whoever waits for a lease.
    "services/relay/budgets": [RELAY + "snapshot/", RELAY + "net/", *COMMON, *PROTO],
    # Admin.
    "services/admin": [ADMIN + "**", *COMMON, *PROTO],
    "services/admin/model": [*COMMON],
    "services/admin/store": [ADMIN + "model/", *COMMON],
    "services/admin/credentials": [ADMIN + "model/", ADMIN + "store/", *COMMON],
    "services/admin/publish": [
        ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", *COMMON, *PROTO,
    ],
    # What admin asks of others over HTTP, and what it asks them for.
    "services/admin/outbound": [ADMIN + "model/", *COMMON],
    "services/admin/oauth": [
        ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", ADMIN + "outbound/", *COMMON,
    ],
    "services/admin/oidc": [
        ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", ADMIN + "outbound/", *COMMON,
    ],
    # What is wrong, and whom it is told.
    "services/admin/alerts": [
        ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", ADMIN + "outbound/",
        ADMIN + "publish/relay_registry", ADMIN + "maintenance_client", *COMMON, *PROTO,
    ],
    "services/admin/tasks": [
        ADMIN + "store/", ADMIN + "alerts/", ADMIN + "maintenance_client", *COMMON,
    ],
    "services/admin/json": [
        ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", *COMMON, *PROTO,
    ],
    "services/admin/http": [ADMIN + "model/", ADMIN + "store/", ADMIN + "credentials/", *COMMON],
    # The rows of the routes as OpenAPI and as a page.
    "services/admin/contract": [ADMIN + "http/", ADMIN + "json/", *COMMON],
    "services/admin/resources": [
        ADMIN + "model/", ADMIN + "json/", ADMIN + "store/", ADMIN + "credentials/",
        ADMIN + "publish/", ADMIN + "http/", ADMIN + "contract/", ADMIN + "tasks/", ADMIN + "oauth/",
        ADMIN + "oidc/", ADMIN + "outbound/", ADMIN + "alerts/", ADMIN + "maintenance_client",
        ADMIN + "usage_client", ADMIN + "usage_glance", *COMMON, *PROTO,
    ],
    # Usage.
    "services/usage": [USAGE + "**", *COMMON, *PROTO],
}

# Third parties that a folder must not see, so that it stays free of I/O and cheap to test.
FORBIDDEN = {
    "services/relay/dialects": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/counting": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate/neutral": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate/anthropic": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate/gemini": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate/openai_chat": ["boost/asio", "boost/beast", "grpc", "weir/v1/"],
    "services/relay/translate/openai_responses": [
        "boost/asio", "boost/beast", "grpc", "weir/v1/",
    ],
    "services/relay/http1": ["boost/asio", "boost/beast/core", "grpc"],
    "services/relay/route": ["boost/asio", "boost/beast", "grpc"],
    "services/relay/auth": ["boost/asio", "boost/beast", "grpc"],
    "services/relay/accounts": ["boost/asio", "boost/beast", "grpc"],
    "services/relay/metering": ["boost/asio", "boost/beast"],
}

# Headers that cost seconds in every file that sees them: for .cc files only.
HEAVY = ["httplib.h", "pqxx/", "grpcpp/", "boost/beast", "boost/json.hpp", "yaml-cpp/"]
LIGHT = ["grpcpp/support/status.h"]
