"""What the demo data say while they are made."""

from __future__ import annotations

from analysis.workspace import Workspace
from ui import demo
from ui.jobs import Job
from ui.texts import catalogue


def test_every_step_of_the_demo_has_a_translation(workspace, monkeypatch):
    seen = []
    job = Job("1", "demo", "here")
    monkeypatch.setattr(Job, "progress", lambda _, share, step: seen.append(step))
    demo.build(job, Workspace.open(workspace), rows=1_000)
    chinese = catalogue("zh_CN")
    assert "Making up the orders" in seen
    assert {step for step in seen if chinese.get(step, step) == step} == set()
