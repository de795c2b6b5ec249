"""Rules: how a rule of the URL map reads, and which ones an HTTP request can match."""

from __future__ import annotations

import re
from collections.abc import Collection

from werkzeug.routing import Map, Rule

from ..urlmap import is_automatic, is_options_route


def methods_of(rule: Rule) -> Collection[str] | None:
    """Return the methods at the URL of a rule for which it is responsible.

    :return: the methods, with Flask's OPTIONS; ``None`` for every one.
    """
    if rule.methods is None or not is_automatic(rule):
        return rule.methods
    return rule.methods | {"OPTIONS"}


def declared(rule: Rule) -> frozenset[str]:
    """Return the methods that somebody wrote down: Flask adds OPTIONS by itself."""
    methods = frozenset(rule.methods or ())
    return methods - {"OPTIONS"} if is_automatic(rule) else methods


def is_rejected_by_gunicorn(method: str) -> bool:
    """Return whether gunicorn, by default, rejects a method."""
    return re.fullmatch(r"[^a-z#]{3,20}", method) is None


def rule_text(rule: Rule) -> str:
    """Return a rule with its host, if it has one.

    :param rule: a rule that is bound to a map.
    :return: such as ``/items/<int:id>`` or ``api.example.com/items``; for a
        subdomain, of which only the name is known, ``api.*/items``.
    """
    if rule.map.host_matching:
        return f"{rule.host or ''}{rule.rule}"
    return f"{rule.subdomain}.*{rule.rule}" if rule.subdomain else rule.rule


def url_rules(url_map: Map) -> list[Rule]:
    """Return the rules that an HTTP request can match, sorted by URL.

    Rules that Flask added only to respond to OPTIONS are left out; see
    :func:`methods_of`.
    """
    rules = [
        rule
        for rule in url_map.iter_rules()
        if not (rule.build_only or rule.websocket or is_options_route(rule))
    ]
    return sorted(
        rules, key=lambda r: (rule_text(r), r.endpoint, sorted(r.methods or ()))
    )
