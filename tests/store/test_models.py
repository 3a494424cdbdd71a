"""The model runner: order, one transaction, checks that stop or speak up."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import record, scan
from loading import load, rows

from airflow_provider_trackingmore.exceptions import CheckFailedError, ConfigurationError, WarehouseError
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.model_files import read_models
from airflow_provider_trackingmore.store.warehouse import open_warehouse


@pytest.fixture(autouse=True)
def empty_warehouse(warehouse):
    with open_warehouse(warehouse):
        pass


@pytest.fixture
def folder(tmp_path):
    """A folder with one model; tests add to it."""
    root = tmp_path / "sql"
    write(root, "models/marts/mart_count.sql", "-- one row\nselect count(*) as n from trackings")
    return root


def write(root: Path, name: str, sql: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql)


def test_every_model_stands_after_what_it_depends_on():
    seen: set[str] = {path.stem for path in (sql_folder() / "seeds").glob("*.csv")}
    for model in read_models(sql_folder()):
        assert set(model.depends_on) <= seen
        seen.add(model.name)


def test_every_model_says_what_one_row_is():
    for model in read_models(sql_folder()):
        assert model.sql.startswith("-- one row per "), model.name
        assert model.meaning.startswith("One row per "), model.name


def test_all_models_and_checks_run_on_an_empty_warehouse(warehouse):
    result = run_models(warehouse)
    assert result["models"] == len(read_models(sql_folder()))
    assert result["warnings"] == {}


def test_models_of_a_warehouse_that_is_not_there_make_no_file(tmp_path):
    with pytest.raises(WarehouseError, match="there is no warehouse at"):
        run_models(str(tmp_path / "typo.duckdb"))
    assert not (tmp_path / "typo.duckdb").exists()


def test_what_is_found_as_fast_as_it_is_written_is_a_view_and_the_rest_tables(warehouse):
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    run_models(warehouse)
    assert rows(warehouse, "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1") == [
        ("fct_checkpoints",),
        ("int_checkpoints",),
        ("int_clocks",),
        ("int_curves",),
        ("int_shipment_groups",),
        ("int_shipments",),
        ("stg_checkpoints",),
        ("stg_trackings",),
    ]


def test_a_model_whose_file_is_gone_is_dropped(warehouse, folder):
    write(folder, "models/marts/mart_old.sql", "-- one row\nselect 1 as n")
    run_models(warehouse, folder)
    (folder / "models/marts/mart_old.sql").unlink()
    run_models(warehouse, folder)
    assert rows(warehouse, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'mart_%'") == [
        ("mart_count",)
    ]


def test_a_check_marked_fail_that_finds_rows_leaves_the_models_as_they_were(warehouse, folder):
    run_models(warehouse, folder)
    load(warehouse, [record("a"), record("b")])
    write(folder, "checks/there_is_nothing.sql", "-- severity: fail\nselect * from trackings")
    with pytest.raises(CheckFailedError, match=r"there_is_nothing \(2 rows\)") as caught:
        run_models(warehouse, folder)
    assert caught.value.failures == {"there_is_nothing": 2}
    assert rows(warehouse, "FROM mart_count") == [(0,)]


def test_the_result_of_every_check_stands_in_the_warehouse(warehouse, folder):
    load(warehouse, [record("a")])
    write(
        folder,
        "checks/all_is_well.sql",
        "-- severity: fail\n-- nothing is less than nothing\nselect 1 where 1 < 0",
    )
    write(
        folder, "checks/there_is_nothing.sql", "-- severity: warn\n-- no trackings\nselect * from trackings"
    )
    run_models(warehouse, folder)
    results = "SELECT check_name, severity, meaning, n_rows, is_passed FROM checks ORDER BY 1"
    assert rows(warehouse, results) == [
        ("all_is_well", "fail", "nothing is less than nothing", 0, True),
        ("there_is_nothing", "warn", "no trackings", 1, False),
    ]
    write(
        folder, "checks/there_is_nothing.sql", "-- severity: fail\n-- no trackings\nselect * from trackings"
    )
    with pytest.raises(CheckFailedError):
        run_models(warehouse, folder)
    assert rows(warehouse, results)[1] == ("there_is_nothing", "fail", "no trackings", 1, False)


def test_a_model_without_a_usual_prefix_can_be_built_twice(warehouse, folder):
    write(folder, "models/marts/late_parcels.sql", "-- one row\nselect 1 as n")
    run_models(warehouse, folder)
    run_models(warehouse, folder)
    (folder / "models/marts/late_parcels.sql").unlink()
    run_models(warehouse, folder)
    assert rows(warehouse, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'late%'") == []


def test_columns_carry_the_descriptions_of_the_yml_file_and_its_kind_counts(warehouse, folder):
    write(
        folder,
        "models/marts/_models.yml",
        "models: [{name: mart_count, config: {materialized: view},"
        " columns: [{name: n, description: it's n}]}]",
    )
    run_models(warehouse, folder)
    assert rows(warehouse, "SELECT comment FROM duckdb_columns() WHERE table_name = 'mart_count'") == [
        ("it's n",)
    ]
    assert rows(warehouse, "SELECT comment FROM duckdb_views() WHERE view_name = 'mart_count'") == [
        ("one row",)
    ]


def test_a_models_comment_is_its_description_and_without_one_its_first_line(warehouse, folder):
    write(folder, "models/marts/_models.yml", "models: [{name: mart_count, description: One row of it.}]")
    write(folder, "models/marts/mart_other.sql", "-- one row, the other\n\nselect 1 as n")
    run_models(warehouse, folder)
    assert rows(
        warehouse, "SELECT comment FROM duckdb_tables() WHERE table_name LIKE 'mart_%' ORDER BY 1"
    ) == [
        ("One row of it.",),
        ("one row, the other",),
    ]


def test_a_check_marked_warn_is_counted_and_stops_nothing(warehouse, folder):
    load(warehouse, [record("a")])
    write(folder, "checks/there_is_nothing.sql", "-- severity: warn\nselect * from trackings")
    assert run_models(warehouse, folder)["warnings"] == {"there_is_nothing": 1}
    assert rows(warehouse, "FROM mart_count") == [(1,)]


@pytest.mark.parametrize(
    ("name", "sql", "message"),
    [
        (
            "models/marts/mart_a.sql",
            "-- depends_on: {{ ref('mart_b') }}\nselect 1",
            "mart_b, which is no model",
        ),
        ("models/marts/mart_a.sql", "-- depends_on: {{ ref('mart_a') }}\nselect 1", "depend on each other"),
        ("models/marts/Mart-A.sql", "select 1", "use lower-case letters"),
        ("checks/silent.sql", "select 1", "no line '-- severity"),
    ],
)
def test_a_file_that_cannot_work_is_named_with_the_way_out(warehouse, folder, name, sql, message):
    write(folder, name, sql)
    with pytest.raises(ConfigurationError, match=message):
        run_models(warehouse, folder)


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("INSERT INTO trackings SELECT * FROM trackings", "trackings_are_unique"),
        ("INSERT INTO checkpoints SELECT * FROM checkpoints", "checkpoints_are_unique"),
        ("DELETE FROM checkpoints", "checkpoints_belong_to_trackings"),
        ("DELETE FROM trackings", "checkpoints_belong_to_trackings"),
    ],
)
def test_the_checks_notice_a_broken_warehouse(warehouse, statement, check):
    import duckdb

    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    with duckdb.connect(warehouse) as connection:
        connection.execute(statement)
    with pytest.raises(CheckFailedError) as caught:
        run_models(warehouse)
    assert check in caught.value.failures


@pytest.mark.parametrize(
    ("scans", "check"),
    [
        ([scan("2026-11-01T10:00:00", "walking", "walking001")], "event_types_are_mapped"),
        ([scan("2026-11-01T10:00:00", "transit", "transit099")], "substatuses_are_known"),
        ([scan("2031-11-01T10:00:00")], "scans_are_not_in_the_future"),
        ([scan("yesterday")], "times_are_parsable"),
    ],
)
def test_the_checks_speak_up_about_odd_data(warehouse, scans, check):
    load(warehouse, [record("a", *scans)])
    assert check in run_models(warehouse)["warnings"]
