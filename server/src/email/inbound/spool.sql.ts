/** Received mail is nobody's yet: whose it becomes is worked out from its recipients. Hence the `unscoped` names. */
import { type Db, sql } from '../../kernel/database/db.ts'

export interface Kept {
  id: string
  mail_from: string
  recipients: string[]
  client_ip: string
  client_name: string
  tls: boolean
  /** Where the mail begins in the bytes of its batch, counted from 1; absent: it lies in the blob store. */
  start?: number
  size: number
  raw_blobs: Record<string, string>
  received_at: Date
}

/**
 * Rows and jobs in one statement, which is one round trip and one commit. The bytes of all mails travel as one binary
 * parameter and are cut apart by the database: an array of bytea would go as text, twice the size.
 */
export const unscopedKeep = (db: Db, mails: Kept[], bytes: Buffer, jobs: string[][]) =>
  db.rows(sql`
    with kept as (
      insert into received_mail (id, mail_from, recipients, client_ip, client_name, tls, size, bytes, raw_blobs, received_at)
      select id, mail_from, recipients, client_ip, client_name, tls, size, substring(${bytes}::bytea from start for size), raw_blobs, received_at
      from jsonb_to_recordset(${JSON.stringify(mails)}::jsonb)
        as m (id uuid, mail_from text, recipients text[], client_ip text, client_name text, tls boolean, start integer, size integer, raw_blobs jsonb, received_at timestamptz)
    )
    select graphile_worker.add_job('email.interpret', json_build_object('ids', ids), max_attempts := 100)
    from jsonb_array_elements(${JSON.stringify(jobs)}::jsonb) as j (ids)`)
