"""What must hold for Airflow to load us at all, and cheaply."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution, entry_points
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from airflow_provider_trackingmore import __version__
from airflow_provider_trackingmore.hooks.aftership import AfterShipHook
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook

ROOT = Path(__file__).parents[2]
OPERATOR_MODULES = [
    "operators.trackingmore",
    "operators.aftership",
    "operators.warehouse",
    "operators.report",
    "plugin",
    "hooks.trackingmore",
    "hooks.aftership",
    "operators.support",
]


def provider_info() -> dict:
    (entry,) = [e for e in entry_points(group="apache_airflow_provider") if "trackingmore" in e.value]
    return entry.load()()


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_the_metadata_is_what_airflow_accepts():
    info = provider_info()
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text())
    jsonschema.validate(info, schema)
    assert info["package-name"] == distribution("airflow-provider-trackingmore").name
    assert info["versions"] == [__version__] == [distribution("airflow-provider-trackingmore").version]


def test_every_module_and_class_the_metadata_names_exists():
    from importlib import import_module

    info = provider_info()
    for kind in ("hooks", "operators"):
        for entry in info[kind]:
            for module in entry["python-modules"]:
                import_module(module)
    found = []
    for connection in info["connection-types"]:
        module, _, name = connection["hook-class-name"].rpartition(".")
        found.append(getattr(import_module(module), name))
    assert found == [TrackingMoreHook, AfterShipHook]


def test_importing_the_metadata_imports_nothing_else():
    code = (
        "import sys, airflow_provider_trackingmore.get_provider_info as g; g.get_provider_info();"
        "print([m for m in ('airflow', 'duckdb', 'pyarrow', 'requests') if m in sys.modules])"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("module", OPERATOR_MODULES)
def test_importing_an_operator_or_hook_loads_no_heavy_library(module):
    code = (
        f"import sys, airflow_provider_trackingmore.{module};"
        "print([m for m in ('duckdb', 'pyarrow', 'requests', 'altair', 'vl_convert') if m in sys.modules])"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("name", ["trackingmore_daily", "shipments_daily"])
def test_parsing_the_dag_file_loads_no_heavy_library(name):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'dags')!r}); import {name};"
        "print([m for m in ('duckdb', 'pyarrow', 'requests', 'altair', 'vl_convert') if m in sys.modules])"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("module", ["store", "sync", "report"])
def test_a_task_does_not_spend_a_second_on_loading_pandas(module):
    code = (
        f"import sys, airflow_provider_trackingmore.{module};"
        "print([m for m in ('pandas', 'pyarrow.dataset') if m in sys.modules])"
    )
    assert python(code) == "[]"


HOOKS = [TrackingMoreHook, AfterShipHook]


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_and_metadata_show_the_same_form(hook):
    declared = hook.form.declarative()["ui-field-behaviour"]
    assert {k.replace("-", "_"): v for k, v in declared.items()} == hook.get_ui_field_behaviour()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_option_of_the_client_is_a_field_of_the_form(hook):
    import inspect

    from airflow_provider_trackingmore.api.aftership import SharedOptions

    kind = hook.client_class()
    for_tests = {"clock", "monotonic", "sleep"}
    # The password, the host, and the operator's choice.
    elsewhere = {"api_key", kind.service.url_option, "longest_wait"}
    named = set(inspect.signature(kind).parameters)
    options = named - {"shared"} | (set(SharedOptions.__annotations__) if "shared" in named else set())
    assert options - for_tests - elsewhere == set(hook.form.extras)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_versions_of_the_form_are_those_of_the_client(hook):
    versions = hook.client_class().service.versions
    assert hook.form.extras["api_version"]["schema"]["enum"] == list(versions)


@pytest.mark.parametrize("hook", HOOKS)
def test_airflow_itself_knows_the_connection_type_with_its_fields(hook):
    code = (
        "import logging; logging.disable(logging.CRITICAL);"
        "from airflow.providers_manager import ProvidersManager as P; p = P();"
        f"h = p.hooks['{hook.conn_type}']; print(h.hook_name, h.package_name,"
        f" sum(k.startswith('extra__{hook.conn_type}__') for k in p.connection_form_widgets))"
    )
    wanted = f"{hook.hook_name} airflow-provider-trackingmore {len(hook.form.extras)}"
    assert python(code) == wanted


def test_a_process_that_loads_the_plugins_loads_no_web_application_for_ours():
    code = (
        "import logging; logging.disable(logging.CRITICAL);"
        "import sys; from airflow import plugins_manager as p; p.ensure_plugins_loaded();"
        "print([m for m in ('airflow_provider_trackingmore.plugin', 'airflow_provider_trackingmore.view',"
        " 'fastapi', 'altair', 'duckdb', 'pyarrow') if m in sys.modules])"
    )
    assert python(code) == "['airflow_provider_trackingmore.plugin']"


def test_every_dependency_says_why_it_is_there():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("dependencies = [")
    block = lines[start + 1 : lines.index("]", start)]
    project = tomllib.loads("\n".join(lines))["project"]
    assert len([line for line in block if line.strip().startswith('"')]) == len(project["dependencies"])
    for number, line in enumerate(block):
        if line.strip().startswith('"') and not block[number - 1].strip().startswith('"'):
            assert block[number - 1].strip().startswith("#"), line


@pytest.mark.wheel
def test_the_wheel_carries_the_sql_and_finds_it(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    packed = tmp_path / "site" / "airflow_provider_trackingmore" / "sql"
    assert sorted(p.relative_to(packed) for p in packed.rglob("*.*")) == sorted(
        p.relative_to(ROOT / "sql") for p in (ROOT / "sql").rglob("*.*")
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r});"
        "from airflow_provider_trackingmore.resources import sql_folder; print(sql_folder())"
    )
    assert python(code) == str(packed)
