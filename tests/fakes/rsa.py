"""Keys for the tests: made once, for a platform, for a shop and for a stranger."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def make() -> tuple[str, str]:
    """(private PEM, public PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


PLATFORM, SHOP, STRANGER = make(), make(), make()
PAY_ID = "PUB_KEY_ID_0114232134912410000000000000"
PAY_KEYS = f"{PAY_ID}\n{PLATFORM[1]}"
