"""What the report leaves behind: whole files, small ones, of marts alone."""

from __future__ import annotations

import os
import re
import shutil
import stat
import struct
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.report import build_report
from airflow_provider_trackingmore.report.charts import CHARTS
from airflow_provider_trackingmore.report.look import DARK, LIGHT

QUERIES = sorted(files("airflow_provider_trackingmore.report").joinpath("queries").iterdir())
NAMES = [chart.name for chart in CHARTS]


def test_it_is_one_file_of_about_a_megabyte(report):
    path, _, done = report
    assert done == {"path": str(path), "bytes": path.stat().st_size, "charts": 5, "images": 10}
    assert 900_000 < path.stat().st_size < 1_300_000


def test_vega_is_in_it_once(report):
    assert report[0].read_text().count("Duplicate scale or projection name") == 1


def test_a_chart_has_a_picture_in_two_formats_that_other_programs_read(report):
    assert sorted(p.name for p in report[1].iterdir()) == sorted(
        f"{name}.{kind}" for name in NAMES for kind in ("png", "svg")
    )
    for name in NAMES:
        png = (report[1] / f"{name}.png").read_bytes()
        width, height = struct.unpack(">II", png[16:24])
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert png.endswith(b"IEND\xaeB`\x82")
        assert 1200 < width < 3200
        assert height > 300
        picture = ElementTree.parse(report[1] / f"{name}.svg").getroot()
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("chart", CHARTS, ids=NAMES)
def test_a_picture_says_its_question_and_how_to_read_it(chart, hostile_report):
    picture = ElementTree.parse(hostile_report.parent / "charts" / f"{chart.name}.svg")
    said = " ".join(picture.getroot().itertext())
    assert chart.question in said
    assert chart.caption[:40] in said


def test_a_picture_of_what_is_no_more_to_be_shown_goes(published, empty, tmp_path):
    build_report(published, tmp_path / "report.html", images=tmp_path)
    assert (tmp_path / "delivery.png").exists()
    assert build_report(empty, tmp_path / "report.html", images=tmp_path)["images"] == 0
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_the_naive_line_is_dashed_and_young_weeks_are_hollow_and_grey(report):
    picture = (report[1] / "cohorts.svg").read_text()
    dashed = re.findall(r"<path[^>]*stroke-dasharray[^>]*>", picture)
    assert dashed
    assert all(LIGHT.naive in path for path in dashed)
    points = re.findall(r'<path[^>]*aria-roledescription="point"[^>]*>', picture)
    young = [point for point in points if f'stroke="{LIGHT.immature}"' in point]
    assert young
    assert not [point for point in young if "fill=" in point]
    assert [point for point in points if f'fill="{LIGHT.right}"' in point]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_stand_out_from_the_paper(theme):
    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for colour in (theme.right, theme.naive, theme.immature):
        high, low = sorted((luminance(colour), luminance(theme.paper)), reverse=True)
        assert (high + 0.05) / (low + 0.05) > 3


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_reads_marts_only(query):
    sql = re.sub(r"--.*", "", query.read_text())
    inner = set(re.findall(r"(\w+) as \(", sql))
    read = set(re.findall(r"(?:from|join)\s+(\w+)", sql)) - inner
    assert read
    assert all(name.startswith(("mart_", "fct_", "dim_")) or name == "checks" for name in read)


def test_every_query_is_asked_and_every_chart_has_one(published):
    asked = {query.name.removesuffix(".sql") for query in QUERIES}
    assert asked == {*NAMES, "known", "headline", "carriers", "stalled", "quality", "checks"}


def test_others_may_read_it_whatever_the_worker_allows_by_default(published, tmp_path):
    before = os.umask(0o077)
    try:
        build_report(published, tmp_path / "report.html")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o644


def test_it_may_be_given_as_a_url(published, tmp_path):
    build_report(published, f"file://{tmp_path}/report.html")
    assert (tmp_path / "report.html").stat().st_size > 900_000


def test_the_old_report_stays_when_a_new_one_cannot_be_built(published, tmp_path):
    report, broken = tmp_path / "report.html", tmp_path / "broken.duckdb"
    report.write_text("the old one")
    shutil.copy(published, broken)
    broken.chmod(0o644)
    with duckdb.connect(str(broken)) as connection:
        connection.execute("DROP TABLE mart_on_time")
    with pytest.raises(WarehouseError, match=r"run the models and publish again"):
        build_report(broken, report)
    with pytest.raises(WarehouseError, match=r"no published file at .*/nothing.duckdb"):
        build_report(tmp_path / "nothing.duckdb", report)
    assert report.read_text() == "the old one"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken.duckdb", "report.html"]


def test_its_headline_is_what_the_marts_say(report, published):
    with duckdb.connect(published, read_only=True) as connection:
        (found,) = connection.execute(
            "SELECT n_shipments, p50_days, p50_lower95, p50_upper95, ever_rate, ever_rate_lower95"
            " FROM mart_carrier_scorecard WHERE grouping_name = 'all'"
        ).fetchall()
    page = report[0].read_text()
    assert f"{found[0]:,} shipments picked up by" in page
    assert f"{found[1]:.1f} days</dd>" in page
    assert f"<dd>{found[2]:.1f} to {found[3]:.1f} days, 95&nbsp;%&nbsp;sure</dd>" in page
    assert f"{found[4] * 100:.1f}&nbsp;%</dd>" in page
    assert f"<dd>{found[5] * 100:.1f} to" in page


def test_a_figure_in_a_chart_is_rounded_as_the_one_below_it(published, tmp_path):
    path = tmp_path / "changed.duckdb"
    shutil.copy(published, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE mart_delivery_time_quantiles SET p50_days = 2.9493")
        connection.execute("UPDATE mart_carrier_scorecard SET p50_days = 2.9493")
    build_report(path, tmp_path / "report.html", images=tmp_path)
    assert "<span>2.9<small>" in (tmp_path / "report.html").read_text()
    picture = (tmp_path / "delivery.svg").read_text()
    assert ">2.9<" in picture
    assert ">3.0<" not in picture


def test_its_page_in_the_docs_names_every_chart_and_its_example_runs(published, tmp_path):
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == NAMES
    (example,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    shutil.copy(published, tmp_path / "analytics.duckdb")
    exec(compile(example.replace("/data", str(tmp_path)), "report.md", "exec"), {})
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "charts" / "delivery.png").exists()
