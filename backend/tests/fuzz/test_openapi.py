"""Every operation of the OpenAPI document, with made-up input, as an administrator, a viewer and nobody.

Nothing may end in a fault of the program, and every answer is one that the document names, in its form. Hosts and URLs
in the input are replaced by a closed port of this machine: nothing else is ever connected to. `make fuzz` tries longer.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import SkipTest

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dbbackup.core.access import Role
from dbbackup.db.models import SessionKind
from dbbackup.services import sessions, tokens, users
from dbbackup.services.audit_entry import Caller
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.signing_in import add_user, locked_app, sign_in
from tests.api.support import form

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
"""For each operation and kind of input, right and wrong."""
FAULTS = (500, 501, 503, 504)
"""502 is the other side's: each operation that can answer it says so."""
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
ORDER = ("GET", "HEAD", "PATCH", "POST", "PUT", "DELETE")
PLACES = {
    "host": "127.0.0.1",
    "endpoint": "http://127.0.0.1:9",
    "url": "http://127.0.0.1:9",
    "pingUrl": None,
    "port": 9,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    fixed = {"access.requestsPerMinute": 1_000_000}
    with locked_app(tmp_path_factory.mktemp("fuzzed"), fixed=fixed) as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer.start(18) as running:
        yield running


@pytest.fixture(scope="module")
def people(app: RunningApp) -> dict[str, str | None]:
    """The id of one user of each kind; nobody has none."""
    admin = sign_in(app)
    return {"nobody": None, **{role: add_user(admin, role)["id"] for role in (Role.VIEWER, Role.ADMIN)}}


@pytest.fixture(scope="module")
def known(app: RunningApp, server: PostgresServer) -> dict[str, str]:
    """Ids that exist, by the names of the parameters of paths."""
    admin = sign_in(app)
    database = admin.post("/databases", form(server))
    schedule = {
        "name": "nightly",
        "type": "custom",
        "databaseId": database["id"],
        "cronExpression": "0 3 * * *",
        "timezone": "UTC",
    }
    return {
        "database_id": database["id"],
        "schedule_id": admin.post("/schedules", schedule)["id"],
        "policy_id": admin.get("/retention-policies")[0]["id"],
        "key_id": admin.post("/encryption-keys", {"name": "key"})["id"],
        "user_id": add_user(admin, Role.OPERATOR)["id"],
    }


@pytest.mark.timeout(7200)
def test_operations_when_given_anything_then_no_fault_and_no_undocumented_answer(
    app: RunningApp, people: dict[str, str | None], known: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    schema = schemathesis.openapi.from_dict(httpx.get(f"{app.api.url}/api/openapi.json").json())
    schema.config.update(base_url=app.api.url)
    # Who asks is our business: a made-up key would come before the token.
    schema.config.generation.update(with_security_parameters=False)
    seen = Seen()
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    # What reads comes first: once there is a storage that does not answer, the state of the system takes its time.
    operations.sort(key=lambda operation: ORDER.index(operation.method.upper()))
    for operation in operations:
        short = EXAMPLES == 1 and operation.method.upper() in ORDER[:2]
        for mode in (GenerationMode.POSITIVE,) if short else GenerationMode:
            headers = {who: signed_in(app, user_id) for who, user_id in people.items()}
            attempt_all(operation, mode, headers, known, seen)
    with capsys.disabled():
        print(f"\n{len(operations)} operations: {seen}")
    assert seen.requests >= 3 * len(operations)
    assert not seen.problems, f"{len(seen.problems)} problems:\n\n" + "\n\n".join(seen.problems.values())


@dataclass
class Seen:
    """What was answered, by person and status; and what was wrong, once for each operation and status."""

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(counter.total() for counter in self.answers.values())

    def __str__(self) -> str:
        lines = (f"{who}: {dict(sorted(counter.items()))}" for who, counter in self.answers.items())
        return f"{self.requests} requests, {len(self.problems)} problems; " + "; ".join(lines)


def signed_in(app: RunningApp, user_id: str | None) -> dict[str, str]:
    """Return the headers of a new session."""
    if user_id is None:
        return {}

    async def open_one() -> str:
        async with app.ctx.catalogue.transaction() as session:
            user = await users.get_user(session, user_id)
            opened, _ = await sessions.open_session(session, app.ctx, user, Caller("127.0.0.1"), SessionKind.TOKEN)
            return tokens.issue(app.ctx, opened).access_token

    return {"Authorization": f"Bearer {app.run(open_one())}"}


def attempt_all(
    operation: Any, mode: GenerationMode, headers: dict[str, dict[str, str]], known: dict[str, str], seen: Seen
) -> None:
    """Send the same made-up requests for each person, who may do most last."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES == 1,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: Case[Any]) -> None:
        case.body = harmless(case.body)
        if mode.is_positive:
            case.path_parameters = {name: known.get(name, made) for name, made in case.path_parameters.items()}
        for who, sent in headers.items():
            judge(case, who, sent, seen)

    try:
        attempt()
    except (Unsatisfiable, SkipTest):
        return  # no wrong input to be made: nothing is to be sent


def judge(case: Case[Any], who: str, headers: dict[str, str], seen: Seen) -> None:
    """Send one request, and keep what is wrong with the answer."""
    answer = case.call(headers=headers, timeout=30)
    seen.answers[who][answer.status_code] += 1
    where = f"{case.operation.label} for {who}: {answer.status_code}"
    if answer.status_code in FAULTS:
        seen.problems.setdefault(where, f"{where} {answer.text} to {case.as_curl_command()[:500]}")
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        said = "; ".join(f"{type(one).__name__} {str(one)[:500]}" for one in group.exceptions)
        seen.problems.setdefault(where, f"{where} {said}")


def harmless(value: Any) -> Any:
    """Replace every place that the product would connect to."""
    if isinstance(value, dict):
        return {name: PLACES[name] if name in PLACES else harmless(inner) for name, inner in value.items()}
    return [harmless(inner) for inner in value] if isinstance(value, list) else value
