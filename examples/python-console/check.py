"""Holds the resolver against every vector, and a Flask service against the request's environment."""

import sys

from flask import Flask, g, request

from resolver import TABLE, UnknownName, active_environment, flag_is_on, secret_path_for

app = Flask(__name__)


@app.before_request
def select():
    g.selected_env = request.cookies.get("selected_env")


@app.get("/path/<name>")
def path(name):
    return secret_path_for(name, flag=True)


def answer(vector):
    with app.app_context():
        if vector["request"] is not None:
            g.selected_env = vector["request"]
        try:
            found = secret_path_for(vector["name"], vector["argument"], vector["flag"])
            return active_environment(vector["argument"]), found
        except UnknownName:
            return None, None


wrong = [one for one in TABLE["vectors"] if answer(one) != (one["environment"], one["path"])]
for reading in TABLE["flag"]["readings"]:
    environ = {} if reading["value"] is None else {TABLE["flag"]["variable"]: reading["value"]}
    if flag_is_on(environ) != reading["on"]:
        wrong.append(reading)
scoped = next(one["name"] for one in TABLE["credentials"] if one["scope"] == "environment")
for environment in TABLE["environments"]:
    client = app.test_client()
    client.set_cookie("selected_env", environment)
    if client.get(f"/path/{scoped}").text != secret_path_for(scoped, environment, True):
        wrong.append({"request": environment})
for one in wrong:
    print("wrong:", one)
print(f"{len(TABLE['vectors'])} vectors, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
