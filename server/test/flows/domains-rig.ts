/** A server with a DNS zone that its customers edit: what they are told to enter becomes records. */
import assert from 'node:assert/strict'
import type { Config } from '../../src/config.ts'
import { movableClock } from '../../src/kernel/clock.ts'
import { type Name, type Records, startZone, type Zone } from '../dns-zone.ts'
import { type Json, startTestApp, type TestApp } from '../harness.ts'

export interface DomainRig extends TestApp {
  zone: Zone
  clock: ReturnType<typeof movableClock>
  /** What the zone holds besides: changed with `publish`. */
  records: Records
  /** Enters these records of a domain (all when none are named), as its API answer has them. */
  publish(domain: { records: Json[] }, ...names: string[]): void
  /** Takes names out of the zone. */
  withdraw(...fqdns: string[]): void
  /** Adds a domain and proves it. */
  verified(key: string, name: string, ...names: string[]): Promise<Json>
}

export const startDomainRig = async (config: Partial<Record<keyof Config, string>> = {}): Promise<DomainRig> => {
  const records: Records = { 'mx.test': { A: ['127.0.0.1'] } }
  const zone = await startZone(records)
  const clock = movableClock()
  const t = await startTestApp({ clock, config: { DNS_SERVERS: zone.server, MAIL_HOST: 'mx.test', ...config } })
  const stopApp = t.close
  const publish: DomainRig['publish'] = (domain, ...names) => {
    for (const { record, type, fqdn, value, priority } of domain.records) {
      if (names.length > 0 && !names.includes(record)) continue
      const name: Name = typeof records[fqdn] === 'object' ? records[fqdn] : {}
      if (type === 'MX') name.MX = [{ exchange: value, priority }]
      else if (type === 'CNAME') name.CNAME = [value]
      else name.TXT = [value]
      records[fqdn] = name
    }
  }
  return Object.assign(t, {
    zone,
    clock,
    records,
    publish,
    withdraw: (...fqdns: string[]) => {
      for (const fqdn of fqdns) delete records[fqdn]
    },
    verified: async (key: string, name: string, ...names: string[]) => {
      const made = await t.call('POST', '/v1/domains', { key, body: { name } })
      assert.equal(made.status, 201, JSON.stringify(made.body))
      publish(made.body, ...names)
      const { status, body } = await t.call('POST', `/v1/domains/${made.body.id}/verify`, { key })
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.is_verified, true, JSON.stringify(body))
      return body
    },
    close: async () => {
      await stopApp()
      await zone.stop()
    },
  })
}
