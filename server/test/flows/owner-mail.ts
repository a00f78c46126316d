/** The owner's mailbox, for tests of what the server itself mails: a relay on loopback that keeps everything. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Config } from '../../src/config.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import { eventually, startTestApp, type TestApp } from '../harness.ts'
import { startPeer } from '../smtp-peer.ts'

export interface OwnerRig extends TestApp {
  /** Registers with an owner address of its own. */
  registerOwned(
    name?: string,
  ): Promise<{ key: string; inbox: string; email: string; organization: string; owner: string; uuid: string }>
  /** All mails to an address so far, line-wrapping undone. */
  mailsTo(address: string): string[]
  /** The first mail to an address that fits. */
  mailTo(address: string, fits: RegExp): Promise<string>
  query<T = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>
  /** A form posted as a browser does it. */
  post(path: string, form?: Record<string, string>): Promise<{ status: number; text: string; headers: Headers }>
  get(path: string): Promise<{ status: number; text: string; headers: Headers }>
}

/** Path of the first link in a mail that starts so. */
export const linkIn = (mail: string, start: string): string => {
  const found = new RegExp(`https?://[^/\\s]+(${start}\\S+)`).exec(mail)
  assert.ok(found, `no ${start} link in ${mail}`)
  return found[1]!
}

export const startOwnerRig = async (
  options: { config?: Partial<Record<keyof Config, string>>; clock?: Clock } = {},
): Promise<OwnerRig> => {
  const peer = await startPeer({ extensions: ['PIPELINING'] })
  const t = await startTestApp({ ...options, config: { OUTBOUND: `smtp://127.0.0.1:${peer.port}`, ...options.config } })
  const mailsTo = (address: string) =>
    peer.sessions
      .flatMap(session => session.contents)
      .map(content =>
        content.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
      )
      .filter(content => new RegExp(`^To: .*${address}`, 'im').test(content))
  const read = async (response: Response) => ({ status: response.status, text: await response.text(), headers: response.headers })
  return {
    ...t,
    mailsTo,
    mailTo: (address, fits) => eventually(async () => mailsTo(address).find(mail => fits.test(mail))),
    query: async (text, values = []) => (await t.app.db.pool.query(text, values)).rows,
    registerOwned: async (name = 'Agent') => {
      const owner = `owner-${randomBytes(4).toString('hex')}@company.test`
      const { status, body } = await t.call('POST', '/v1/register', { body: { name, owner_email: owner } })
      assert.equal(status, 201, JSON.stringify(body))
      const { rows } = await t.app.db.pool.query('select id from organizations where owner_email = $1', [owner])
      return {
        key: body.api_key,
        inbox: body.inbox_id,
        email: body.email,
        organization: body.organization_id,
        owner,
        uuid: rows[0].id,
      }
    },
    get: async path => read(await fetch(t.url + path, { redirect: 'manual' })),
    post: async (path, form = {}) =>
      read(await fetch(t.url + path, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })),
    close: async () => {
      await t.close()
      await peer.stop()
    },
  }
}
