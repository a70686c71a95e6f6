"""How several rows an order become one value."""

from __future__ import annotations

from sqlglot import exp

from analysis.orders.columns import Rule


def by_rule(tree: exp.Expr, rule: Rule, alias: str) -> exp.Expr:
    """An aggregate by rule; first and last go by the order of the file.

    Missing values do not count; ``list`` joins the distinct values in their own order.
    """
    row = exp.column("rowid", table=alias)
    there = exp.Is(this=tree.copy(), expression=exp.Null()).not_()
    simple = {"min": exp.Min, "max": exp.Max, "sum": exp.Sum}
    if rule == "mean":
        return exp.Avg(this=exp.Cast(this=tree, to=exp.DataType.build("DOUBLE")))
    if rule in simple:
        return simple[rule](this=tree)
    if rule == "count":
        return exp.Count(this=tree)
    if rule == "list":
        text = exp.Cast(this=tree, to=exp.DataType.build("VARCHAR"))
        values = exp.Anonymous(this="list", expressions=[text])
        kept = exp.Filter(this=values, expression=exp.Where(this=there))
        unique = exp.Anonymous(this="list_sort", expressions=[
            exp.Anonymous(this="list_distinct", expressions=[kept])
        ])  # fmt: skip
        return exp.Anonymous(
            this="array_to_string", expressions=[unique, exp.Literal.string(", ")]
        )
    pick = exp.ArgMin if rule == "first" else exp.ArgMax
    return exp.Filter(
        this=pick(this=tree, expression=row), expression=exp.Where(this=there)
    )
