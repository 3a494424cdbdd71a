"""What the ``_models.yml`` and ``_seeds.yml`` files say is there, and what is there is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.warehouse import open_warehouse

LAYERS = ("staging", "intermediate", "marts")


def described(kind: str, file: Path) -> list[dict[str, Any]]:
    relations: list[dict[str, Any]] = yaml.safe_load(file.read_text())[kind]
    return relations


MODELS = {layer: described("models", sql_folder() / "models" / layer / "_models.yml") for layer in LAYERS}
SEEDS = described("seeds", sql_folder() / "seeds" / "_seeds.yml")
RELATIONS = [relation for relations in (*MODELS.values(), SEEDS) for relation in relations]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """All models and seeds over nothing: the columns are there all the same."""
    path = str(tmp_path_factory.mktemp("described") / "warehouse.duckdb")
    with open_warehouse(path):
        pass
    run_models(path)
    with duckdb.connect(path, read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("layer", LAYERS)
def test_every_model_of_a_layer_is_described_once(layer):
    files = sorted(path.stem for path in (sql_folder() / "models" / layer).glob("*.sql"))
    assert sorted(model["name"] for model in MODELS[layer]) == files


def test_every_seed_is_described_once():
    files = sorted(path.stem for path in (sql_folder() / "seeds").glob("*.csv"))
    assert sorted(seed["name"] for seed in SEEDS) == files


@pytest.mark.parametrize("relation", RELATIONS, ids=[relation["name"] for relation in RELATIONS])
def test_every_column_is_described_in_its_place_and_none_that_is_not_there(built, relation):
    there = [name for name, *_ in built.execute(f"DESCRIBE {relation['name']}").fetchall()]
    assert [column["name"] for column in relation["columns"]] == there


@pytest.mark.parametrize("relation", RELATIONS, ids=[relation["name"] for relation in RELATIONS])
def test_descriptions_say_what_one_row_is_and_something_of_every_column(relation):
    assert relation["description"].startswith("One row per ")
    for column in relation["columns"]:
        assert len(column["description"]) > 2, column["name"]


@pytest.mark.parametrize(
    ("mart", "column", "seed", "others"),
    [
        ("fct_checkpoints", "event_type", "status_map", {"unknown"}),
        ("mart_on_time", "grouping_name", "groupings", set()),
    ],
)
def test_a_description_lists_the_words_of_a_seed_that_is_not_published(built, mart, column, seed, others):
    (relation,) = [one for one in MODELS["marts"] if one["name"] == mart]
    (told,) = [one["description"] for one in relation["columns"] if one["name"] == column]
    words = {word for (word,) in built.execute(f"SELECT DISTINCT {column} FROM {seed}").fetchall()}
    assert words | others == set(re.findall(r"\w+", told)) & (words | others)


def test_no_description_sends_a_reader_to_what_is_not_published():
    for relation in MODELS["marts"]:
        for text in (relation["description"], *(column["description"] for column in relation["columns"])):
            assert not re.search(r"\bseeds?\b|\b(int|stg)_\w", text), text
