-- one row per clock, group and number of days at which a wait ended or its following stopped
--
-- The steps of the curves with their 95 % bands, on the log-log scale. At a share of nothing or of everything
-- a band has no width, or nothing but rounding, and is null.
--
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_curve_steps') }}
with bands as (
    select
        int_curve_steps.*,
        case
            when share_reached > 0e0 and share_reached < 1e0 - 1e-12
                then ln(-ln(share_reached))
        end as reached_loglog,
        case
            when share_reached > 0e0 and share_reached < 1e0 - 1e-12
                then 1.959963984540054e0 * sqrt(variance_reached) / (share_reached * abs(ln(share_reached)))
        end as reached_reach,
        case when share_open > 0e0 and share_open < 1e0 then ln(-ln(share_open)) end as open_loglog,
        case
            when share_open > 0e0 and share_open < 1e0
                then 1.959963984540054e0 * sqrt(greenwood) / abs(ln(share_open))
        end as open_reach
    from int_curve_steps
)

select
    bands.curve_no,
    int_curve_names.clock,
    int_curve_names.group_key,
    bands.elapsed_days,
    bands.share_open,
    bands.share_reached,
    bands.weight,
    bands.variance_reached,
    cast(bands.n_at_risk as bigint) as n_at_risk,
    cast(bands.n_ended as bigint) as n_ended,
    cast(bands.n_reached as bigint) as n_reached,
    cast(bands.n_reached_so_far as bigint) as n_reached_so_far,
    exp(-exp(bands.reached_loglog + bands.reached_reach)) as share_reached_lower95,
    exp(-exp(bands.reached_loglog - bands.reached_reach)) as share_reached_upper95,
    exp(-exp(bands.open_loglog + bands.open_reach)) as share_open_lower95,
    exp(-exp(bands.open_loglog - bands.open_reach)) as share_open_upper95
from bands
inner join int_curve_names
    on bands.curve_no = int_curve_names.curve_no
