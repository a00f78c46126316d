import { type Db, sql } from '../../kernel/database/db.ts'

/** Waits for others who move pieces of this order, so that one of them sees the last piece go. */
export const lock = (db: Db, organizationId: string, livemode: boolean, id: string) =>
  db.rows(sql`
    select id from orders
    where organization_id = ${organizationId} and livemode = ${livemode} and id = ${id} and status in ('paid', 'in_production', 'mailed')
    for update`)

/** Moves an order one state on when its drops and pieces say so. Returns the new state, or undefined. */
export const advance = async (db: Db, organizationId: string, livemode: boolean, id: string) =>
  (
    await db.row<{ status: 'in_production' | 'mailed' | 'completed' | 'cancelled' }>(sql`
    with progress as (
      select o.id, case
        when o.status in ('paid', 'in_production') and exists (select from drops d where d.order_id = o.id)
          and not exists (select from drops d where d.order_id = o.id and d.status <> 'cancelled') then 'cancelled'
        when o.status = 'paid' and exists (
          select from drops d where d.order_id = o.id and d.status in ('production_started', 'mailed')) then 'in_production'
        when o.status = 'in_production' and not exists (
          select from drops d where d.order_id = o.id and d.status in ('scheduled', 'locked', 'production_started')) then 'mailed'
        when o.status = 'mailed' and not exists (
          select from pieces p where p.order_id = o.id and p.status not in ('delivered', 'returned', 'failed', 'cancelled')) then 'completed'
      end as next
      from orders o where o.organization_id = ${organizationId} and o.livemode = ${livemode} and o.id = ${id}
    )
    update orders o set status = p.next, updated_at = next_moment(o.updated_at, o.organization_id, o.livemode),
      cancelled_at = case when p.next = 'cancelled' then next_moment(o.updated_at, o.organization_id, o.livemode) end
    from progress p
    where o.id = p.id and p.next is not null and o.status = case p.next
      when 'completed' then 'mailed' when 'mailed' then 'in_production' when 'in_production' then 'paid' else o.status end
      and o.status in ('paid', 'in_production', 'mailed')
    returning o.status`)
  )?.status
