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

from airflow_provider_trackingmore import __version__, connection_form
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook

ROOT = Path(__file__).parents[2]
OPERATOR_MODULES = [
    "operators.trackingmore",
    "operators.warehouse",
    "operators.report",
    "plugin",
    "hooks.trackingmore",
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
    (connection,) = info["connection-types"]
    module, _, name = connection["hook-class-name"].rpartition(".")
    assert getattr(import_module(module), name) is TrackingMoreHook


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


def test_parsing_the_dag_file_loads_no_heavy_library():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'dags')!r}); import trackingmore_daily;"
        "print([m for m in ('duckdb', 'pyarrow', 'requests', 'altair', 'vl_convert') if m in sys.modules])"
    )
    assert python(code) == "[]"


def test_hook_and_metadata_show_the_same_form():
    declared = connection_form.declarative()["ui-field-behaviour"]
    assert {k.replace("-", "_"): v for k, v in declared.items()} == TrackingMoreHook.get_ui_field_behaviour()


def test_every_option_of_the_client_is_a_field_of_the_form():
    import inspect

    from airflow_provider_trackingmore.api import TrackingMoreClient

    for_tests = {"clock", "monotonic", "sleep"}
    elsewhere = {"api_key", "base_url", "longest_wait"}  # the password, the host, and the operator's choice
    options = set(inspect.signature(TrackingMoreClient).parameters) - for_tests - elsewhere
    assert options == set(connection_form.EXTRAS)


def test_airflow_itself_knows_the_connection_type_with_its_fields():
    code = (
        "import logging; logging.disable(logging.CRITICAL);"
        "from airflow.providers_manager import ProvidersManager as P; p = P();"
        "h = p.hooks['trackingmore']; print(h.hook_name, h.package_name,"
        " sum(k.startswith('extra__trackingmore__') for k in p.connection_form_widgets))"
    )
    assert python(code) == f"TrackingMore airflow-provider-trackingmore {len(connection_form.EXTRAS)}"


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
