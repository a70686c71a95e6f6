from datetime import UTC, datetime

import streamlit as st

from analysis.records import list_views
from analysis.words import N_
from ui import attention, cached, datasets, demo, fired, frame
from ui.cases import queues
from ui.counted import counted
from ui.format import number, period
from ui.guard import guard, person
from ui.kpis import standing
from ui.kpis.view import KpiView
from ui.show import page_head, plain
from ui.state import PARAMETER, View
from ui.texts import language, t

guard("view")
demo.first_start()
dataset = datasets.current()

if dataset is None:
    page_head(
        t("Bring in orders, or look around"),
        answer=t("Doorstep answers from your own order files. None is here yet."),
    )
    demo.panel()
    frame.link("data", label=t("Bring in your own orders"), icon=":material/upload:")
    st.stop()

fired.waiting(dataset)
watching = standing.job_of(dataset)
is_watching = watching.state == "running"
found = attention.notices(dataset, today=datetime.now(UTC).date())
page_head(
    t("What needs attention"),
    answer=(
        t("Nothing in {name} asks for a look.", name=plain(dataset.name))
        if not found
        else counted(
            N_("One thing in {name} asks for a look."),
            N_("{count} things in {name} ask for a look."),
            len(found),
            name=plain(dataset.name),
        )
    ),
    grounds=t(
        "As of {now} UTC, {period}, n {orders}",
        now=datasets.as_of(dataset),
        period=period(*dataset.period) if dataset.period else "–",
        orders=number(dataset.table("orders").rows),
    ),
)
demo.panel()

if found:
    with st.container(border=True, gap="small"):
        for notice in found:
            said, action = st.columns([8, 1.4], vertical_alignment="center")
            with said.container(gap=None):
                st.markdown(f":orange[{notice.icon}] {notice.text}")
                st.caption(notice.detail)
            with action:
                frame.link(
                    notice.page,
                    label=t("Look"),
                    icon=":material/arrow_forward:",
                    view=notice.view,
                )

if is_watching:
    standing.waiting(watching)

tour, recent = st.columns([3, 2], gap="large")
with tour:
    st.subheader(t("A tour in one minute"), anchor=False)
    steps: tuple[tuple[str, View | None, str, str], ...] = (
        ("kpis", KpiView(), t("See what stands out"),
         t("Which figures moved, and how surely.")),
        ("kpis", KpiView(order="worst"), t("Drill to it"),
         t("Open one of them by city, hour or merchant.")),
        ("data", None, t("Bring in your own"),
         t("Drop your files; Doorstep reads them.")),
    )  # fmt: skip
    with st.container(border=True, gap="small"):
        for place, (address, view, title, line) in enumerate(steps, start=1):
            what, where = st.columns([5, 2], vertical_alignment="center")
            what.markdown(f"**{place}\u2002{title}**  \n:gray[{line}]")
            with where:
                frame.link(
                    address, label=t("Open"), icon=":material/arrow_forward:", view=view
                )
with recent:
    st.subheader(t("My queues"), anchor=False)
    queues.mine()
    st.subheader(t("Last used"), anchor=False)
    signature = person().signature if person().name else ""
    views = list_views(cached.records(), person=signature)[:5]
    for saved in views:
        page = frame.entry(saved.page)
        if page is not None:
            st.page_link(
                str(frame.ROOT / page.path),
                label=plain(saved.name),
                icon=page.icon,
                query_params={"lang": language(), PARAMETER: saved.address},
            )
    if not views:
        st.caption(t("Views that you save on a page are listed here."))
