"""How orders went: the tree of negative experience, whose leaves sum to all orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from analysis.metrics.experience import EXPERIENCE, GOOD
from analysis.metrics.outcomes import Node, experience_sql, experience_tree
from analysis.metrics.selection import Condition
from analysis.words import N_
from ui import cached, chart_frame, charts
from ui.chart_finished import Drawing
from ui.format import number, percent
from ui.kpis.axes import OWN_VALUES
from ui.kpis.behind import behind
from ui.kpis.figures import Figure
from ui.kpis.picking import narrowing_list, on_label
from ui.kpis.severity import change_text, share_columns
from ui.kpis.view import Look
from ui.texts import t

_KEY: Final = "kpis_experience"
ROW_HEIGHT: Final = 30
BRANCH_NAMES: Final[Mapping[str, str]] = {
    "all orders": N_("All orders"),
    "not delivered": N_("Not delivered"),
    "cancelled": N_("Cancelled"),
    "delivered late": N_("Delivered late"),
    "delivered, not late": N_("Delivered, not late"),
}
_INDENT: Final = "\N{EM SPACE}"


def draw(look: Look, figure: Figure) -> None:
    """The tree as bars, branches in grey; the list does what a click does."""
    del figure  # it is the same whatever the chosen metric
    arguments: dict[str, Any] = {
        "selection": look.orders, "period": look.period, "compare": look.compare,
    }  # fmt: skip
    nodes = cached.result(experience_tree, look.dataset, **arguments)
    query = cached.result(experience_sql, look.dataset, **arguments)
    # A branch that holds what went well is no bad experience itself.
    shown = [
        node for node in nodes[1:] if node.orders and not set(node.leaves) & set(GOOD)
    ]
    root = nodes[0]
    st.markdown(summary(nodes))
    if not shown:
        return
    labels = [label(node) for node in shown]
    conditions = {
        name: Condition(EXPERIENCE, values=node.leaves)
        for name, node in zip(labels, shown, strict=True)
    }
    key = f"{_KEY}_{look.mark}"
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart_frame.draw(
            _chart(look, shown, labels),
            behind(
                look,
                "orders",
                _table(nodes),
                title=t("How it went"),
                query=query,
                shares=share_columns(),
            ),
            alt_text=summary(nodes),
            key=key,
            on_select=on_label(look, key, conditions),
        )
        st.caption(
            t(
                "Every order is in one leaf: the blue bars and the orders without "
                "anything bad sum to {count}; grey is the sum of what is below.",
                count=number(root.orders),
            )
        )
    with right:
        told = [
            (name, conditions[name], _told(node))
            for name, node in zip(labels, shown, strict=True)
        ]
        narrowing_list(look, told, key=_KEY)


def name_of_node(node: Node) -> str:
    """A node in words."""
    return t(BRANCH_NAMES.get(node.name) or OWN_VALUES.get(node.name, node.name))


def label(node: Node) -> str:
    """A node's name, further to the right the deeper it is."""
    alone = node.is_leaf and not node.name.startswith(("cancelled", "late"))
    return _INDENT * (0 if alone else node.depth - 1) + name_of_node(node)


def summary(nodes: Sequence[Node]) -> str:
    """How many orders went well, and what went wrong most, in one sentence."""
    root = nodes[0]
    leaves = [node for node in nodes if node.is_leaf]
    bad = [node for node in leaves if not node.is_good]
    total = sum(node.orders for node in bad)
    worst = max(bad, key=lambda node: node.orders)
    if not total:
        return t("Nothing bad happened to any of {count} orders.",
                 count=number(root.orders))  # fmt: skip
    return t(
        "Something went wrong for {share} of {count} orders; most often: {worst} "
        "({part}).",
        share=percent(total / root.orders),
        count=number(root.orders),
        worst=name_of_node(worst),
        part=percent(worst.share),
    )


def _chart(look: Look, shown: Sequence[Node], labels: Sequence[str]) -> Drawing:
    frame = pd.DataFrame(
        {
            "label": labels,
            "value": [node.share for node in shown],
            "low": [node.low for node in shown],
            "high": [node.high for node in shown],
            "n": [node.orders for node in shown],
            "muted": [not node.is_leaf for node in shown],
            "note": [
                f"{percent(node.share)} ({number(node.orders)})" for node in shown
            ],
        }
    )
    if look.before:
        frame["before"] = [node.share_before for node in shown]
    return cached.drawing(
        charts.bars, frame,
        label="label", value="value", low="low", high="high", sample="n",
        muted="muted", note="note", ring="before" if look.before else None,
        unit="percent", axis=t("% of all orders"), pick=True, step=ROW_HEIGHT,
        most=len(frame),
    )  # fmt: skip


def _told(node: Node) -> str:
    if node.share_before is None:
        return ""
    ends = (node.change_low, node.change_high)
    return change_text(node.share - node.share_before, ends, is_bad=True)


def _table(nodes: Sequence[Node]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            t("How it went"): [_INDENT * node.depth + name_of_node(node)
                               for node in nodes],
            t("Orders"): [node.orders for node in nodes],
            t("Share"): [node.share for node in nodes],
            t("95 % low"): [node.low for node in nodes],
            t("95 % high"): [node.high for node in nodes],
        }
    )  # fmt: skip
    if nodes[0].before is not None:
        table[t("Orders before")] = [node.before for node in nodes]
        table[t("Before")] = [node.share_before for node in nodes]
    return table
