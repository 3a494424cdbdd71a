-- one row per account: the moment up to which its data are known to be complete
--
-- An open parcel is censored there, not when its own row last changed: that it did not appear in a
-- complete window of updates proves that nothing happened to it.
select
    source,
    account,
    max(window_to_utc) as as_of_utc
from loads
where is_complete
group by source, account
