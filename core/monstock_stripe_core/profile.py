"""A profile: the description of one Monstock tenant's API, read from a YAML file.

`profile.schema.json` says what each key means; the classes here and in `profile_records` mirror
it, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from monstock_stripe_core.profile_checks import consistency_problems, schema_problems, with_defaults
from monstock_stripe_core.profile_error import ProfileError
from monstock_stripe_core.profile_records import Customers, Orders, Payments
from monstock_stripe_core.profile_yaml import read_yaml

__all__ = ["Profile", "ProfileError", "load_profile", "packaged_profiles", "parse_profile"]

_LARGEST_FILE = 1_000_000
Words = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Auth:
    """How the API token is sent."""

    scheme: Literal["bearer", "header", "basic", "query"]
    name: str | None
    prefix: str
    username: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Where things stand in the body of an answer."""

    data: str
    error_code: str | None
    error_message: str | None
    order_updated_at: str | None


@dataclass(frozen=True, slots=True)
class Pagination:
    """How lists are cut into pages."""

    style: Literal["page", "cursor", "none"]
    page_parameter: str | None
    first_page: int
    size_parameter: str | None
    size: int
    total: str | None
    cursor_parameter: str | None
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class MoneyFormat:
    """How amounts are written."""

    unit: Literal["minor", "decimal"]
    json: Literal["integer", "string", "number"]


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How times are written."""

    style: Literal["iso8601", "pattern"]
    pattern: str | None
    time_zone: str
    zone_written: bool
    precision: Literal["microseconds", "milliseconds", "seconds"]


@dataclass(frozen=True, slots=True)
class Formats:
    """How amounts and times are written."""

    money: MoneyFormat
    time: TimeFormat


@dataclass(frozen=True, slots=True)
class KindWords:
    """The tenant's words for a quote and for an order."""

    quote: Words
    order: Words | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tenant's words for ours, by our word."""

    kind: KindWords | None
    state: Mapping[str, Words]
    row_status: Mapping[str, Words] | None
    payment_status: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Condition:
    """How a write is refused where the order has changed since it was read."""

    style: Literal["etag", "none"]
    header: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in any so many seconds."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How calls are signed by which the tenant tells of changes."""

    header: str
    encoding: Literal["hex", "base64"]
    prefix: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One Monstock tenant's API. Made by `load_profile`, which has checked it."""

    name: str
    description: str
    auth: Auth
    answers: Answers
    pagination: Pagination
    orders: Orders
    payments: Payments
    customers: Customers | None
    formats: Formats
    vocabulary: Vocabulary
    payment_status: Literal["written", "derived"]
    condition: Condition
    rate_limit: RateLimit | None
    webhooks: Webhooks | None


def packaged_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with this package."""
    folder = resources.files(__package__).joinpath("profiles")
    return tuple(sorted(file.name[:-4] for file in folder.iterdir() if file.name.endswith(".yml")))


def load_profile(path_or_name: str | Path) -> Profile:
    """Read and check a profile.

    Args:
        path_or_name: the name of a packaged profile ("monstock"), or the path of a YAML file.

    Raises:
        ProfileError: it cannot be read, or breaks the schema; the text names the file, and for
            every problem its key and the reason.
    """
    if str(path_or_name) in packaged_profiles():
        name = str(path_or_name)
        text = resources.files(__package__).joinpath("profiles", f"{name}.yml").read_text("utf-8")
        return parse_profile(text, f"{name} (packaged)")
    path = Path(path_or_name)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ProfileError(str(path), "the file is larger than 1 MB: this is no profile")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        known = ", ".join(packaged_profiles())
        hint = f"there is no such file; give the path of a YAML file, or a packaged name: {known}"
        raise ProfileError(str(path), hint) from None
    except UnicodeDecodeError:
        raise ProfileError(str(path), "the file is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        raise ProfileError(str(path), f"cannot be read: {error}") from None
    return parse_profile(text, str(path))


def parse_profile(text: str, file: str) -> Profile:
    """Check a profile's YAML text.

    Args:
        text: the YAML.
        file: what messages call it.

    Raises:
        ProfileError: as `load_profile`.
    """
    try:
        given = read_yaml(text)
    except RecursionError:
        raise ProfileError(file, "is not YAML: nested too deep") from None
    except yaml.YAMLError as error:
        raise ProfileError(file, f"is not YAML: {_one_line(error)}") from None
    problems = schema_problems(given)
    if not problems:
        data = with_defaults(given)
        problems = consistency_problems(data)
    if problems:
        raise ProfileError(file, *problems)
    return msgspec.convert(data, Profile)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or 'unreadable'}{where}"
