import { type Db, sql } from './database/db.ts'

export const insert = (db: Db, organizationId: string, blob: { id: string; size: number; bytes: Uint8Array | null }) =>
  db.rows(
    sql`insert into blobs (id, organization_id, size, bytes) values (${blob.id}, ${organizationId}, ${blob.size}, ${blob.bytes})`,
  )

export const byId = (db: Db, organizationId: string, id: string) =>
  db.row<{ size: number; bytes: Buffer | null }>(
    sql`select size, bytes from blobs where organization_id = ${organizationId} and id = ${id}`,
  )

export const remove = (db: Db, organizationId: string, ids: string[]) =>
  db.rows<{ id: string; inline: boolean }>(sql`
    delete from blobs where organization_id = ${organizationId} and id = any (${ids}::uuid[])
    returning id, bytes is not null as inline`)
