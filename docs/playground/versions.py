from flask import Flask
from flask_method_guard import MethodGuard, deprecated_methods

app = Flask(__name__)
app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
MethodGuard(app)


@app.get("/v1/books")
@deprecated_methods("GET", sunset="2027-01-31", notice="Use /v2/books.")
def old_books():
    return ["Emma", "Ulysses"]


@app.get("/v2/books")
def books():
    return {"books": ["Emma", "Ulysses"]}
