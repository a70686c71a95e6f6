from datetime import UTC, datetime

import streamlit as st

from analysis.records import list_views
from ui import attention, cached, datasets, demo, frame
from ui.format import moment, number, period
from ui.guard import guard, person
from ui.show import page_head, plain
from ui.state import PARAMETER
from ui.texts import language, t

guard("view")
now = datetime.now(UTC)
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

found = attention.notices(dataset, today=now.date())
page_head(
    t("What needs attention"),
    answer=(
        t("Nothing in {name} asks for a look.", name=plain(dataset.name))
        if not found
        else t(
            "{count} things in {name} ask for a look.",
            count=number(len(found)),
            name=plain(dataset.name),
        )
    ),
    grounds=t(
        "As of {now} UTC, {period}, n {orders}",
        now=moment(now),
        period=period(*dataset.period) if dataset.period else "–",
        orders=number(dataset.table("orders").rows),
    ),
)
demo.panel()

if found:
    with st.container(border=True, gap=None):
        for notice in found:
            text, figures = st.columns([3, 2], vertical_alignment="center")
            text.markdown(f":orange[{notice.icon}] {notice.text}")
            figures.caption(notice.detail)
    frame.link("data", label=t("See all checks"), icon=":material/rule:")

tour, recent = st.columns([3, 2], gap="large")
with tour:
    st.subheader(t("A tour in one minute"), anchor=False)
    steps = (
        ("kpis", t("See what stands out"), t("Which figures moved, and how surely.")),
        ("kpis", t("Drill to it"), t("Open one of them by city, hour or merchant.")),
        ("data", t("Bring in your own"), t("Drop your files; Doorstep reads them.")),
    )
    for number_of_step, (address, title, line) in enumerate(steps, start=1):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{number_of_step}  {title}**  \n:gray[{line}]")
            frame.link(address, label=t("Open"), icon=":material/arrow_forward:")
with recent:
    st.subheader(t("Last used"), anchor=False)
    signature = person().signature if person().name else ""
    views = list_views(cached.records(), person=signature)[:5]
    for view in views:
        page = frame.entry(view.page)
        if page is not None:
            st.page_link(
                str(frame.ROOT / page.path),
                label=plain(view.name),
                icon=page.icon,
                query_params={"lang": language(), PARAMETER: view.address},
            )
    if not views:
        st.caption(t("Views that you save on a page are listed here."))
