"""Simulate the sample world into Parquet: ``python -m sample_data.simulate``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa

from analysis.errors import InvalidInput
from analysis.words import N_
from sample_data import care, dirt, governance, registers
from sample_data.capacity import Roster
from sample_data.demand import daily_orders
from sample_data.events import events_table
from sample_data.live import live
from sample_data.observe import orders_table
from sample_data.offers import offers_table
from sample_data.people import People, populate
from sample_data.plants import all_plants
from sample_data.plants.base import Plant
from sample_data.traits import Setting, draw_orders
from sample_data.truth import Truth, write_document
from sample_data.weather import hourly_weather
from sample_data.world import DEFAULT_END, Columns, Span, cities
from sample_data.write import Writer

Progress = Callable[[float, str], None]

#: Orders that one piece of work holds at a time, about.
CHUNK_ORDERS = 120_000
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class World:
    """What was simulated.

    Attributes:
        out: Folder of the tables.
        orders: Number of orders.
        first: First local day.
        last: Last local day.
        seed: Seed.
        rows: Rows written by table.
        plants: Names of the plants in it.
    """

    out: Path
    orders: int
    first: date
    last: date
    seed: int
    rows: dict[str, int]
    plants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some days of one city: what one worker simulates at a time."""

    setting: Setting
    days: range


def simulate(
    out: Path,
    *,
    orders: int,
    weeks: int = 26,
    seed: int = 1,
    plants: bool | Collection[str] = True,
    truth: Path | None = None,
    progress: Progress | None = None,
    end: date = DEFAULT_END,
    chunk_orders: int = CHUNK_ORDERS,
) -> World:
    """Simulate a delivery business and write its tables as Parquet.

    Args:
        out: Folder to write to; one folder a table, large ones by month.
        orders: Number of orders.
        weeks: Number of weeks, up to and including ``end``.
        seed: The same seed gives the same values.
        plants: All of them, none, or those named.
        truth: Folder for what is true and not in the data; nothing is kept if None.
        progress: Called with the share done and what was done last.
        end: Last local day.
        chunk_orders: Orders held in memory at a time, about; changes no value.

    Returns:
        What was simulated.

    Raises:
        InvalidInput: if there are too few orders or weeks.
        UnknownName: if a plant of that name does not exist.
    """
    _check(orders=orders, weeks=weeks)
    span = Span.ending(end, weeks=weeks)
    people = populate(seed, orders, span)
    chosen = all_plants(seed, span, only=plants)
    settings = _settings(seed, orders, span, people)
    writer = Writer(out)
    known = Truth(Writer(truth)) if truth is not None else None
    _write_registers(writer, settings, chosen)
    work = [
        partial(_piece, piece, chosen, writer, known)
        for piece in _pieces(settings, chunk_orders)
    ]
    _run(work, progress)
    if known is not None and truth is not None:
        head = {"seed": seed, "orders": orders, "days": span.days}
        document = known.document(chosen, span, head)
        write_document(document, truth / "truth.yaml")
    return World(
        out=out,
        orders=orders,
        first=span.first,
        last=end,
        seed=seed,
        rows=dict(sorted(writer.rows.items())),
        plants=tuple(plant.name for plant in chosen),
    )


def _check(*, orders: int, weeks: int) -> None:
    for name, value, least in (("orders", orders, 1000), ("weeks", weeks, 1)):
        if value < least:
            raise InvalidInput(
                N_("{name} is {value}; a sample world needs {least} or more."),
                hint=N_("Ask for more."),
                name=name,
                value=value,
                least=least,
            )


def _run(work: Sequence[Callable[[], None]], progress: Progress | None) -> None:
    """Do all the work on a few threads; stop at the first error."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        futures = [pool.submit(task) for task in work]
        try:
            for done, future in enumerate(futures, start=1):
                future.result()
                if progress is not None:
                    progress(done / len(futures), "orders")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _settings(
    seed: int, orders: int, span: Span, people: People
) -> tuple[Setting, ...]:
    weather = [hourly_weather(seed, city, span) for city in cities()]
    counts = daily_orders(seed, orders, span, weather)
    return tuple(
        Setting.of(
            seed,
            city,
            span,
            people=people,
            weather=weather[city.index],
            counts=counts[city.index],
        )
        for city in cities()
    )


def _pieces(settings: tuple[Setting, ...], limit: int) -> Iterator[Piece]:
    """Runs of days of one city and month with at most about ``limit`` orders."""
    for setting in settings:
        begin, held = 0, 0
        for day in range(setting.span.days):
            held += int(setting.counts[day])
            today = setting.span.day(day)
            tomorrow = setting.span.day(day + 1)
            last = day + 1 == setting.span.days
            if last or held >= limit or today.month != tomorrow.month:
                yield Piece(setting, range(begin, day + 1))
                begin, held = day + 1, 0


def _piece(
    piece: Piece, plants: tuple[Plant, ...], writer: Writer, known: Truth | None
) -> None:
    setting, days = piece.setting, piece.days
    drawn, crew = draw_orders(setting, days)
    acting = tuple(plant for plant in plants if plant.acts(setting, days))
    orders = live(drawn, setting, acting)
    month = f"{setting.span.day(days.start):%Y-%m}"
    part = f"{setting.city.code}-{days.start:04d}"
    where = {"month": month, "part": part}
    for name, table in _tables(orders, setting, crew, acting).items():
        writer.part(name, table, **where)
    if known is not None:
        known.take_in(drawn, orders, setting, acting, where=where)


def _tables(
    orders: Columns, setting: Setting, crew: Roster, plants: tuple[Plant, ...]
) -> dict[str, pa.Table]:
    """The large tables of one piece."""
    dirty = any(plant.kind == "dirt" for plant in plants)
    table = orders_table(orders, setting, dirty=dirty)
    said = care.speakers(orders, setting)
    return {
        "orders": dirt.soil(table, orders, setting) if dirty else table,
        "offers": offers_table(orders, setting),
        "events": events_table(orders, setting),
        "contacts": care.contacts_table(said, setting),
        "messages": care.messages_table(said, setting),
        "complaints": care.complaints_table(said, setting),
        "reviews": care.reviews_table(said, setting),
        "shifts": registers.shifts_table(crew, setting),
        "decisions": governance.decisions_table(orders, setting, plants),
    }


def _write_registers(
    writer: Writer, settings: tuple[Setting, ...], plants: tuple[Plant, ...]
) -> None:
    """The tables that do not grow with every order."""
    people, span, seed = settings[0].people, settings[0].span, settings[0].seed
    small = {
        "riders": registers.riders_table(people, span, seed),
        "rider_history": registers.rider_history_table(people, span, seed),
        "merchants": registers.merchants_table(people),
        "surges": registers.surges_table(settings),
        "inspections": governance.inspections_table(people, span, seed),
        "targets": governance.targets_table(span),
        "strategies": governance.strategies_table(plants, span),
        "assignments": governance.assignments_table(plants, people, span),
    }
    for name, table in small.items():
        writer.whole(name, table)
    for nth, table in enumerate(registers.customers_tables(people, span, seed)):
        writer.whole("customers", table, nth=nth)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Simulate the sample world.")
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--truth", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weeks", type=int, default=26)
    return parser.parse_args()


def main() -> None:
    """Run from the command line, and say how long it took."""
    options = _arguments()
    begun = time.perf_counter()
    world = simulate(
        options.out,
        orders=options.orders,
        weeks=options.weeks,
        seed=options.seed,
        truth=options.truth,
    )
    seconds = time.perf_counter() - begun
    for name, rows in world.rows.items():
        print(f"{name:12s} {rows:>13,}")
    print(f"{world.orders / seconds:,.0f} orders a second, {seconds:.1f} s")


if __name__ == "__main__":
    main()
