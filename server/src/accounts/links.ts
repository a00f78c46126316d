/**
 * Links mailed to owners: whoever opens one is taken for the owner, once and for a time. The secret of a link is an HMAC of its
 * id, so nothing that opens it lies in the database: there is its SHA-256 to find it by, and in the mail that waits to be sent a
 * mark stands where the link goes in when the mail is composed.
 */
import { createHmac } from 'node:crypto'
import { deriveKey, sha256 } from '../kernel/crypto.ts'
import type { Db } from '../kernel/database/db.ts'
import type { App } from '../platform.ts'
import * as store from './links.sql.ts'

/** Links work for seven days. */
export const linkMs = 7 * 86_400_000

const tokenOf = (app: App, purpose: string, id: string): string =>
  createHmac('sha256', deriveKey(app.masterKey, 'owner link')).update(`${purpose} ${id}`).digest('base64url')

/**
 * Makes a link inside the caller's transaction; making it twice with one id makes one.
 * @param link `id` a uuid, `subjectId` the uuid of what it is about, if not the organization
 * @returns the mark to put on a line of its own into the mail's text
 */
export const makeLink = async (
  app: App,
  db: Db,
  organizationId: string,
  link: { id: string; purpose: store.LinkPurpose; subjectId?: string },
): Promise<string> => {
  const { id, purpose, subjectId = null } = link
  const expiresAt = new Date(app.clock.now().getTime() + linkMs)
  await store.insert(db, organizationId, { id, purpose, subjectId, tokenHash: sha256(tokenOf(app, purpose, id)), expiresAt })
  return `[[${purpose} ${id}]]`
}

/** The text of one of our own mails with its links in place of their marks. Only lines that are nothing but a mark count. */
export const fillLinks = (app: App, text: string): string =>
  text.replace(
    /^\[\[(claim|approve) ([0-9a-f-]{36})\]\]$/gm,
    (_, purpose: string, id: string) => `${app.publicUrl}/${purpose}/${tokenOf(app, purpose, id)}`,
  )

/** What a link's secret opens: undefined when it is forged, expired, used up or for something else. */
export const findLink = async (app: App, purpose: store.LinkPurpose, token: string): Promise<store.LinkRow | undefined> => {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const row = await store.unscopedByHash(app.db, purpose, sha256(token))
  return row && !row.used_at && row.expires_at > app.clock.now() ? row : undefined
}

/** Uses a link up inside the caller's transaction; false when it was used or has expired meanwhile. */
export const useLink = (app: App, db: Db, link: store.LinkRow): Promise<boolean> =>
  store.use(db, link.organization_id, link.id, app.clock.now())
