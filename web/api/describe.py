"""The description that partners read: what ninja knows, and the rest: scopes, names of calls, problems, examples."""

import json
import shlex
from pathlib import Path
from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from .doors import HEADER, LONGEST
from .examples import BODIES

SIGNING = (
    "Hex HMAC-SHA256 of the call by the secret of the key, with the headers `X-Key-Id`, `X-Timestamp` (seconds) and "
    "`X-Nonce` (16 to 64 characters, new for each call): see **Signed calls** above."
)
NAME = {
    "in": "header", "name": HEADER, "required": False,
    "description": "Names this call. Sent again with the same body it is answered the same and takes effect once; kept "
    "for 35 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
}  # fmt: skip


def guide() -> str:
    """docs/api.md, without its first headline; nothing where the documents are not installed."""
    path = Path(settings.BASE_DIR) / "docs" / "api.md"
    return path.read_text(encoding="utf-8").partition("\n")[2].strip() if path.is_file() else ""


class Described(NinjaAPI):
    """An API whose every address tells its scope and shows a call."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**given)
        schema["info"]["description"] = f"{self.description}\n\n{guide()}"
        schema["components"]["securitySchemes"]["Signature"]["description"] = SIGNING
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                _complete(operation, method, path)
        return schema


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    scope = operation.get("x-scope")
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            answer["content"] = {"application/problem+json": answer["content"].pop("application/json")}
    if operation.pop("x-idempotent", False):
        operation.setdefault("parameters", []).append(NAME)
    if scope is None:
        return
    short = path.removeprefix("/api/v1")
    body = BODIES.get((method, short))
    if body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = body
    text = operation.get("description", "")
    operation["description"] = f"{text}\n\nScope: `{scope}`\n\n```sh\n{curl(method, short, body)}\n```"


def curl(method: str, path: str, body: dict[str, Any] | None) -> str:
    """A call that runs in a shell once QUANYU and KEY are set."""
    lines = [f'curl -X {method.upper()} "$QUANYU/api/v1{path}"', '-H "Authorization: Bearer $KEY"']
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    return " \\\n  ".join(lines)
