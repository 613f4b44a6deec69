"""Texts shaped like secrets, which are none."""

from __future__ import annotations

SEED = "SUAM4TQP3WQ2XKJ5FN6JZ2YQ2RZCXKXQYFBXJ3ZV6ROZUNO2F5XH6OXXCA"
SEED_IN_LOWER_CASE = SEED.lower()
PUBLIC_KEY = "UD4AGLSXPSUMHDRM2AFGMO3NJOYW4SMUM3ZCWKOFQT3XCNUUUQ2GAQ3Z"
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.eyJqdGkiOiJYIiwiaWF0IjoxfQ.c2lnbmF0dXJl-_x"
BLOCK = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHGXbM0KvYrY\nq3+/ab==\n-----END PRIVATE KEY-----"
CREDS = f"""\
-----BEGIN NATS USER JWT-----
{JWT}
------END NATS USER JWT------

************************* IMPORTANT *************************

-----BEGIN USER NKEY SEED-----
{SEED}
------END USER NKEY SEED------
"""
PASSWORD = "s3cr3t-password"
SECRETS = (SEED, SEED_IN_LOWER_CASE, JWT, "MC4CAQAwBQYDK2Vw", PASSWORD)


def leaked(text: str) -> list[str]:
    """Those of the secrets that the text holds."""
    return [each for each in SECRETS if each in text]
