"""An app for each extension, and one for all that go together."""

from __future__ import annotations

import typing as t

from flask import Response, abort, jsonify
from flask.app import Flask
from flask.views import MethodView

from .kit import Extension, need

ORIGIN = "https://shop.example"


def items() -> Response:
    """Answer with enough text to be worth compressing."""
    return jsonify(items=[f"item {number}" for number in range(100)])


def add_items(app: Flask) -> None:
    """Add the route that most apps here have, taken by GET alone, once."""
    if "items" not in app.view_functions:
        app.add_url_rule("/items", "items", items)


# Browsers, users, pages.


def cors(app: Flask) -> None:
    """Allow one origin everywhere."""
    flask_cors = need("flask_cors", "Flask-CORS")
    flask_cors.CORS(app, origins=[ORIGIN], expose_headers=["Allow", "Link"])
    add_items(app)


def login(app: Flask) -> None:
    """Let one user in, to a page of her own."""
    flask_login = need("flask_login", "Flask-Login")

    class User(flask_login.UserMixin):  # type: ignore[misc, name-defined]
        """The only user."""

        id = "ada"

    manager = flask_login.LoginManager(app)
    manager.user_loader(lambda name: User() if name == User.id else None)

    def log_in() -> str:
        flask_login.login_user(User(), remember=True)
        return "welcome"

    def mine() -> str:
        return f"only {flask_login.current_user.id}"

    app.add_url_rule("/login", "login", log_in, methods=["POST"])
    app.add_url_rule("/mine", "mine", flask_login.login_required(mine))
    add_items(app)


def wtf(app: Flask) -> None:
    """Protect every form."""
    need("flask_wtf", "Flask-WTF").CSRFProtect(app)
    app.add_url_rule("/form", "form", lambda: "sent", methods=["POST"])
    add_items(app)


def talisman(app: Flask) -> None:
    """Send the security headers, on plain HTTP too."""
    flask_talisman = need("flask_talisman", "flask-talisman")
    flask_talisman.Talisman(app, force_https=False)
    add_items(app)


def httpauth(app: Flask) -> None:
    """Ask for a password on one page."""
    flask_httpauth = need("flask_httpauth", "Flask-HTTPAuth")
    auth = flask_httpauth.HTTPBasicAuth()
    auth.verify_password(lambda name, word: name if word == "word" else None)
    mine = auth.login_required(lambda: f"only {auth.current_user()}")
    app.add_url_rule("/secret", "secret", mine)
    add_items(app)


def admin(app: Flask) -> None:
    """Have an administration."""
    flask_admin = need("flask_admin", "Flask-Admin")

    class Stock(flask_admin.BaseView):  # type: ignore[misc, name-defined]
        """A view of the administration's."""

        @flask_admin.expose("/", methods=["GET", "POST"])  # type: ignore[untyped-decorator]
        def index(self) -> str:
            """Show nothing much."""
            return "stock"

    flask_admin.Admin(app, name="shop").add_view(Stock(endpoint="stock"))
    add_items(app)


# What stands between the app and its load.


def limiter(app: Flask, limit: str = "3 per minute") -> None:
    """Let each address ask so many times for each route."""
    flask_limiter = need("flask_limiter", "Flask-Limiter")
    flask_limiter.Limiter(
        lambda: "one client",
        app=app,
        default_limits=[limit],
        headers_enabled=True,
        storage_uri="memory://",
    )
    add_items(app)


def caching(app: Flask, path: str = "/items") -> None:
    """Cache one view that answers and one that aborts."""
    flask_caching = need("flask_caching", "Flask-Caching")
    app.config.setdefault("CACHE_TYPE", "SimpleCache")
    cache = flask_caching.Cache(app)
    app.extensions["test.calls"] = calls = t.cast("list[str]", [])

    def counted() -> Response:
        calls.append("items")
        return items()

    def aborting() -> t.NoReturn:
        calls.append("aborts")
        abort(405, description="Closed.")

    app.add_url_rule(path, "cached", cache.cached()(counted))
    app.add_url_rule("/aborts", "aborts", cache.cached()(aborting))


def compress(app: Flask) -> None:
    """Compress whatever is large enough."""
    app.config["COMPRESS_MIN_SIZE"] = 50
    app.config["COMPRESS_MIMETYPES"] = [
        "text/html",
        "application/json",
        "application/problem+json",
    ]
    need("flask_compress", "Flask-Compress").Compress(app)
    add_items(app)


def socketio(app: Flask) -> None:
    """Serve a socket beside the routes."""
    flask_socketio = need("flask_socketio", "Flask-SocketIO")
    app.extensions["test.socketio"] = flask_socketio.SocketIO(
        app, async_mode="threading"
    )
    add_items(app)


# APIs, and who renders their errors.


def smorest(app: Flask, path: str = "/items") -> None:
    """Describe the API, and say errors in its shape."""
    flask_smorest = need("flask_smorest", "flask-smorest")
    app.config.update(API_TITLE="Shop", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = flask_smorest.Api(app)
    blueprint = flask_smorest.Blueprint("smorest", __name__)

    class Items(MethodView):
        """The items."""

        def get(self) -> Response:
            """List them."""
            return items()

    blueprint.route(path)(Items)
    api.register_blueprint(blueprint)


def create_apiflask() -> Flask:
    """Make an app of APIFlask's class."""
    app = need("apiflask", "APIFlask").APIFlask("shop", static_folder=None)
    assert isinstance(app, Flask)
    return app


def apiflask(app: Flask) -> None:
    """Use the class's own way to add a route."""
    app.get("/items")(items)


def create_openapi3() -> Flask:
    """Make an app of flask-openapi3's class."""
    app = need("flask_openapi3", "flask-openapi3").OpenAPI("shop", static_folder=None)
    assert isinstance(app, Flask)
    return app


def openapi3(app: Flask) -> None:
    """Add a route whose query is validated."""
    pydantic = need("pydantic", "flask-openapi3")

    def search(query: t.Any) -> str:
        return f"page {query.page}"

    model = pydantic.create_model("Search", page=(int, ...))
    search.__annotations__["query"] = model
    app.get("/search")(search)
    app.get("/items")(items)


def restx(app: Flask, path: str = "/items") -> None:
    """Route by resources, whose errors RESTX renders."""
    flask_restx = need("flask_restx", "flask-restx")
    api = flask_restx.Api(app)

    class Items(flask_restx.Resource):  # type: ignore[misc, name-defined]
        """The items."""

        def get(self) -> t.Any:
            """List them."""
            return items()

    api.add_resource(Items, path, endpoint="restx_items")


def restful(app: Flask) -> None:
    """Route by resources, whose errors RESTful renders."""
    flask_restful = need("flask_restful", "Flask-RESTful")
    api = flask_restful.Api(app)

    class Items(flask_restful.Resource):  # type: ignore[misc, name-defined]
        """The items."""

        def get(self) -> t.Any:
            """List them."""
            return items()

    api.add_resource(Items, "/items", endpoint="restful_items")


# What watches.


def prometheus(app: Flask) -> None:
    """Count and time every request."""
    client = need("prometheus_client", "prometheus-client")
    exporter = need("prometheus_flask_exporter", "prometheus-flask-exporter")
    registry = client.CollectorRegistry()
    exporter.PrometheusMetrics(app, registry=registry)
    app.extensions["test.registry"] = registry
    add_items(app)


def opentelemetry(app: Flask) -> None:
    """Make a span of every request, and keep it in memory."""
    package = "opentelemetry-instrumentation-flask"
    instrumentation = need("opentelemetry.instrumentation.flask", package)
    trace = need("opentelemetry.sdk.trace", "opentelemetry-sdk")
    export = need("opentelemetry.sdk.trace.export", "opentelemetry-sdk")
    memory = need(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter", "opentelemetry-sdk"
    )
    spans = memory.InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentation.FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
    app.extensions["test.spans"] = spans
    add_items(app)


def sentry(app: Flask) -> None:
    """Be watched by Sentry, which the fixture ``sentry_events`` has started."""
    need("sentry_sdk", "sentry-sdk")
    add_items(app)


def together(app: Flask) -> None:
    """Register all that go together; smorest, the first of the APIs, renders."""
    for set_up in (
        *(prometheus, opentelemetry, sentry, cors, talisman, compress),
        *(login, wtf, httpauth, admin, socketio),
    ):
        set_up(app)
    limiter(app, "1000 per minute")
    caching(app, "/cached")
    smorest(app, "/smorest")
    restx(app, "/restx")


EXTENSIONS = (
    Extension("Flask-CORS", cors),
    Extension("Flask-Login", login),
    Extension("Flask-WTF", wtf),
    Extension("Flask-Limiter", limiter, volatile=frozenset({"X-RateLimit-Reset"})),
    Extension("flask-talisman", talisman),
    Extension("Flask-HTTPAuth", httpauth),
    Extension("Flask-Caching", caching),
    Extension("Flask-Compress", compress),
    Extension("flask-smorest", smorest, renders=True),
    Extension("APIFlask", apiflask, create_apiflask, renders=True),
    Extension("flask-restx", restx, renders=True),
    Extension("Flask-RESTful", restful, renders=True),
    Extension("flask-openapi3", openapi3, create_openapi3),
    Extension("Flask-Admin", admin),
    Extension("Flask-SocketIO", socketio),
    Extension("prometheus-flask-exporter", prometheus),
    Extension("opentelemetry-instrumentation-flask", opentelemetry),
    Extension("sentry-sdk", sentry),
)
BY_NAME = {extension.package: extension for extension in EXTENSIONS}
TOGETHER = Extension("together", together, renders=True)
