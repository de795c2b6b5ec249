"""Configuration: the ``METHOD_GUARD_*`` keys, read once and checked together.

The keys, their defaults and their documentation are the fields of
:class:`Settings`, and nowhere else. This module uses only the standard library.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, get_type_hints

from .decision import DEFAULT_METHODS, STANDARD_METHODS
from .deprecation import SAY_SOMETHING, Deprecation, read_deprecation
from .links import read_url
from .marks import BlueprintMarks, read_blueprint_marks
from .messages import closest, given_twice, read_method

PREFIX = "METHOD_GUARD_"

#: The groups of methods in ``METHOD_GUARD_SUPPORTED_METHODS``. Those that are empty
#: here depend on the app.
METHOD_GROUPS: Mapping[str, tuple[str, ...]] = {
    "default": DEFAULT_METHODS,
    "routes": (),
    "standard": STANDARD_METHODS,
    "*": (),
}

#: The media types of a response, in the default order.
MEDIA_TYPES = (
    "application/problem+json",
    "application/json",
    "text/html",
    "text/plain",
)

#: The fields of a template in ``METHOD_GUARD_DOCS_URL``.
DOCS_URL_FIELDS = ("endpoint", "method", "reason", "status")


class ConfigError(ValueError):
    """The configuration has problems; nothing was registered on the app.

    :param problems: one text for each problem: the key, the value and the fix.
    """

    def __init__(self, problems: Collection[str]) -> None:
        #: One text for each problem.
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__(
            "The configuration of the method guard has errors:"
            + "".join(f"\n- {problem}" for problem in self.problems)
        )

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...]]]:
        # By default, the finished text would be passed to __init__.
        return type(self), (self.problems,)


def _supported_methods(value: object) -> frozenset[str]:
    names = ", ".join(f"'{group}'" for group in METHOD_GROUPS)
    advice = f"Use a list of methods and of the groups {names}"
    if isinstance(value, str):
        if not value.strip(" ,"):
            raise ValueError(f"It is empty. {advice}, or leave it unset")
        value = value.split(",")
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise TypeError(advice)
    items = [item.strip() if isinstance(item, str) else item for item in value]
    return frozenset(_method_or_group(item) for item in items if item != "")


def _method_or_group(item: object) -> str:
    if isinstance(item, str) and item in METHOD_GROUPS:
        return str(item)
    method = read_method(item)
    # No registered method resembles a group that much.
    if group := closest(method.lower(), METHOD_GROUPS, 0.8):
        raise ValueError(f"{item!r} is not a group. Did you mean {group!r}?")
    return method


def _flag(value: object) -> bool:
    # An environment variable contains 1, "on" or "True" for True.
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    found = words.get(str(value).strip().lower())
    if found is None or not isinstance(value, (bool, int, str)):
        raise ValueError("Use True or False")
    return found


def _docs_url(value: object) -> str | Callable[..., object]:
    if callable(value):
        return value
    text = read_url(value)
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(
            f"{error}: the braces do not match. Write a literal brace twice, '{{{{'"
        ) from None
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if name not in DOCS_URL_FIELDS:
            meant = closest(name, DOCS_URL_FIELDS)
            hint = f"Did you mean {{{meant}}}? " if meant else ""
            raise ValueError(
                f"The template has the unknown field {{{name}}}. {hint}Known fields: "
                + ", ".join(f"{{{known}}}" for known in DOCS_URL_FIELDS)
            )
        if spec or conversion:
            raise ValueError(f"Write {{{name}}}, without a format behind the name")
    return text


def _error_formats(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    known = ", ".join(MEDIA_TYPES)
    if not isinstance(value, (list, tuple)) or not value:
        raise TypeError(f"Use a list of one or more of {known}")
    for media_type in value:
        if media_type not in MEDIA_TYPES:
            meant = closest(media_type, MEDIA_TYPES, 0.3)
            hint = f"Did you mean {meant!r}? " if meant else ""
            raise ValueError(f"{media_type!r} is not supported. {hint}Use {known}")
    return tuple(dict.fromkeys(value))


def _drain_limit(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("Use a number of bytes, 0 or more (0 disables draining)")
    return value


def _minimum_notice(value: object) -> int:
    # Environment variables and INI files contain text.
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("Use a whole number of days, 0 or more")
    return value


def _deprecated_methods(value: object) -> Mapping[str, Deprecation]:
    if not isinstance(value, Mapping):
        raise TypeError("Use a mapping of methods to mappings")
    found: dict[str, Deprecation] = {}
    problems: list[str] = []
    for name, values in value.items():
        try:
            method = read_method(name)
            if method in found:
                problems.append(given_twice(name))
        except (TypeError, ValueError) as error:
            method = str(name)
            problems.append(str(error))
        if isinstance(values, Mapping):
            found[method], errors = read_deprecation(values)
            problems += [f"{method}: {error}" for error in errors]
        else:
            problems.append(f"{method}: {values!r} is not a mapping. {SAY_SOMETHING}")
    if problems:
        raise ConfigError(problems)
    return found


def _deprecated_blueprints(value: object) -> Mapping[str, BlueprintMarks]:
    if not isinstance(value, Mapping):
        raise TypeError("Use a mapping of blueprints' names to mappings")
    found: dict[str, BlueprintMarks] = {}
    problems: list[str] = []
    for name, values in value.items():
        if not isinstance(values, Mapping):
            problems.append(f"{name}: {values!r} is not a mapping. {SAY_SOMETHING}")
            continue
        # TOML writes a table in a table for a name with a dot that is not quoted.
        tables = {key for key, inner in values.items() if isinstance(inner, Mapping)}
        problems += [
            f"{name}: {key!r} is a table in a table. If it is a blueprint, write its"
            f' whole name in quotes: "{name}.{key}".'
            for key in sorted(map(str, tables))
        ]
        own = {key: inner for key, inner in values.items() if key not in tables}
        if own or not tables:
            found[str(name)], errors = read_blueprint_marks(own)
            problems += [f"{name}: {error}" for error in errors]
    if problems:
        raise ConfigError(problems)
    return found


class Settings(NamedTuple):
    """The settings of one app, as ``init_app`` reads them."""

    supported_methods: Annotated[
        frozenset[str],
        _supported_methods,
        "list of methods and groups, or a comma-separated string",
        "The methods that the app supports; every other method gets 501. A list of"
        " names and groups. The groups are `default` (GET, HEAD, POST, PUT, PATCH,"
        " DELETE, OPTIONS), `routes` (every method that a route declares), `standard`"
        " (`default` with CONNECT, TRACE and QUERY) and `*` (every method; nothing gets"
        ' 501). The default is `["default", "routes"]`, so a route for PROPFIND makes'
        " PROPFIND supported without configuration. Without `routes`, a routed method"
        " that is not listed gets 501. GET and HEAD are always supported (RFC 9110"
        " §9.1). A name that resembles a group, such as `defualt`, is an error.",
    ] = frozenset({"default", "routes"})
    case_sensitive: Annotated[
        bool,
        _flag,
        "bool",
        "Whether `get` and `GET` are different methods. True by default, because"
        " methods are case-sensitive (RFC 9110 §9.1). With False, a method is"
        " upper-cased before it is compared, as Flask does.",
    ] = True
    reject_early: Annotated[
        bool,
        _flag,
        "bool",
        "Whether a rejection is raised immediately, before the `before_request`"
        " functions that were registered after the guard, such as authentication."
        " False by default, because such functions often come in pairs with"
        " `after_request` functions that rely on them.",
    ] = False
    report_only: Annotated[
        bool,
        _flag,
        "bool",
        "Whether the guard changes nothing and only reports. Every response is Flask's"
        " own. If the guard would change the status, or another error handler would"
        " respond, it logs a warning on the logger `flask_method_guard` and, for a"
        " rejection, sends `method_rejected` with `enforced=False`. False by default."
        " Use it to try the guard in an app with real traffic.",
    ] = False
    docs_url: Annotated[
        str | Callable[..., object] | None,
        _docs_url,
        "URL, template or callable",
        "The documentation that a rejection links to, in its body and as"
        ' `Link: <…>; rel="help"`. A template can contain `{endpoint}`, `{method}`,'
        " `{reason}` and `{status}`. A callable gets the exception and returns a URL"
        " or `None`. Unset by default: there is no link.",
    ] = None
    error_formats: Annotated[
        tuple[str, ...],
        _error_formats,
        "list of media types",
        "The formats of a rejection's body, negotiated with `Accept`. A client that"
        " asks for none of them gets the first one. Problem details (RFC 9457) come"
        " first by default, because they are the standard, and most clients that do"
        " not ask for a format are programs.",
    ] = MEDIA_TYPES
    drain_limit: Annotated[
        int,
        _drain_limit,
        "int",
        "How many bytes of a request body are read and dropped before a rejection."
        " Without that, some servers close the connection on unread bytes, and the"
        " response is lost. A longer body is not read at all. The default is 1 MiB,"
        " like nginx's `client_max_body_size`; 0 disables draining.",
    ] = 1024 * 1024
    deprecated_methods: Annotated[
        Mapping[str, Deprecation],
        _deprecated_methods,
        "mapping of methods to mappings",
        "Methods that are deprecated in the whole app, each with `since`, `sunset`,"
        " `brownouts`, `link`, `notice` and `successor`. The first two are dates or"
        " times, as ISO 8601 text or as objects, in UTC unless they say otherwise."
        " `brownouts` is a list of ISO 8601 intervals, or a comma-separated string of"
        " them. `successor` is a method, a URL, both with a space between them, or a"
        " list of two prefixes. Names may"
        " be in upper or lower case, so the environment variable"
        " `…_DEPRECATED_METHODS__PUT__SINCE` works. `@deprecated_methods` on"
        " a view takes precedence. Empty by default.",
    ] = MappingProxyType({})
    deprecated_blueprints: Annotated[
        Mapping[str, BlueprintMarks],
        _deprecated_blueprints,
        "mapping of blueprints to mappings",
        "Blueprints that are deprecated as a whole, by their names; a nested one's name"
        " has dots, such as `api.v1`, and TOML needs it in quotes. Each has the values"
        " of `METHOD_GUARD_DEPRECATED_METHODS`, and two more lists: `methods`, by"
        " default every method that its routes declare, and `exclude`, the endpoints"
        " that keep working, by their names inside the blueprint. If the code has"
        " deprecated the blueprint with `deprecate_blueprint`, only the given values"
        " change. A deprecation of a view takes precedence over one of its blueprint,"
        " and one of an inner blueprint over one of an outer. Empty by default.",
    ] = MappingProxyType({})
    enforce_sunset: Annotated[
        bool,
        _flag,
        "bool",
        "Whether a deprecated method gets 405 from its sunset on, or 410 if nothing of"
        " the resource is left. False"
        " by default, so that a date written down long ago does not break clients"
        " by itself.",
    ] = False

    minimum_notice: Annotated[
        int | None,
        _minimum_notice,
        "int",
        "How many days must lie between `since` and `sunset` of a deprecated method."
        " `flask methods check` reports a shorter notice (MG116); nothing else reads"
        " this key. Unset by default: there is no minimum.",
    ] = None

    @classmethod
    def from_mapping(cls, config: Mapping[Any, object]) -> Settings:
        """Read the ``METHOD_GUARD_*`` keys of a configuration.

        A key whose value is ``None`` counts as unset.

        :param config: the configuration, such as :attr:`flask.Flask.config`.
        :return: the settings.
        :raises ConfigError: with all problems.
        """
        known = {item.upper(): read for item, (read, *_) in described_keys().items()}
        values: dict[str, Any] = {}
        problems: list[str] = []
        for key, value in config.items():
            if not isinstance(key, str) or not key.startswith(PREFIX):
                continue
            name = key.removeprefix(PREFIX)
            if name not in known:
                meant = closest(name, known)
                hint = f"Did you mean {PREFIX}{meant}?" if meant else "Remove it."
                problems.append(f"{key} is {value!r}, but there is no such key. {hint}")
            elif value is not None:
                try:
                    values[name.lower()] = known[name](value)
                except ConfigError as error:
                    problems += [f"{key}: {problem}" for problem in error.problems]
                except (TypeError, ValueError) as error:
                    end = "" if str(error).endswith((".", "?")) else "."
                    problems.append(f"{key} is {value!r}. {error}{end}")
        if problems:
            raise ConfigError(problems)
        return cls(**values)


def described_keys() -> Mapping[str, tuple[Callable[[object], object], str, str]]:
    """Return the reader, the type and the text of each field of :class:`Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hint.__metadata__ for name, hint in hints.items()}
