"""The marks of ``deprecated_methods``, in every way that a view is made."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from flask import (
    Blueprint,
    Flask,
)
from flask.views import MethodView, View

from flask_method_guard import (
    MethodGuard,
    deprecated_methods,
)
from tests.deprecations import (
    ANNOUNCED,
    SAID,
    SILENT,
    SINCE,
    SUNSET,
    Clock,
    announced,
    deprecated,
    make_app,
    make_put_app,
)
from tests.raw_wsgi import ask

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None

_View = TypeVar("_View", bound=Callable[..., Any])


def login(view: _View) -> _View:
    """Decorate as most extensions do."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


def async_login(view: _View) -> _View:
    """Decorate with a coroutine function."""

    @functools.wraps(view)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await view(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


def bare_wrapper(view: _View) -> _View:
    """Decorate, and copy nothing but the reference to what is wrapped."""

    @functools.wraps(view, assigned=["__name__"], updated=[])
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


def above_the_route(app: Flask) -> None:
    """Mark what is registered already."""

    @deprecated
    @app.put("/")
    def index() -> str:
        return "ok"


def below_the_route(app: Flask) -> None:
    """Mark before the registration."""

    @app.put("/")
    @deprecated
    def index() -> str:
        return "ok"


def below_wrappers(app: Flask) -> None:
    """Mark innermost."""

    @app.put("/")
    @login
    @bare_wrapper
    @login
    @deprecated
    def index() -> str:
        return "ok"


def above_wrappers(app: Flask) -> None:
    """Mark outermost, below the route."""

    @app.put("/")
    @deprecated
    @login
    @bare_wrapper
    def index() -> str:
        return "ok"


def above_wrappers_above_the_route(app: Flask) -> None:
    """Mark a wrapper of what is registered."""

    @deprecated
    @login
    @bare_wrapper
    @app.put("/")
    def index() -> str:
        return "ok"


def route_amid_wrappers(app: Flask) -> None:
    """Mark a wrapper of what is registered, which is a wrapper itself."""

    @login
    @deprecated
    @login
    @app.put("/")
    @bare_wrapper
    @login
    def index() -> str:
        return "ok"


def asynchronous(app: Flask) -> None:
    """Mark a coroutine function."""

    @app.put("/")
    @deprecated
    async def index() -> str:
        return "ok"


def asynchronous_wrapped(app: Flask) -> None:
    """Mark a wrapper of a coroutine function."""

    @deprecated
    @async_login
    @app.put("/")
    @async_login
    async def index() -> str:
        return "ok"


def added(app: Flask) -> None:
    """Mark in the call that registers."""
    app.add_url_rule("/", "index", deprecated(lambda: "ok"), methods=["PUT"])


def endpoint_decorator(app: Flask) -> None:
    """Mark a view that is joined to its rule by name."""
    app.add_url_rule("/", endpoint="index", methods=["PUT"])

    @app.endpoint("index")
    @deprecated
    def view() -> str:
        return "ok"


class Plain(MethodView):
    """Mark nothing."""

    def put(self) -> str:
        return "ok"


def method_view(app: Flask) -> None:
    """Mark a class."""

    @deprecated
    class Index(Plain):
        pass

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_view_kept(app: Flask) -> None:
    """Mark a class whose one instance serves every request."""

    @deprecated
    class Index(Plain):
        init_every_request = False

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_view_decorators(app: Flask) -> None:
    """Mark in the list of a class's decorators, amid others."""

    class Index(Plain):
        decorators = [login, deprecated, login]  # noqa: RUF012 -- as Flask has it

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_view_inherited(app: Flask) -> None:
    """Mark a class and register its child."""

    @deprecated
    class Base(Plain):
        pass

    class Index(Base):
        def put(self) -> str:
            return "mine"

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_view_mixed(app: Flask) -> None:
    """Mark the second base, and another method of the first."""

    @deprecated_methods("DELETE", since="2020-01-01")
    class First(Plain):
        pass

    @deprecated
    class Second(Plain):
        pass

    @deprecated_methods("PATCH", since="2020-01-01")
    class Index(First, Second):
        pass

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_view_async(app: Flask) -> None:
    """Mark a class with a coroutine method."""

    @deprecated
    class Index(MethodView):
        async def put(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Index.as_view("index"))


def as_view(app: Flask) -> None:
    """Mark what ``as_view`` makes, under wrappers."""
    view = Plain.as_view("index")
    app.add_url_rule("/", view_func=login(deprecated(login(view))), methods=["PUT"])


def plain_view_class(app: Flask) -> None:
    """Mark a view class that dispatches by itself."""

    @deprecated
    class Index(View):
        methods = ["PUT"]  # noqa: RUF012 -- as Flask has it

        def dispatch_request(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Index.as_view("index"))


def bound_method(app: Flask) -> None:
    """Mark a method in a class of no view."""

    class Api:
        @deprecated
        def index(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Api().index, methods=["PUT"])


def class_method(app: Flask) -> None:
    """Mark above ``classmethod``."""

    class Api:
        @deprecated
        @classmethod
        def index(cls) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Api.index, methods=["PUT"])


def callable_object(app: Flask) -> None:
    """Mark an object that can be called and has no name."""

    class Index:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

        def __call__(self) -> str:
            return "ok"

    app.add_url_rule("/", "index", deprecated(Index()), methods=["PUT"])


def blueprint(app: Flask) -> None:
    """Mark a view of a blueprint in a blueprint."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)

    @deprecated
    @login
    @inner.put("/")
    def index() -> str:
        return "ok"

    outer.register_blueprint(inner)
    app.register_blueprint(outer)


def stacked(app: Flask) -> None:
    """Mark methods one by one; the outermost word for a method is the last."""

    @deprecated_methods("DELETE", since="2020-01-01")
    @deprecated
    @login
    @deprecated_methods("PUT", "POST", since="2020-01-01")
    @app.put("/")
    def index() -> str:
        return "ok"


def several(app: Flask) -> None:
    """Mark several methods at once, in the case of one's choice."""

    @app.put("/")
    @deprecated_methods("delete", "put", **SAID)
    def index() -> str:
        return "ok"


WAYS: list[Callable[[Flask], None]] = [
    above_the_route,
    below_the_route,
    below_wrappers,
    above_wrappers,
    above_wrappers_above_the_route,
    route_amid_wrappers,
    asynchronous,
    asynchronous_wrapped,
    added,
    endpoint_decorator,
    method_view,
    method_view_kept,
    method_view_decorators,
    method_view_inherited,
    method_view_mixed,
    method_view_async,
    as_view,
    plain_view_class,
    bound_method,
    class_method,
    callable_object,
    blueprint,
    stacked,
    several,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("guard", ["first", "last"])
def test_marks(way: Callable[[Flask], None], guard: str) -> None:
    """A mark is found in whatever way the view was made and wrapped."""
    app = Flask(__name__)
    app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
    clock = Clock()
    if guard == "first":
        MethodGuard(app, clock=clock)
    way(app)
    if guard == "last":
        MethodGuard(app, clock=clock)
    answer = ask(app, "PUT", "/")
    assert (answer.status, announced(answer)) == (200, ANNOUNCED)
    clock.now = SUNSET
    assert ask(app, "PUT", "/").status == 405


@pytest.mark.parametrize(
    "view",
    [lambda: "ok", asynchronous, Plain, functools.partial(print)],
    ids=["function", "function with a docstring", "class", "partial"],
)
def test_the_view_stays_what_it_is(view: Any) -> None:
    """The decorator gives back the very object that it was given."""
    before = {name: getattr(view, name, None) for name in ("__name__", "__doc__")}
    assert deprecated_methods("LINK", since=SINCE)(view) is view
    assert {name: getattr(view, name, None) for name in before} == before


def test_an_async_view_stays_async() -> None:
    """A coroutine function is one still."""

    @deprecated
    async def view() -> None:
        """Do nothing."""

    assert inspect.iscoroutinefunction(view)
    assert (view.__name__, view.__doc__) == ("view", "Do nothing.")


def test_a_parent_is_not_marked_by_its_child() -> None:
    """What is said of a class is not said of the class that it comes from."""

    class Parent(Plain):
        decorators = [login]  # noqa: RUF012 -- as Flask has it

    @deprecated
    class Child(Parent):
        pass

    app = make_app()
    app.add_url_rule("/parent", view_func=Parent.as_view("parent"))
    app.add_url_rule("/child", view_func=Child.as_view("child"))
    assert announced(ask(app, "PUT", "/parent")) == SILENT
    assert announced(ask(app, "PUT", "/child")) == ANNOUNCED


def test_a_child_has_the_last_word() -> None:
    """A class's own word beats that of the classes that it comes from."""

    @deprecated_methods("PUT", since="2020-01-01")
    class Parent(Plain):
        pass

    @deprecated
    class Child(Parent):
        pass

    app = make_app()
    app.add_url_rule("/parent", view_func=Parent.as_view("parent"))
    app.add_url_rule("/child", view_func=Child.as_view("child"))
    assert announced(ask(app, "PUT", "/parent")) == (["@1577836800"], [], [])
    assert announced(ask(app, "PUT", "/child")) == ANNOUNCED


def test_one_class_under_two_names() -> None:
    """To mark what ``as_view`` made is to mark one of the class's views."""
    app = make_app()
    app.add_url_rule("/old", view_func=deprecated(Plain.as_view("old")))
    app.add_url_rule("/new", view_func=Plain.as_view("new"))
    assert announced(ask(app, "PUT", "/old")) == ANNOUNCED
    assert announced(ask(app, "PUT", "/new")) == SILENT


def test_one_function_at_two_urls_is_one_view() -> None:
    """A function that is marked is deprecated wherever it is registered."""

    @deprecated
    def item() -> str:
        return "ok"

    app = make_app()
    app.add_url_rule("/old", "old", item, methods=["PUT"])
    app.add_url_rule("/new", "new", login(item), methods=["PUT"])
    assert announced(ask(app, "PUT", "/old")) == ANNOUNCED
    assert announced(ask(app, "PUT", "/new")) == ANNOUNCED


@pytest.mark.parametrize(
    "new", [login, bare_wrapper, lambda view: view], ids=["login", "bare", "itself"]
)
@pytest.mark.parametrize(
    "old",
    [
        lambda view: deprecated(login(view)),
        lambda view: login(deprecated(bare_wrapper(view))),
    ],
    ids=["outermost", "wrapped"],
)
@pytest.mark.parametrize("first", ["old", "new"])
def test_a_marked_wrapper_is_not_what_it_wraps(
    old: Callable[..., Any], new: Callable[..., Any], first: str
) -> None:
    """To mark a wrapper that is registered says nothing of others around the same."""

    def item() -> str:
        return "ok"

    app = make_app()
    makers = {"old": old, "new": new}
    for name in sorted(makers, key=lambda name: name != first):
        app.add_url_rule(f"/{name}", name, makers[name](item), methods=["PUT"])
    assert announced(ask(app, "PUT", "/old")) == ANNOUNCED
    assert announced(ask(app, "PUT", "/new")) == SILENT


@pytest.mark.parametrize("wrap", [lambda view: view, login], ids=["bare", "wrapped"])
def test_a_partial_keeps_the_marks_of_its_view(wrap: Callable[..., Any]) -> None:
    """A view with some of its arguments filled in is that view still."""

    @deprecated
    def index(text: str) -> str:
        return text

    app = make_app()
    for name in ("one", "two"):
        view = wrap(functools.partial(functools.partial(index), name))
        app.add_url_rule(f"/{name}", name, view, methods=["PUT"])
    for name in ("one", "two"):
        answer = ask(app, "PUT", f"/{name}")
        assert (answer.text, announced(answer)) == (name, ANNOUNCED)


def test_a_view_that_is_replaced() -> None:
    """A view that an extension wraps after its registration keeps its marks."""
    app = make_put_app()
    app.view_functions["item"] = bare_wrapper(app.view_functions["item"])
    assert announced(ask(app, "PUT", "/item")) == ANNOUNCED


class Shy:
    """A view whose attributes cannot all be read, such as a proxy."""

    def __getattr__(self, name: str) -> Any:
        if name in ("__func__", "__wrapped__"):
            raise RuntimeError(name)
        raise AttributeError(name)

    def __call__(self) -> str:
        return "ok"


def test_a_view_that_cannot_be_read() -> None:
    """It is served, without marks of its own, and other views keep theirs."""
    app = make_put_app()
    app.add_url_rule("/shy", "shy", Shy(), methods=["PUT"])
    answer = ask(app, "PUT", "/shy")
    assert (answer.text, announced(answer)) == ("ok", SILENT)
    assert announced(ask(app, "PUT", "/item")) == ANNOUNCED
