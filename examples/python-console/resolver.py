"""Where a credential lives, for a Flask service. The table is what `console-vault paths --vectors` wrote."""

import json
import os
from pathlib import Path

from flask import g, has_app_context

TABLE = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
CREDENTIALS = {one["name"]: one for one in TABLE["credentials"]}


class UnknownName(LookupError):
    """A credential or an environment that the catalog does not have."""


def flag_is_on(environ=os.environ):
    """What is unclear is off, as everywhere else."""
    return environ.get(TABLE["flag"]["variable"], "").strip().lower() in ("true", "1")


def active_environment(env=None):
    """The argument, else the request's `g.selected_env`, else the fallback."""
    selected = g.get("selected_env") if has_app_context() else None
    chosen = next(one for one in (env, selected, TABLE["fallback"]) if one is not None)
    if chosen not in TABLE["environments"]:
        raise UnknownName(f"unknown environment {chosen!r}")
    return chosen


def secret_path_for(name, env=None, flag=None):
    """The Infisical `secretPath` of a credential."""
    if name not in CREDENTIALS:
        raise UnknownName(f"unknown credential {name!r}")
    environment = active_environment(env)
    folder = f"{TABLE['root']}/{CREDENTIALS[name]['vendor']}/"
    on = flag_is_on() if flag is None else flag
    return f"{folder}{environment}/" if on and CREDENTIALS[name]["scope"] == "environment" else folder
