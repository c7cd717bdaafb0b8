"""Upstreams over TLS: verified against the authority and the name, also through a proxy."""

import pytest

import harness
import ports
from admin_client import eventually
from authority import Authority
from proxies import KINDS, Proxy


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def stack(build_dir, authority):
    made = harness.Stack(build_dir, settings={
        "WEIR_RELAY_UPSTREAM_CA_FILE": authority.certificate})
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def tls_provider(build_dir, tmp_path):
    """Starts a provider that speaks TLS with the given certificate; returns its port."""
    started = []

    def start(certificate, key):
        port = ports.free_port()
        service = harness.Service("fake-provider", build_dir, tmp_path,
                                  ["--listen", f"127.0.0.1:{port}", "--tls-cert", str(certificate),
                                   "--tls-key", str(key)])
        service.start()
        eventually(lambda: not ports.is_free(port), what="the provider listens")
        started.append(service)
        return port

    yield start
    for service in started:
        service.stop()


def test_a_verified_upstream_answers_and_is_kept(stack, authority, tls_provider):
    port = tls_provider(*authority.sign("IP:127.0.0.1,DNS:localhost", "good"))
    for host in ("127.0.0.1", "localhost"):
        lane = stack.lane({"url": f"https://{host}:{port}"})
        for stream in (False, True, False):
            reply = lane.messages(stream=stream)
            assert reply.status == 200, reply.body
        row = stack.api.log_row(reply.request_id)
        assert row["complete"] and row["usage_source"] == "reported"


@pytest.mark.parametrize("names", ["DNS:elsewhere.example", "IP:127.0.0.2"])
def test_a_certificate_for_another_name_is_refused(stack, authority, tls_provider, names):
    port = tls_provider(*authority.sign(names, "other"))
    reply = stack.lane({"url": f"https://127.0.0.1:{port}"}).messages()
    assert reply.status == 502
    assert stack.api.log_row(reply.request_id)["error_class"] == "upstream_connect"


def test_a_certificate_of_another_authority_is_refused(stack, tls_provider, tmp_path):
    port = tls_provider(*Authority(tmp_path, "stranger").sign("IP:127.0.0.1", "strange"))
    assert stack.lane({"url": f"https://127.0.0.1:{port}"}).messages().status == 502


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("password", [None, "weir:secret"])
def test_tls_goes_through_a_proxy_verified(stack, authority, tls_provider, tmp_path, kind, password):
    """The tunnel's far end must prove who it is: a proxy cannot put itself in its place."""
    good = tls_provider(*authority.sign("DNS:localhost", "tunnelled"))
    strange = tls_provider(*Authority(tmp_path, "stranger").sign("DNS:localhost", "strange"))
    proxy = Proxy(KINDS[kind], password)
    try:
        user = "" if password is None else password + "@"
        fields = {"proxy_url": f"{kind}://{user}127.0.0.1:{proxy.port}"}
        lane = stack.lane({"url": f"https://localhost:{good}", **fields})
        for stream in (False, True):
            assert lane.messages(stream=stream).status == 200
        # The name goes to the proxy as it is: names are not resolved here.
        assert set(proxy.targets) == {f"localhost:{good}"}
        refused = stack.lane({"url": f"https://localhost:{strange}", **fields}).messages()
        assert refused.status == 502
        assert stack.api.log_row(refused.request_id)["error_class"] == "upstream_connect"
    finally:
        proxy.close()


def test_a_plain_upstream_behind_https_is_refused(stack):
    url = stack.fake_url.replace("http://", "https://")
    assert stack.lane({"url": url}).messages().status == 502
