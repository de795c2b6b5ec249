from flask import Flask, abort, request
from flask_method_guard import MethodGuard

app = Flask(__name__)
MethodGuard(app)


@app.get("/books")
def books():
    return {"books": ["Emma", "Ulysses"]}


@app.route("/orders", methods=["GET", "POST"])
def orders():
    if request.method == "POST":
        abort(405)
    return {"orders": []}
