with feeds as (
    select
        contract_id,
        partner_id,
        period,
        has_period_end
    from {{ ref('stg_contracts') }}
    where kind = 'sell_out'
)

select contract_id
from feeds
where
    has_period_end
    or exists (
        select 1
        from feeds as others
        where
            others.contract_id <> feeds.contract_id
            -- whose sales a feed tells of is known only by its lines where the contract does not say it
            and (others.partner_id = feeds.partner_id or others.partner_id is null or feeds.partner_id is null)
            and (others.period <> feeds.period or others.has_period_end)
    )
