/**
 * Opens: a pixel at the end of an HTML body, when the sender asks for it. Its address names the message with an HMAC, so that nobody
 * counts for others; all recipients of a mail share it, because all of them get the same bytes. What loads it may be a reader, a
 * proxy of his mail service, or a scanner: it says that the picture was loaded, nothing more. No address of a reader is kept.
 */
import { createHmac } from 'node:crypto'
import Type from 'typebox'
import { record } from '../../events/events.sql.ts'
import { deriveKey, safeEqual } from '../../kernel/crypto.ts'
import { fromUlid, toUlid } from '../../kernel/ids.ts'
import { object, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import * as messages from './messages.sql.ts'
import { findMessage, messageEvent } from './messages.ts'
import * as store from './opens.sql.ts'

/** 128 bits of the HMAC: 22 characters of base64url. */
const macOf = (app: App, ulid: string): string =>
  createHmac('sha256', deriveKey(app.masterKey, 'open pixel')).update(ulid).digest().subarray(0, 16).toString('base64url')

/** The HTML with the pixel of a message (uuid) in it: before `</body>`, or at the end. */
export const withPixel = (app: App, messageId: string, html: string): string => {
  const ulid = toUlid(messageId)
  const pixel = `<img src="${app.publicUrl}/t/o/${ulid}${macOf(app, ulid)}.gif" width="1" height="1" alt="">`
  const end = html.toLowerCase().lastIndexOf('</body>')
  return end < 0 ? html + pixel : html.slice(0, end) + pixel + html.slice(end)
}

/** The HTML as its sender gave it. */
export const withoutPixel = (html: string): string =>
  html.replace(/<img src="[^"]*\/t\/o\/[\w-]{48}\.gif" width="1" height="1" alt="">/, '')

/** Counts an opening by the token of a pixel's address; the first of a message is an event. Forged tokens count nothing. */
export const countOpen = async (app: App, token: string): Promise<void> => {
  const ulid = token.slice(0, 26)
  const messageId = fromUlid(ulid)
  if (!messageId || token.length !== 48 || !safeEqual(token.slice(26), macOf(app, ulid))) return
  await app.db.tx(async db => {
    const count = await store.unscopedCount(db, messageId, app.clock.now())
    if (count?.opens !== 1) return
    const { organization_id, livemode, first_at } = count
    const row = await messages.byId(db, organization_id, livemode, messageId)
    const event = messageEvent(app, row!)
    const data = { ...event.data, opened_at: first_at.toISOString() }
    await record(db, [{ type: 'message.opened', organization_id, livemode, ...event, data }])
  })
}

export const getOpens = operation(
  'Get how often the pixel of a message was loaded',
  'messages.read',
  {
    input: object({ message_id: Type.String() }),
    output: Type.Object({
      opens: Type.Integer(),
      first_opened_at: Type.Union([Type.String(), Type.Null()]),
      last_opened_at: Type.Union([Type.String(), Type.Null()]),
    }),
  },
  async (ctx, input) => {
    const message = await findMessage(ctx, input.message_id)
    const row = await store.byMessage(ctx.db, ctx.org, message.id)
    return {
      opens: row?.opens ?? 0,
      first_opened_at: row?.first_at.toISOString() ?? null,
      last_opened_at: row?.last_at.toISOString() ?? null,
    }
  },
)
