from flask import Flask
from flask_method_guard import MethodGuard, deprecated_methods

app = Flask(__name__)
app.config["METHOD_GUARD_ENFORCE_SUNSET"] = True
MethodGuard(app)


@app.route("/items/<int:number>", methods=["GET", "PATCH", "PUT"])
@deprecated_methods(
    "PUT",
    since="2026-01-31",
    sunset="2027-01-31",
    notice="Use PATCH.",
)
def item(number):
    return {"number": number}
