import { type Db, sql } from '../kernel/db.ts'

/** Moves an order one state on when its drops and pieces say so. Returns the new state, or undefined. */
export const advance = async (db: Db, organizationId: string, livemode: boolean, id: string) =>
  (
    await db.row<{ status: 'in_production' | 'mailed' | 'completed' }>(sql`
    update orders o set updated_at = now(),
      status = case o.status when 'paid' then 'in_production' when 'in_production' then 'mailed' else 'completed' end
    where o.organization_id = ${organizationId} and o.livemode = ${livemode} and o.id = ${id} and (
      (o.status = 'paid' and exists (select from drops d where d.order_id = o.id and d.status in ('production_started', 'mailed')))
      or (o.status = 'in_production' and not exists (
        select from drops d where d.order_id = o.id and d.status in ('scheduled', 'locked', 'production_started')))
      or (o.status = 'mailed' and not exists (
        select from pieces p where p.order_id = o.id and p.status not in ('delivered', 'returned', 'failed', 'cancelled'))))
    returning o.status`)
  )?.status
