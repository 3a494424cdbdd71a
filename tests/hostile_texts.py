"""Texts that a carrier might send to those who read reports."""

from __future__ import annotations

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 1'>",
    "\"'); window.hacked = 1; //",
    "${window.hacked = 1} {{ 7 * 7 }}",
    "https://attacker.example/x.png",
    "datum['days'] || (window.hacked = 1)",
)
