"""The marks of ``deprecated_methods``: on an app, and as they are found on a view."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from unittest.mock import Mock

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView, View

from flask_method_guard import Deprecation, MethodGuard, deprecated_methods, report
from flask_method_guard.marks import find_marks
from flask_method_guard.report import check
from tests.deprecations import (
    ANNOUNCED,
    SAID,
    SILENT,
    SUNSET,
    Clock,
    announced,
    deprecated,
    make_app,
    make_put_app,
)
from tests.raw_wsgi import ask

_View = TypeVar("_View", bound=Callable[..., Any])
PUT = ["PUT"]


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


def below_wrappers(app: Flask) -> None:
    """Mark innermost."""

    @app.put("/")
    @login
    @bare_wrapper
    @login
    @deprecated
    def index() -> str:
        return "ok"


def asynchronous_wrapped(app: Flask) -> None:
    """Mark a coroutine function under a wrapper."""

    @app.put("/")
    @async_login
    @deprecated
    async def index() -> str:
        return "ok"


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


def method_view_decorators(app: Flask) -> None:
    """Mark in the list of a class's decorators, among others."""

    class Index(Plain):
        decorators = [login, deprecated, login]  # noqa: RUF012 -- as Flask has it

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


def method_of_a_class(app: Flask) -> None:
    """Mark the function that serves the method, above and below a wrapper."""

    class Index(MethodView):
        @login
        @deprecated
        @bare_wrapper
        def put(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Index.as_view("index"))


def method_of_one_instance(app: Flask) -> None:
    """Mark the function of a class that is instantiated once, for all requests."""

    class Index(MethodView):
        init_every_request = False
        decorators = [bare_wrapper]  # noqa: RUF012 -- as Flask has it

        @deprecated
        async def put(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=bare_wrapper(Index.as_view("index")), methods=PUT)


def inherited_method(app: Flask) -> None:
    """Mark the function of a parent."""

    class Parent(MethodView):
        @deprecated
        def put(self) -> str:
            return "ok"

    class Index(Parent):
        pass

    app.add_url_rule("/", view_func=Index.as_view("index"))


def dispatch_request(app: Flask) -> None:
    """Mark the function of a plain view class that serves every method."""

    class Index(View):
        methods = PUT

        @deprecated
        def dispatch_request(self) -> str:
            return "ok"

    app.add_url_rule("/", view_func=Index.as_view("index"))


def callable_object(app: Flask) -> None:
    """Mark the function by which an object is called."""

    class Index:
        @deprecated
        def __call__(self) -> str:
            return "ok"

    app.add_url_rule("/", "index", bare_wrapper(Index()), methods=PUT)


def blueprint(app: Flask) -> None:
    """Mark a view of a blueprint in a blueprint."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)

    @deprecated
    @inner.put("/")
    @login
    def index() -> str:
        return "ok"

    outer.register_blueprint(inner)
    app.register_blueprint(outer)


WAYS: list[Callable[[Flask], None]] = [
    above_the_route,
    below_wrappers,
    asynchronous_wrapped,
    endpoint_decorator,
    method_view_decorators,
    as_view,
    plain_view_class,
    method_of_a_class,
    method_of_one_instance,
    inherited_method,
    dispatch_request,
    callable_object,
    blueprint,
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
    assert ask(app, "PUT", "/").status == 410


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


class Shy:
    """A view whose attributes cannot all be read, such as a proxy."""

    def __getattr__(self, name: str) -> Any:
        if name in ("__func__", "__wrapped__"):
            raise RuntimeError(name)
        raise AttributeError(name)

    def __call__(self) -> str:
        return "ok"


class Closed:
    """A view whose attributes may not be looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__dict__":
            raise RuntimeError(name)
        return super().__getattribute__(name)

    def __call__(self) -> str:
        return "ok"


class Hollow(Closed):
    """A view whose attributes are nothing that could be looked into."""

    __getattribute__ = object.__getattribute__
    __dict__ = None  # type: ignore[assignment]


class Classless(type):
    """The class of a class that does not show its parents."""

    @property
    def __mro__(cls) -> Any:
        raise RuntimeError


class Strange(metaclass=Classless):
    """A view of such a class."""


@pytest.mark.parametrize(
    "inner", [Shy(), Closed(), Hollow(), Strange()], ids=lambda it: type(it).__name__
)
@pytest.mark.parametrize("place", ["wrapper", "function", "decorators"])
def test_a_mark_next_to_what_cannot_be_read(inner: Any, place: str) -> None:
    """It counts, above such an object or in a class that has one."""
    app = make_app()

    def put(*_: object) -> str:
        return "ok"

    members = {"store": inner, "put": put, "decorators": []}
    if place == "wrapper":
        vars(put)["__wrapped__"] = inner
        app.add_url_rule("/it", "it", deprecated(put), methods=["PUT"])
    else:
        if place == "function":
            deprecated(put)
        else:
            members["decorators"] = [deprecated]
        view: Any = type("View", (MethodView,), members)
        app.add_url_rule("/it", view_func=view.as_view("it"))
    assert announced(ask(app, "PUT", "/it")) == ANNOUNCED


class Endless:
    """A view that has every attribute, and each is another such view."""

    def __getattr__(self, name: str) -> Endless:
        return Endless()

    def __call__(self) -> str:
        return "ok"


def test_a_view_that_can_be_unwrapped_for_ever() -> None:
    """It is served, and reading the app comes to an end."""
    app = make_put_app()
    app.add_url_rule("/endless", endpoint="endless", methods=["PUT"])
    app.view_functions["endless"] = Endless()
    assert ask(app, "PUT", "/endless").text == "ok"
    assert ask(app, "POST", "/endless").get("Allow") == "OPTIONS, PUT"
    assert announced(ask(app, "PUT", "/item")) == ANNOUNCED
    assert report.explain(app, "PUT", "/endless").reason == "allowed"
    assert report.check(app) == ()


class Slotted:
    """A view without a mapping of its own, which has every other attribute."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self) -> str:
        return "ok"


@pytest.mark.parametrize(
    "view", [Shy(), Slotted(), Closed()], ids=lambda view: type(view).__name__
)
def test_an_odd_view_breaks_no_request(view: Any) -> None:
    """It has no marks, and it and all other views are served."""
    app = make_put_app()
    app.view_functions["odd"] = view
    app.add_url_rule("/odd", "odd", methods=["PUT"])
    answer = ask(app, "PUT", "/odd")
    assert (answer.text, announced(answer)) == ("ok", SILENT)
    assert announced(ask(app, "PUT", "/item")) == ANNOUNCED
    assert not check(app, select=["MG106"])


# -- without an app ---------------------------------------------------------------


def marks(view: Callable[..., Any], **others: Callable[..., Any]) -> dict[str, Any]:
    """Give what is said of a view that is registered, beside others if need be."""
    found = find_marks({"it": view, **others})
    return {method: value.notice for method, value in found.get("it", {}).items()}


def note(text: str, *methods: str) -> Callable[[Any], Any]:
    """Mark PUT, or other methods, with a notice."""
    return deprecated_methods(*(methods or ("PUT",)), notice=text)


def make() -> Callable[[], str]:
    """Make a view that nobody has marked."""

    def view() -> str:
        """Answer."""
        return "ok"

    return view


def test_no_marks() -> None:
    """A view of which nothing is said is not listed."""
    assert find_marks({"it": make(), "that": login(make())}) == {}
    assert find_marks({}) == {}


def test_a_mark_is_the_value() -> None:
    """The decorator reads its arguments as the configuration is read."""
    view = deprecated_methods("put", "LINK", **SAID)(make())
    value = Deprecation.from_mapping(SAID)
    assert find_marks({"it": view}) == {"it": {"PUT": value, "LINK": value}}


def test_the_view_stays_what_it_is() -> None:
    """The decorator gives back what it was given: name, docstring, signature."""

    async def asynchronous() -> None:
        """Do nothing."""

    class View(MethodView):
        """Do nothing."""

    def generator() -> Iterator[int]:
        """Do nothing."""
        yield 1

    for view in (asynchronous, View, generator):
        name = view.__name__
        assert note("x")(view) is view
        assert (view.__name__, view.__doc__) == (name, "Do nothing.")
    assert inspect.iscoroutinefunction(asynchronous)
    assert inspect.isgeneratorfunction(generator)
    assert str(inspect.signature(asynchronous)) == "() -> 'None'"


def test_the_last_word_is_the_outermost() -> None:
    """Of two words for one method the outer counts, and words for others stay."""
    view = note("outer")(login(note("inner", "PUT", "LINK")(make())))
    assert marks(view) == {"PUT": "outer", "LINK": "inner"}
    view = note("outer")(note("inner", "PUT", "LINK")(make()))
    assert marks(view) == {"PUT": "outer", "LINK": "inner"}


def test_a_wrapper_does_not_write_on_what_it_wraps() -> None:
    """What functools.wraps has copied is the wrapper's own from then on."""
    inner = note("inner")(make())
    outer = note("outer")(login(inner))
    assert marks(outer) == {"PUT": "outer"}
    assert marks(inner, outer=outer) == {"PUT": "inner"}


def test_classes() -> None:
    """A class has its parents' marks, in the order of resolution, and gives none."""

    @note("base", "PUT", "POST", "PATCH")
    class Base(MethodView):
        pass

    @note("left", "PUT", "POST")
    class Left(Base):
        pass

    @note("right", "PUT", "DELETE", "PATCH")
    class Right(Base):
        pass

    @note("child", "POST")
    class Child(Left, Right):
        pass

    left = {"PUT": "left", "POST": "left"}
    inherited = {"PUT": "left", "DELETE": "right", "PATCH": "right"}
    assert marks(Left.as_view("it")) == {**left, "PATCH": "base"}
    assert marks(Child.as_view("it")) == {**inherited, "POST": "child"}
    assert marks(note("d")(Child.as_view("it")))["PUT"] == "d"
    assert marks(Child.as_view("it"))["PUT"] == "left"


def test_a_mark_on_a_method_belongs_to_the_function() -> None:
    """A subclass that overrides the function without a mark is not deprecated."""

    class Parent(MethodView):
        @note("parent")
        def put(self) -> str:
            return "ok"

        @note("parent", "DELETE")
        def delete(self) -> str:
            return "ok"

    class Child(Parent):
        def put(self) -> str:
            return "ok"

        @note("child", "DELETE")
        def delete(self) -> str:
            return "ok"

    class Mixed(Child, Parent):
        put = Parent.put

    assert marks(Parent.as_view("it")) == {"PUT": "parent", "DELETE": "parent"}
    assert marks(Child.as_view("it")) == {"DELETE": "child"}
    assert marks(Mixed.as_view("it")) == {"PUT": "parent", "DELETE": "child"}


def test_a_function_serves_the_method_of_its_name() -> None:
    """A mark counts for the methods that Flask dispatches to its function."""

    class Index(MethodView):
        @note("get", "GET", "HEAD", "PUT")
        def get(self) -> str:
            return "ok"

        @note("purge", "PURGE")
        def purge(self) -> str:
            return "ok"

        @note("helper")
        def helper(self) -> str:
            return "ok"

        @note("patch", "PATCH", "POST")
        def patch(self) -> str:
            return "ok"

        post = patch

    class WithHead(Index):
        def head(self) -> str:
            return "ok"

    rest = {"GET": "get", "PURGE": "purge", "PATCH": "patch", "POST": "patch"}
    assert marks(Index.as_view("it")) == {**rest, "HEAD": "get"}
    assert marks(WithHead.as_view("it")) == rest


def test_of_a_class_and_its_functions_the_nearer_mark_counts() -> None:
    """A function's mark overrides its class's, and a class's an inherited one."""

    @note("class", "PUT", "POST")
    class Parent(MethodView):
        @note("function")
        def put(self) -> str:
            return "ok"

    @note("child")
    class Child(Parent):
        pass

    assert marks(Parent.as_view("it")) == {"PUT": "function", "POST": "class"}
    assert marks(Child.as_view("it")) == {"PUT": "child", "POST": "class"}
    assert marks(note("view")(Parent.as_view("it")))["PUT"] == "view"


def test_a_member_that_cannot_be_read() -> None:
    """A member of a class may be any object; the others keep their marks."""

    class Index(MethodView):
        shy = Shy()

        @note("x")
        def put(self) -> str:
            return "ok"

    assert marks(Index.as_view("it")) == {"PUT": "x"}


def test_callable_objects() -> None:
    """An object has its own marks and those of its class, equal to others or not."""

    @note("class", "PUT", "POST")
    class Index:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

        def __call__(self) -> str:
            return "ok"

    assert marks(Index()) == {"PUT": "class", "POST": "class"}
    assert marks(note("own")(Index())) == {"PUT": "own", "POST": "class"}
    assert marks(bare_wrapper(Index())) == {"PUT": "class", "POST": "class"}
    partial = functools.partial(make())
    assert marks(note("partial")(partial)) == {"PUT": "partial"}


def test_methods_of_objects() -> None:
    """A bound method stands for its function, which takes the marks."""

    class Api:
        def view(self) -> str:
            return "ok"

        @note("class")
        @classmethod
        def of_class(cls) -> str:
            return "ok"

        @note("static")
        @staticmethod
        def static() -> str:
            return "ok"

    api = Api()
    note("bound")(api.view)
    assert marks(api.view) == {"PUT": "bound"}
    assert marks(Api.of_class) == {"PUT": "class"}
    assert marks(api.static) == {"PUT": "static"}


def test_a_view_that_wraps_itself() -> None:
    """A circle of wrappers is walked once."""
    view: Any = make()
    wrapper: Any = login(view)
    view.__wrapped__ = wrapper
    assert marks(note("x")(wrapper)) == {"PUT": "x"}


def test_what_is_wrapped_may_take_no_mark() -> None:
    """A wrapper of a built-in function is marked by itself."""
    view = login(make())
    view.__wrapped__ = print  # type: ignore[attr-defined]
    assert marks(note("x")(view)) == {"PUT": "x"}


def test_a_mock_is_a_view() -> None:
    """A view that has every attribute has no mark."""
    assert marks(Mock()) == {}
    assert marks(note("x")(Mock())) == {"PUT": "x"}


def nameless() -> Any:
    """Make a view without a name, which takes no attribute."""

    class Nameless:
        __slots__ = ()

        def __repr__(self) -> str:
            return "<nameless>"

    return Nameless()


def as_view_function() -> Any:
    """Make the function of a class whose decorators are wrong."""

    class Books(MethodView):
        pass

    return Books.as_view("shop_books")


@pytest.mark.parametrize(
    ("view", "name"),
    [
        (make(), "tests.test_marks.view"),
        (login(make()), "tests.test_marks.view"),
        (as_view_function(), "tests.test_marks.shop_books"),
        (MethodView, "flask.views.MethodView"),
        (nameless(), "<nameless>"),
    ],
    ids=["function", "wrapper", "as_view", "class", "nameless"],
)
def test_problems_name_the_view(view: Any, name: str) -> None:
    """Problems are reported when the view is known, with its name."""
    decorator = deprecated_methods("PUT", since="soon")
    with pytest.raises(ValueError, match="soon") as caught:
        decorator(view)
    assert str(caught.value) == (
        f"deprecated_methods on {name}: since: 'soon' is not a date."
        " Write 2026-03-01 or 2026-03-01T12:00:00Z."
    )
    if view is not MethodView:
        assert marks(view) == {}


def test_problems_in_a_list_of_decorators() -> None:
    """Where as_view() runs the decorator, the name is the endpoint's."""

    class Books(MethodView):
        decorators = [deprecated_methods("P T", notice="x")]  # noqa: RUF012

    with pytest.raises(
        ValueError, match=r"^deprecated_methods on tests\..*\.shop_books: "
    ):
        Books.as_view("shop_books")


@pytest.mark.parametrize(
    ("methods", "said", "kind", "message"),
    [
        (["PUT"], {}, ValueError, "it is empty. Set since, sunset, brownouts, "),
        ([["PUT"]], {"notice": "x"}, TypeError, "['PUT'] is not a method."),
        (
            ["P T", 7],
            {"since": 7, "sunset": "soon"},
            TypeError,
            (
                "since: 7 is not a date, a datetime or an ISO 8601 string."
                " sunset: 'soon' is not a date."
                " Write 2026-03-01 or 2026-03-01T12:00:00Z."
                " 'P T' is not a method. Use letters, digits and !#$%&'*+-.^_`|~ only."
                " 7 is not a method. Use a string such as 'PUT'."
            ),
        ),
    ],
    ids=lambda value: ascii(value) if isinstance(value, (dict, list)) else "",
)
def test_bad_decorators(
    methods: list[Any], said: dict[str, Any], kind: type[Exception], message: str
) -> None:
    """All problems are reported at once, and the view has no mark."""
    view = make()
    with pytest.raises(kind) as caught:
        deprecated_methods(*methods, **said)(view)
    prefix = "deprecated_methods on tests.test_marks.view: "
    assert str(caught.value).startswith(prefix + message)
    assert marks(view) == {}


@pytest.mark.parametrize(
    ("view", "name"),
    [(print, "builtins.print"), (nameless(), "<nameless>"), ("index", "'index'")],
    ids=repr,
)
def test_what_takes_no_mark(view: Any, name: str) -> None:
    """Where a mark cannot be kept, it is not lost in silence."""
    with pytest.raises(TypeError) as caught:
        note("x")(view)
    assert str(caught.value) == (
        f"deprecated_methods on {name}: it cannot be deprecated. Use a function"
        " or a class."
    )


@pytest.mark.parametrize("given", [(), (make(),), (MethodView,)], ids=len)
def test_no_methods(given: Any) -> None:
    """Without parentheses, or without a method, the error shows how to write it."""
    with pytest.raises(TypeError) as caught:
        deprecated_methods(*given)
    assert str(caught.value) == (
        "deprecated_methods needs the methods' names:"
        ' write @deprecated_methods("PUT", since=…) above the view.'
    )
