"""An OpenID provider of the tests' own: strict where a provider should be, and made to lie where a test
says so. Signatures come from the openssl program."""

import base64
import hashlib
import hmac
import json
import secrets
import subprocess
import tempfile
import threading
import time
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from upstream import Upstream, reply_bytes


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True,
                          timeout=60).stdout


class Key:
    """A key pair of the provider. `algorithm` is RS256 or ES256."""

    def __init__(self, kid, algorithm="RS256"):
        self.kid = kid
        self.algorithm = algorithm
        self._file = tempfile.NamedTemporaryFile(suffix=".pem")
        options = {"RS256": ("RSA", "rsa_keygen_bits:2048"), "ES256": ("EC", "ec_paramgen_curve:P-256")}
        kind, option = options[algorithm]
        self._file.write(openssl("genpkey", "-algorithm", kind, "-pkeyopt", option))
        self._file.flush()

    def public_pem(self):
        return openssl("pkey", "-in", self._file.name, "-pubout")

    def jwk(self):
        shown = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            point = openssl("pkey", "-in", self._file.name, "-pubout", "-outform", "DER")[-64:]
            return {**shown, "kty": "EC", "crv": "P-256", "x": encode(point[:32]),
                    "y": encode(point[32:])}
        modulus = openssl("rsa", "-in", self._file.name, "-noout", "-modulus")
        number = bytes.fromhex(modulus.decode().strip().split("=")[1])
        return {**shown, "kty": "RSA", "n": encode(number), "e": "AQAB"}

    def sign(self, data):
        signature = openssl("dgst", "-sha256", "-sign", self._file.name, data=data)
        return signature if self.algorithm == "RS256" else joined(signature)


def joined(der):
    """The two numbers of an ECDSA signature, as JOSE has them."""
    numbers, at = b"", 2
    for _ in range(2):
        size = der[at + 1]
        numbers += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + size
    return numbers


class OpenidProvider:
    CLIENT = "weir-tests"
    SECRET = "the client's own secret"

    def __init__(self, host="127.0.0.1"):
        self.keys = [Key("first")]
        self.claims = {}      # laid over those of each token
        self.header = {}      # over its header
        self.signer = None    # a function of (text, header) instead of the first key
        self.document = {}    # over the discovery document
        self.fault = None     # a status that every endpoint answers, with
        self.headers = ()
        self.strict = True    # codes count once
        self.calls = []       # paths
        self.sits_there = None  # who logs in when a browser comes
        self._codes = {}
        self._lock = threading.Lock()
        self._upstream = Upstream(self._answer)
        self.issuer = self._upstream.url.replace("127.0.0.1", host)

    def close(self):
        self._upstream.close()

    def log_in(self, url, subject, **claims):
        """Somebody logs in at the address that a browser was sent to; where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(self.issuer + "/authorize?"), url
        assert asked["response_type"] == "code" and asked["client_id"] == self.CLIENT, asked
        assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43, asked
        assert "openid" in asked["scope"].split() and len(asked["state"]) >= 32, asked
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = {"asked": asked, "claims": {"sub": subject, **claims}, "used": False}
        back = {"code": code, "state": asked["state"], "session_state": "of-no-concern"}
        return asked["redirect_uri"] + "?" + urlencode(back)

    def _answer(self, recorded, connection):
        path = recorded.target.split("?")[0]
        self.calls.append(path)
        if self.fault is not None:
            connection.sendall(reply_bytes(self.fault, self.headers, b"{}"))
            return True
        if path == "/authorize":
            back = self.log_in(self.issuer + recorded.target, self.sits_there,
                               preferred_username=self.sits_there, name=self.sits_there)
            connection.sendall(reply_bytes(303, [("location", back)]))
            return True
        status, value = {"/.well-known/openid-configuration": self._discovery,
                         "/keys": self._key_set, "/token": self._token}[path](recorded)
        connection.sendall(reply_bytes(status, body=json.dumps(value).encode()))
        return True

    def _discovery(self, _recorded):
        return 200, {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                     "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/keys",
                     "end_session_endpoint": self.issuer + "/logout", **self.document}

    def _key_set(self, _recorded):
        others = [{"kty": "oct", "kid": "symmetric", "k": encode(b"0" * 32)},
                  {"kty": "OKP", "crv": "Ed25519", "kid": "unknown", "x": encode(b"1" * 32)}]
        return 200, {"keys": others + [key.jwk() for key in self.keys]}

    def _token(self, recorded):
        form = {name: values[0] for name, values in parse_qs(recorded.body.decode()).items()}
        if self._client_of(recorded, form) != (self.CLIENT, self.SECRET):
            return 401, {"error": "invalid_client"}
        with self._lock:
            grant = self._codes.get(form["code"])
            if grant is None or (grant["used"] and self.strict):
                return 400, {"error": "invalid_grant"}
            grant["used"] = True
        asked = grant["asked"]
        challenge = encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "of no use", "token_type": "Bearer",
                     "id_token": self._id_token(asked, grant["claims"])}

    @staticmethod
    def _client_of(recorded, form):
        basic = recorded.header("authorization")
        if basic is None:
            return form.get("client_id"), form.get("client_secret")
        pair = base64.b64decode(basic.removeprefix("Basic ")).decode()
        name, _, secret = pair.partition(":")
        return unquote(name), unquote(secret)

    def _id_token(self, asked, claims):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.CLIENT, "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"], **claims, **self.claims}
        key = self.keys[0]
        header = {"alg": key.algorithm, "kid": key.kid, "typ": "JWT", **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        claims = {name: value for name, value in claims.items() if value is not None}
        text = encode(json.dumps(header).encode()) + "." + encode(json.dumps(claims).encode())
        signature = (self.signer or (lambda data: key.sign(data)))(text.encode())
        return text + "." + encode(signature)


def hs256(secret):
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()
