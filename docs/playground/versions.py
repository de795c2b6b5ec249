from flask import Blueprint, Flask
from flask_method_guard import MethodGuard, deprecate_blueprint

app = Flask(__name__)
app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
MethodGuard(app)

v1 = Blueprint("v1", __name__, url_prefix="/v1")
deprecate_blueprint(v1, sunset="2027-01-31", notice="Use /v2.")


@v1.route("/books", methods=["GET", "POST"])
def old_books():
    return ["Emma", "Ulysses"]


@app.get("/v2/books")
def books():
    return {"books": ["Emma", "Ulysses"]}


app.register_blueprint(v1)
