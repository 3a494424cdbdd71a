"""The report as its readers see it: in a browser without a network, on a desk and on a phone."""

from __future__ import annotations

from datetime import datetime

import pytest
from browsing import chromium
from hostile_texts import HOSTILE

from airflow_provider_trackingmore.report import build_report
from airflow_provider_trackingmore.report.charts import CHARTS

NAMES = [chart.name for chart in CHARTS]

# For every text that is seen, its contrast with what is behind it; a cell of a heat map is behind a text.
CONTRASTS = """
() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => [r, g, b]
    .map((p) => p / 255)
    .map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4))
    .reduce((sum, p, i) => sum + p * [0.2126, 0.7152, 0.0722][i], 0);
  const cells = [...document.querySelectorAll("#exceptions .mark-rect path")]
    .map((path) => [path.getBoundingClientRect(), getComputedStyle(path).fill]);
  const behind = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const [px, py] = [x + width / 2, y + height / 2];
    const cell = cells.find(([r]) => r.left < px && px < r.right && r.top < py && py < r.bottom);
    if (cell) return parts(cell[1]);
    for (let e = element; e; e = e.parentElement) {
      const colour = parts(getComputedStyle(e).backgroundColor);
      if (colour.length === 3) return colour;
    }
  };
  const found = [];
  for (const element of document.querySelectorAll("main *")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join("").trim();
    if (!text || !element.getClientRects().length || element.closest("script, style")) continue;
    const style = getComputedStyle(element);
    if (style.opacity === "0") continue;
    const ink = luminance(parts(element.tagName === "text" ? style.fill : style.color));
    const paper = luminance(behind(element));
    const [high, low] = ink > paper ? [ink, paper] : [paper, ink];
    found.push([text.slice(0, 40), (high + 0.05) / (low + 0.05)]);
  }
  return found;
}
"""


class Reading:
    """A page with the report open, and all it asked for or complained about."""

    def __init__(self, browser, path, *, width=1100, scheme="light", zone="UTC"):
        size = {"width": width, "height": 900}
        self.page = browser.new_page(viewport=size, color_scheme=scheme, timezone_id=zone)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"file://{path}")
        self.settle()

    def settle(self):
        """Wait until every chart of the page is drawn."""
        self.page.wait_for_function(
            "[...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg .mark-group'))"
        )

    def count(self, selector):
        return self.page.locator(selector).count()

    def colours(self):
        return self.page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, ...new Set([...document.querySelectorAll("
            "'.chart svg [stroke]')].map((e) => e.getAttribute('stroke')))]"
        )


@pytest.fixture(scope="module")
def browser():
    with chromium("--host-resolver-rules=MAP * ~NOTFOUND") as started:
        yield started


def test_every_chart_is_drawn_without_a_network_and_without_a_complaint(browser, report):
    reading = Reading(browser, report[0])
    assert [name for name in NAMES if reading.count(f"#{name} .chart svg")] == NAMES
    assert reading.count("#delivery .chart svg .mark-line path") > 10
    assert reading.count("#exceptions .chart svg .mark-rect path") > 10
    assert reading.complaints == []
    assert reading.requests == [f"file://{report[0]}"]


def test_missing_promises_are_told_instead_of_drawn(browser, promising_nothing, tmp_path):
    assert build_report(promising_nothing, tmp_path / "report.html")["charts"] == 4
    page = Reading(browser, tmp_path / "report.html").page
    assert page.locator("#on_time .chart").count() == 0
    assert page.locator("#on_time .nothing").inner_text().startswith("No promises known")
    assert "no promises known" in page.locator("#headline").inner_text()


def test_a_check_that_speaks_up_is_told_at_the_foot(browser, report, hostile_report):
    said = Reading(browser, hostile_report).page.locator("#quality .nothing").inner_text()
    assert "scans are not in the future is not so, 1 time:" in said
    passed = Reading(browser, report[0]).page.locator("#quality .nothing").inner_text()
    assert passed == "All checks of the models passed."


def test_every_section_asks_a_question_and_has_its_definition_one_click_away(browser, report):
    page = Reading(browser, report[0]).page
    for name in (*NAMES, "stalled", "quality"):
        assert page.locator(f"#{name} h2").inner_text().endswith("?")
        meaning = page.locator(f"#{name} details", has_text="What is meant").locator("p").first
        assert not meaning.is_visible()
        page.locator(f"#{name} summary", has_text="What is meant").click()
        assert meaning.is_visible()


@pytest.mark.parametrize("width", [320, 375, 768, 1100])
def test_nothing_stands_out_of_the_screen(browser, report, width):
    page = Reading(browser, report[0], width=width).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_turned_phone_gets_its_charts_drawn_anew(browser, report):
    reading = Reading(browser, report[0], width=375)

    def panels_side_by_side():
        return reading.page.evaluate(
            "new Set([...document.querySelectorAll('#delivery .mark-group.role-scope > g')]"
            ".map((g) => Math.round(g.getBoundingClientRect().left))).size"
        )

    assert panels_side_by_side() == 1
    reading.page.set_viewport_size({"width": 812, "height": 375})
    reading.page.wait_for_timeout(200)
    reading.settle()
    assert panels_side_by_side() > 1
    assert reading.complaints == []


def test_dark_and_light_differ_and_change_while_it_is_open(browser, report):
    reading = Reading(browser, report[0])
    light = reading.colours()
    reading.page.emulate_media(color_scheme="dark")
    reading.page.wait_for_timeout(200)
    reading.settle()
    dark = reading.colours()
    assert light[0] != dark[0]
    assert not {colour for colour in light[1:] if colour != "transparent"} & set(dark[1:])
    assert dark == Reading(browser, report[0], scheme="dark").colours()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser, hostile_report, scheme):
    page = Reading(browser, hostile_report, scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    found = page.evaluate(CONTRASTS)
    assert len(found) > 200
    assert [(text, contrast) for text, contrast in found if contrast < 4.5] == []


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_weeks_begin_on_the_same_day_wherever_it_is_read(browser, report, zone):
    def weeks(zone):
        points = Reading(browser, report[0], zone=zone).page.locator("#cohorts [aria-label^=pickup_week]")
        return points.evaluate_all("all => all.map(point => point.ariaLabel)")

    assert len(weeks("UTC")) > 20
    assert weeks(zone) == weeks("UTC")


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_pointing_at_a_young_week_tells_its_monday_and_what_is_not_known(browser, report, zone):
    page = Reading(browser, report[0], zone=zone).page
    page.locator("#cohorts path[aria-label*=naive_p50_days]").last.hover(force=True)
    names, figures = (
        page.locator(f"#vg-tooltip-element td.{kind}").all_text_contents() for kind in ("key", "value")
    )
    told = dict(zip(names, figures, strict=True))
    assert datetime.strptime(told["week of pick-up"], "%d %B %Y").strftime("%A") == "Monday"
    assert told["95 %, to"] == "not known"
    assert "null" not in told.values()


def test_hostile_texts_are_told_and_do_nothing(browser, hostile_report):
    reading = Reading(browser, hostile_report)
    page = reading.page
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
    told = page.locator("main").inner_text()
    for text in HOSTILE:
        assert text in told
    titles = " ".join(page.locator("#delivery .chart svg text").all_text_contents())
    assert "window.hacked" in titles
    page.locator("#exceptions .mark-rect path").first.hover()
    assert page.locator("#vg-tooltip-element").inner_text()
    assert page.evaluate("window.hacked") is None
    assert page.locator("main img").count() == 0
    assert reading.complaints == []
    assert reading.requests == [f"file://{hostile_report}"]


def test_a_script_that_is_not_ours_would_not_run(browser, report, tmp_path):
    """Whatever might once get past the escaping, the page admits one script only, by its hash."""
    page = report[0].read_text()
    pierced = tmp_path / "pierced.html"
    pierced.write_text(
        page.replace(
            "<main>", "<main><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
        )
    )
    reading = Reading(browser, pierced)
    assert reading.page.evaluate("window.hacked") is None
    assert "Content Security Policy" in reading.complaints[0]


def test_an_account_without_a_shipment_has_a_report_that_says_so(browser, empty, tmp_path):
    done = build_report(empty, tmp_path / "report.html")
    assert done["charts"] == 0
    reading = Reading(browser, tmp_path / "report.html")
    assert reading.page.locator("main > .nothing").inner_text() == "There is no shipment yet."
    assert reading.complaints == []


def test_a_share_stays_in_its_cell_on_a_phone(browser, report_after):
    path = report_after(
        "UPDATE mart_exception_rates SET ever_rate = 1, n_shipments = 888, is_small_sample = true,"
        " courier_code = courier_code || ' has a name that takes much room'",
    )
    page = Reading(browser, path, width=390).page
    outside = page.evaluate("""
() => {
  const box = (element) => element.getBoundingClientRect();
  const cells = [...document.querySelectorAll("#exceptions .mark-rect path")].map(box);
  const texts = [...document.querySelectorAll("#exceptions .mark-text.role-mark text")].map(box);
  const holds = (c, t) => c.left <= t.left && t.right <= c.right && c.top <= t.top && t.bottom <= c.bottom;
  return [cells.length, texts.length, texts.filter((t) => !cells.some((c) => holds(c, t))).length];
}
""")
    assert outside[0] > 10
    assert outside[1:] == [2 * outside[0], 0]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_lies_on_the_figures_of_promises(browser, report_after, width):
    path = report_after(
        "UPDATE mart_on_time SET delivered_on_time_rate = on_time_rate_upper95 + 0.04 WHERE n_due > 0",
    )
    page = Reading(browser, path, width=width).page
    gap = page.evaluate("""
() => {
  const found = (what) => [...document.querySelectorAll(`#on_time ${what}`)];
  const boxes = (what) => found(what).map((element) => element.getBoundingClientRect());
  const figures = boxes(".mark-text.role-mark text");
  const marks = [...boxes(".mark-symbol path"), ...boxes(".mark-rule.role-mark line")];
  return Math.min(...figures.map((f) => f.left)) - Math.max(...marks.map((m) => m.right));
}
""")
    assert gap > 0


@pytest.mark.parametrize("width", [768, 1280])
def test_a_text_without_a_blank_stays_on_the_page(browser, report_after, width):
    path = report_after("UPDATE mart_stalled_shipments SET last_description = repeat('unbreakable', 50)")
    page = Reading(browser, path, width=width).page
    assert "unbreakable" in page.locator("#stalled").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_it_is_light_and_its_definitions_are_open(browser, report, scheme):
    page = Reading(browser, report[0], scheme=scheme).page
    page.emulate_media(media="print", color_scheme=scheme)
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert paper == "rgb(255, 255, 255)"
    assert max(int(part) for part in ink[4:-1].split(",")) < 60
    turned = page.evaluate("getComputedStyle(document.querySelector('.chart svg')).filter")
    assert ("invert" in turned) == (scheme == "dark")
    assert page.get_by_text("days from the first physical scan, over all shipments").is_visible()


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_on_paper_each_chart_fits_a_page_with_its_caption(browser, report, width):
    page = Reading(browser, report[0], width=width).page
    page.emulate_media(media="print")
    page_height = 25 / 2.54 * 96
    heights = page.evaluate("[...document.querySelectorAll('figure')].map((figure) => figure.clientHeight)")
    assert len(heights) == 5
    assert 0 < max(heights) < page_height
