"""A key of this home folder, which only its owner can read: whoever has it may submit jobs, nobody else can connect.

A job is code, so whoever can reach the scheduler runs code as this user; loopback alone keeps out other machines, not
other accounts of this one.
"""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed.security import Security

_FILE = "tls.pem"
_DAYS = 36_500


def private_folder(folder: Path) -> Path:
    """Return ``folder``, made if need be, closed to everybody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):  # somebody else's folder, or a file system without modes
        folder.chmod(0o700)
    return folder


def key_file(folder: Path) -> Path:
    """Return the file with key and certificate, which is its own authority; made when first needed."""
    place = folder / _FILE
    if not place.is_file():
        raw = _new_key()
        temporary = private_folder(folder) / f"{_FILE}.{os.getpid()}"
        temporary.touch(mode=0o600)
        temporary.write_bytes(raw)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, place)  # the first of several processes wins
        temporary.unlink()
    return place


def security(folder: Path) -> Security:
    """Return how to connect to schedulers of this folder: both sides show the certificate, or there is no talk."""
    from distributed.security import Security

    file = str(key_file(folder))
    return Security(tls_ca_file=file, tls_client_cert=file, tls_client_key=file, require_encryption=True)


def options(folder: Path) -> list[str]:
    """Return the same as options of Dask's commands."""
    file = str(key_file(folder))
    return ["--protocol", "tls", "--tls-ca-file", file, "--tls-cert", file, "--tls-key", file]


def _new_key() -> bytes:
    """Return a private key and a certificate that it signed itself, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "corelens")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)
