-- severity: warn
-- where parcels are registered late, a curve is not bent early on by fewer than ten of them
--
-- depends_on: {{ ref('int_curve_moments') }}
-- depends_on: {{ ref('int_curve_names') }}
with last_of_many as (
    select
        curve_no,
        max(elapsed_days) as elapsed_days
    from int_curve_moments
    where n_at_risk >= 10e0
    group by curve_no
)

select
    int_curve_names.clock,
    int_curve_names.group_key,
    int_curve_moments.elapsed_days,
    int_curve_moments.n_at_risk
from int_curve_moments
inner join last_of_many
    on int_curve_moments.curve_no = last_of_many.curve_no
inner join int_curve_names
    on int_curve_moments.curve_no = int_curve_names.curve_no
where
    int_curve_moments.n_at_risk < 10e0
    and int_curve_moments.n_ended > 0e0
    and int_curve_moments.elapsed_days < last_of_many.elapsed_days
