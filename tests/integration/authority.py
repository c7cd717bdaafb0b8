"""A certificate authority of a test's own, and what it signs for the services."""

import subprocess

SERVICES = ("relay", "admin", "usage")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder, name="weir test authority"):
        self.folder = folder
        self.certificate = folder / f"{name.replace(' ', '-')}.crt"
        self._key = self.certificate.with_suffix(".key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self._key, "-out", self.certificate, "-subj", f"/CN={name}", "-days", 2)

    def sign(self, names, stem, days=2):
        """Certificate and key for `names` (subjectAltName syntax)."""
        key, request = self.folder / f"{stem}.key", self.folder / f"{stem}.csr"
        certificate, extension = self.folder / f"{stem}.crt", self.folder / f"{stem}.ext"
        extension.write_text(f"subjectAltName={names}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                key, "-out", request, "-subj", f"/CN={stem}")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                "-CAcreateserial", "-days", days, "-extfile", extension, "-out", certificate)
        return certificate, key


def service_settings(folder, ca_file):
    """What makes all services use `folder`/SERVICE.crt and .key, and no token."""
    settings = {}
    for service in SERVICES:
        prefix = f"WEIR_{service.upper()}"
        settings[f"{prefix}_INTERNAL_TOKEN_FILE"] = ""
        settings[f"{prefix}_GRPC_TLS_CERT_FILE"] = folder / f"{service}.crt"
        settings[f"{prefix}_GRPC_TLS_KEY_FILE"] = folder / f"{service}.key"
        settings[f"{prefix}_GRPC_TLS_CA_FILE"] = ca_file
    return settings


def sign_services(authority, days=2):
    """A certificate for each service, as cert-manager makes them: the first name says which it is."""
    for service in SERVICES:
        authority.sign(f"DNS:{service},DNS:{service}.weir.svc,IP:127.0.0.1", service, days)
