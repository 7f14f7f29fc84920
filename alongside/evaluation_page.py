"""The evaluation as one self-contained HTML page: figures, a heat map of languages by concerns, the worst misses."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from casefile.vocabulary import CONCERN_WORDS, LANGUAGES, Concern

_PAGE = """{% macro cell(f) %}{% if not f %}-{% else %}{{ "%.2f"|format(f.value) }}{% if f.score is none %}<br><span class="low">{{ "%.2f-%.2f"|format(*f.interval) }}</span>{% endif %}{% endif %}{% endmacro -%}
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>How well danger is heard</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#0b0c0c}
table{border-collapse:collapse;margin:.5rem 0 2rem;display:block;overflow-x:auto}
th,td{border:1px solid #b1b4b6;padding:.25rem .5rem;text-align:right}th:first-child,td:first-child,.words{text-align:left}
td.none{background:#f3f2f1}.low{font-size:.8em;color:#505a5f;white-space:nowrap}
</style></head><body>
<h1>How well danger is heard</h1>
<p>Under a share stands its 95 % Wilson interval: where few texts were measured it is wide.
Each cell of a heat map is the share of labelled texts that were judged rightly as alarm or no alarm; its colour goes from red (half or less) to green (all).
The figure is always written too.</p>
{% for mode, results in modes.items() %}<h2>{{ "With the bot" if mode == "bot" else "Bot down: what phrases and the reserve hear alone" }}</h2>
{% for r in results %}<h3>{{ r.name }}, {{ r.count }} texts</h3>
<table><thead><tr><th scope="col">Language</th>{% for k in r.overall %}<th scope="col">{{ k.replace("_", " ") }}</th>{% endfor %}</tr></thead><tbody>
<tr><th scope="row">all</th>{% for k in r.overall %}<td>{{ cell(r.overall[k]) }}</td>{% endfor %}</tr>
{% for code, figures in r.languages.items() %}<tr><th scope="row">{{ name(code) }}</th>{% for k in r.overall %}<td>{{ cell(figures.get(k)) }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
{% if r.heat %}<h4>Languages by concerns</h4><table><thead><tr><th scope="col">Language</th>{% for c in concerns %}<th scope="col">{{ concern(c) }}</th>{% endfor %}</tr></thead><tbody>
{% for code, row in r.heat.items() %}<tr><th scope="row">{{ name(code) }}</th>{% for c in concerns %}{% if row.get(c) %}
<td style="background:{{ colour(row[c].value) }}">{{ "%.0f"|format(100 * row[c].value) }}<span class="low">/{{ row[c].of }}</span></td>{% else %}<td class="none">-</td>{% endif %}{% endfor %}</tr>
{% endfor %}</tbody></table>{% endif %}
{% if r.worst %}<h4>Worst misses and false alarms</h4><table><thead><tr><th scope="col">What</th><th scope="col">Language</th><th scope="col">Text</th><th scope="col">Label</th><th scope="col">Heard</th></tr></thead><tbody>
{% for w in r.worst %}<tr><td>{{ w.kind }}</td><td>{{ w.lang }}</td><td class="words" dir="auto">{{ w.text }}</td><td>{{ w.label }} {{ w.concern or "" }}</td><td>{{ w.heard }}</td></tr>
{% endfor %}</tbody></table>{% endif %}{% endfor %}{% endfor %}</body></html>"""


def page(results: dict[str, list[Any]]) -> str:
    """The page's HTML; every text is escaped."""
    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(
        modes=results, concerns=[str(c) for c in Concern], concern=lambda c: CONCERN_WORDS[Concern(c)],
        name=lambda code: f"{LANGUAGES[code].english} ({code})" if code in LANGUAGES else code, colour=_colour)


def _colour(value: float) -> str:
    """Red at one half or less, green at one; light enough for black figures."""
    hue = max(0.0, min(1.0, (value - 0.5) * 2)) * 120
    return f"hsl({hue:.0f} 70% 78%)"
