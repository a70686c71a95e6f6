"""What the default rule set says, marked for the catalogues.

The rule set is YAML, which the collector of texts does not read; a test holds the two
to one another.
"""

from __future__ import annotations

from analysis.words import N_

RULE_TEXTS = (
    N_("Late dispatch"),
    N_("Severe weather"),
    N_("Late to the merchant"),
    N_("Slow kitchen"),
    N_("Second order by the platform"),
    N_("Wrong or changed address"),
    N_("Closed road"),
    N_("Severe weather on the last leg"),
    N_("Slow last leg"),
    N_("Customer unreachable"),
    N_("Delay in the building"),
    N_("Slow hand-over"),
    N_("Impossible promise"),
    N_("Merchant cancelled, closed or out of stock"),
    N_("Customer cancelled"),
    N_("Customer gave up waiting"),
    N_("No rider found, or cancelled by the platform"),
    N_("Rider cancelled after accepting"),
    N_("Waited long at the merchant"),
    N_("Vehicle failure"),
    N_("Customer could not be reached"),
    N_("Refused at the door"),
    N_("Damaged or lost on the way"),
    N_("Tapped delivered too early"),
    N_("Missing or wrong item"),
    N_("Spilled on the way"),
    N_("Badly packed"),
    N_("Conduct"),
    N_(
        "How long it takes until a rider has accepted is the platform's; refusals"
        " by riders are part of it."
    ),
    N_(
        "An official alert for the place and hour, or weather recorded as severe:"
        " nobody can be asked to ride faster."
    ),
    N_(
        "From acceptance to arrival beyond the planned leg, as far as it delayed "
        "the pick-up: not where the food was not ready either."
    ),
    N_(
        "The wait at the counter after both the rider's arrival and the promised "
        "time, beyond what handing over takes."
    ),
    N_(
        "Minutes of detour for an order carried together belong to whoever put "
        "them together."
    ),
    N_(
        "Nobody can tell what a rider added to a search for the right door: all "
        "time over plan is the address's."
    ),
    N_("An official event on the way."),
    N_("Riding time over plan that nothing else explains."),
    N_(
        "A wait at the door with the calls on record. A log without entries does "
        "not prove that nobody rang, unless something else on record explains the"
        " wait."
    ),
    N_("Lift failure, gate or security, reported on the spot."),
    N_("Time at the door over plan that nothing else explains."),
    N_(
        "Minutes by which the promise is shorter than its own plan; without a "
        "plan, shorter than one in ten comparable orders took."
    ),
    N_("The reason code, or at least two riders who report that it is closed."),
    N_("The reason code."),
    N_("Whoever had most of the time over plan until then."),
    N_(
        "The reason code. A broken vehicle is on the rider's side, but nothing to"
        " hold against anybody."
    ),
    N_("The protocol was followed: the calls are on record."),
    N_(
        "Delivered was tapped before the arrival; without a recorded arrival, far"
        " from the pin. Far from the pin after a recorded arrival is a wrong pin."
    ),
    N_("The order is packed and sealed by the merchant."),
    N_("The photograph shows what happened on the way."),
    N_("The photograph shows how it was packed."),
    N_(
        "A complaint about conduct with the rider's own words on record; read "
        "them before deciding."
    ),
    N_("With 70 % of the time over plan, a party is responsible alone."),
    N_("Below 30 % of the time over plan, a party is not named."),
    N_(
        "The promise's slack has absorbed small delays already. Raise it (5 "
        "minutes is common) and nobody is charged with less; the platform bears "
        "it."
    ),
    N_(
        "Beside a missing milestone one stage may have been up to a quarter "
        "shorter than planned, and the other as much longer."
    ),
    N_("Above 100 m a pin counts as wrong (foodpanda pays riders for it from there)."),
    N_("Beyond 150 m nobody stands at the door, even in a large compound."),
    N_("A worse fix says nothing at 150 m."),
    N_(
        "Two taps in the wrong order within a minute are a slip, or a clock that "
        "is off."
    ),
    N_("Two calls (Uber, Orkestro); Grab asks for three."),
    N_("Two riders independently (iFood)."),
    N_("After 15 minutes at the counter a rider may go (iFood)."),
    N_(
        "A tenth percentile of fewer than 200 orders is too rough to call a "
        "promise impossible."
    ),
    N_("Newcomer"),
    N_(
        "New riders are late several times as often. Set 30 to excuse them: they stay "
        "responsible, but it is not held against them."
    ),
)
