/** Domains through the API: added, proven by a real zone, lost, raced for, deleted. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkDomains, examineNow } from '../../src/email/domains/domain-checks.ts'
import { parseId } from '../../src/kernel/ids.ts'
import type { Json } from '../harness.ts'
import { type DomainRig, startDomainRig } from './domains-rig.ts'

const hour = 3_600_000
const day = 24 * hour

describe('domains', () => {
  let t: DomainRig
  before(async () => {
    t = await startDomainRig()
  })
  after(() => t.close())

  const eventsOf = async (key: string): Promise<Json[]> =>
    (await t.call('GET', '/v1/events?limit=100', { key })).body.data.filter((event: Json) => event.type.startsWith('domain.'))
  const add = async (key: string, name: string) => (await t.call('POST', '/v1/domains', { key, body: { name } })).body
  const get = async (key: string, id: string) => (await t.call('GET', `/v1/domains/${id}`, { key })).body
  const verify = (key: string, id: string) => t.call('POST', `/v1/domains/${id}/verify`, { key })
  /** What the cron does, so much later. */
  const later = async (ms: number) => {
    t.clock.advance(ms)
    await checkDomains(t.app)
  }

  it('is added with keys of its own; its records are shown to be entered', async () => {
    const { key, organization } = await t.register()
    const { status, body } = await t.call('POST', '/v1/domains', { key, body: { name: 'Shop.Example.' } })
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.name, 'shop.example')
    assert.equal(body.organization_id, organization)
    assert.deepEqual([body.status, body.is_verified, body.verified_at], ['unverified', false, null])
    const dns = (await t.call('GET', `/v1/domains/${body.id}/dns`, { key })).body
    assert.deepEqual(
      dns.records.map(({ record, status }: Json) => [record, status]),
      [
        ['mx', 'unknown'],
        ['spf', 'unknown'],
        ['dkim', 'unknown'],
        ['dkim_ed25519', 'unknown'],
        ['dmarc', 'unknown'],
        ['return_path', 'unknown'],
      ],
    )
    const rsa = dns.records[2]
    assert.match(rsa.value, /^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390}[A-Za-z0-9+/=]{2}$/)
    assert.equal(rsa.strings.join(''), rsa.value)
    assert.ok(rsa.strings.every((part: string) => part.length <= 255))
    assert.equal(dns.zone_file.split('\n').length, 7)
    const other = await add(key, 'other.example')
    assert.notEqual(other.records[2].value, rsa.value)
    assert.equal((await t.call('GET', '/v1/domains/shop.example', { key })).body.id, body.id)
    assert.deepEqual(
      (await t.call('GET', '/v1/domains', { key })).body.data.map(({ name }: Json) => name),
      ['other.example', 'shop.example'],
    )
    assert.equal((await t.call('GET', '/v1/organization', { key })).body.domains_count, 2)
  })

  it('refuses names that are nobody’s or ours, and the same name twice', async () => {
    const { key } = await t.register()
    for (const name of ['co.uk', 'localhost', '127.0.0.1', 'mail.test', 'x.mail.test', 'mx.test', 'https://a.example']) {
      const { status, body } = await t.call('POST', '/v1/domains', { key, body: { name } })
      assert.deepEqual([status, body.error.errors[0].path], [422, '/name'], name)
    }
    assert.equal((await t.call('POST', '/v1/domains', { key, body: { name: 'twice.example' } })).status, 201)
    const again = await t.call('POST', '/v1/domains', { key, body: { name: 'TWICE.example' } })
    assert.deepEqual([again.status, again.body.error.code], [409, 'already_exists'])
    const racing = await Promise.all(
      Array.from({ length: 4 }, () => t.call('POST', '/v1/domains', { key, body: { name: 'race.example' } })),
    )
    assert.deepEqual(racing.map(({ status }) => status).sort(), [201, 409, 409, 409])
  })

  it('is proven by its key in the DNS, and by nothing else', async () => {
    const { key } = await t.register()
    const domain = await add(key, 'proof.example')
    t.publish(domain, 'mx', 'spf', 'dkim_ed25519', 'dmarc', 'return_path')
    let { body } = await verify(key, domain.id)
    assert.deepEqual(
      [body.is_verified, body.mx_verified, body.spf_verified, body.dkim_verified, body.dmarc_verified],
      [false, true, true, false, true],
    )
    assert.equal(body.records[2].status, 'missing')
    assert.match(body.records[2].change, /^Add a TXT record with host default\._domainkey and value v=DKIM1/)
    t.publish(domain, 'dkim')
    body = (await verify(key, domain.id)).body
    assert.deepEqual([body.status, body.is_verified, body.dkim_verified], ['verified', true, true])
    assert.ok(body.verified_at)
    const [event, ...more] = await eventsOf(key)
    assert.deepEqual(
      [event.type, event.data.name, event.data.is_verified, more.length],
      ['domain.verified', 'proof.example', true, 0],
    )
    assert.equal((await verify(key, domain.id)).body.verified_at, body.verified_at)
    assert.equal((await eventsOf(key)).length, 1)
  })

  it('is looked at in the background: soon after it was added, daily once proven', async () => {
    const { key } = await t.register()
    const domain = await add(key, 'background.example')
    t.publish(domain)
    await later(0)
    assert.equal((await get(key, domain.id)).checked_at, null)
    await later(61_000)
    const proven = await get(key, domain.id)
    assert.equal(proven.status, 'verified')
    assert.equal(Date.parse(proven.next_check_at) - Date.parse(proven.checked_at), day)
    assert.deepEqual(
      (await eventsOf(key)).map(({ type }) => type),
      ['domain.verified'],
    )
  })

  it('survives days of broken name servers, and loses the domain only after its key was gone for three', async () => {
    const { key } = await t.register()
    const domain = await t.verified(key, 'fading.example')
    const inbox = (await t.call('POST', '/v1/inboxes', { key, body: { email: 'a@fading.example' } })).body
    const sending = () =>
      t.call('POST', `/v1/inboxes/${inbox.id}/messages`, { key, body: { to: 'x@sink.test', subject: 's', text: 't' } })
    const record = t.records['default._domainkey.fading.example']!
    t.records['default._domainkey.fading.example'] = 'SERVFAIL'
    for (let i = 0; i < 5; i++) await later(day)
    assert.equal((await get(key, domain.id)).status, 'verified')
    assert.equal((await get(key, domain.id)).records[2].status, 'unknown')

    t.withdraw('default._domainkey.fading.example')
    await later(hour)
    const failing = await get(key, domain.id)
    assert.deepEqual([failing.status, failing.is_verified, failing.dkim_verified], ['failing', true, false])
    assert.equal((await sending()).status, 202)
    await later(2 * day)
    t.records['default._domainkey.fading.example'] = record
    await later(hour)
    assert.equal((await get(key, domain.id)).status, 'verified')

    t.withdraw('default._domainkey.fading.example')
    await later(day)
    for (let i = 0; i < 72; i++) await later(hour)
    const failed = await get(key, domain.id)
    assert.deepEqual([failed.status, failed.is_verified, failed.verified_at], ['failed', false, null])
    assert.deepEqual(
      (await eventsOf(key)).map(({ type }) => type),
      ['domain.failed', 'domain.verified'],
    )

    const refused = await sending()
    assert.deepEqual([refused.status, refused.body.error.code], [403, 'domain_not_verified'])
    const dialect = await t.call('POST', `/api/v1/inboxes/${inbox.id.slice(4)}/messages/send`, {
      key,
      body: { to: 'x@sink.test', subject: 's', text: 't' },
    })
    assert.deepEqual([dialect.status, dialect.body.error], [403, 'domain_not_verified'])
    assert.equal((await t.call('POST', '/v1/inboxes', { key, body: { email: 'b@fading.example' } })).status, 422)
  })

  describe('two organizations ask for one domain', () => {
    it('each has its own key; the first to publish it gets the domain, the other is told', async () => {
      const [a, b] = [await t.register('A'), await t.register('B')]
      const [first, second] = [await add(a.key, 'both.example'), await add(b.key, 'both.example')]
      assert.notEqual(first.records[2].value, second.records[2].value)
      t.publish(second)
      assert.equal((await verify(a.key, first.id)).body.is_verified, false)
      assert.match((await get(a.key, first.id)).records[2].problem, /another key/)
      assert.equal((await verify(b.key, second.id)).body.is_verified, true)

      t.publish(first)
      const refused = await verify(a.key, first.id)
      assert.deepEqual([refused.status, refused.body.error.code], [409, 'domain_taken'])
      assert.deepEqual([(await get(a.key, first.id)).taken, (await get(b.key, second.id)).taken], [true, false])

      const inbox = (await t.call('POST', '/v1/inboxes', { key: b.key, body: { email: 'hello@both.example' } })).body
      assert.equal(
        (await t.call('POST', '/v1/inboxes', { key: a.key, body: { email: 'other@both.example' } })).body.error.code,
        'domain_not_yours',
      )

      for (let i = 0; i < 98; i++) await later(hour)
      await later(7 * hour)
      assert.deepEqual([(await get(a.key, first.id)).status, (await get(b.key, second.id)).status], ['verified', 'failed'])
      const mine = await t.call('POST', '/v1/inboxes', { key: a.key, body: { email: 'hello@both.example' } })
      assert.equal(mine.status, 201, JSON.stringify(mine.body))
      assert.notEqual(mine.body.id, inbox.id)
    })

    it('who asks at the same moment: one gets it, however the requests fall', async () => {
      for (let round = 0; round < 5; round++) {
        const name = `moment${round}.example`
        const asking = await Promise.all(['A', 'B', 'C'].map(who => t.register(who)))
        const domains = await Promise.all(asking.map(({ key }) => add(key, name)))
        // A zone that shows each of them his own key: the worst case.
        let turn = 0
        const values = domains.map(({ records }) => records[2].value)
        t.records[`default._domainkey.${name}`] = { TXT: () => [values[turn++ % 3]] }
        for (let tries = 0; tries < 6; tries++) await Promise.all(domains.map(({ id }, i) => verify(asking[i]!.key, id)))
        const { rows } = await t.app.db.pool.query(
          'select count(*)::int as n from domains where name = $1 and verified_at is not null',
          [name],
        )
        assert.equal(rows[0].n, 1)
      }
    })
  })

  it('inboxes can be made only at a verified domain of one’s own', async () => {
    const [mine, theirs] = [await t.register(), await t.register()]
    await t.verified(mine.key, 'inboxes.example')
    const unproven = await add(mine.key, 'unproven.example')
    assert.equal(unproven.is_verified, false)
    const at = (key: string, email: string) => t.call('POST', '/v1/inboxes', { key, body: { email } })
    assert.equal((await at(mine.key, 'Support@Inboxes.example')).status, 201)
    assert.equal((await at(mine.key, 'support@inboxes.example')).body.error.code, 'address_taken')
    for (const [key, email] of [
      [mine.key, 'a@unproven.example'],
      [mine.key, 'a@sub.inboxes.example'],
      [theirs.key, 'a@inboxes.example'],
    ] as const)
      assert.equal((await at(key, email)).body.error.code, 'domain_not_yours', email)
  })

  it('with inboxes it is not deleted; without them it is, and its keys with it', async () => {
    const { key } = await t.register()
    const domain = await t.verified(key, 'deleted.example')
    const inbox = (await t.call('POST', '/v1/inboxes', { key, body: { email: 'a@deleted.example' } })).body
    const refused = await t.call('DELETE', `/v1/domains/${domain.id}`, { key })
    assert.deepEqual([refused.status, refused.body.error.code], [409, 'domain_in_use'])
    assert.match(refused.body.error.message, /1 inboxes at deleted\.example/)
    await t.call('DELETE', `/v1/inboxes/${inbox.id}`, { key })
    assert.equal((await t.call('DELETE', `/v1/domains/${domain.id}`, { key })).status, 200)
    assert.equal((await t.call('GET', `/v1/domains/${domain.id}`, { key })).status, 404)
    assert.equal((await t.call('POST', '/v1/inboxes', { key, body: { email: 'a@deleted.example' } })).status, 422)
    const fresh = await add(key, 'deleted.example')
    assert.notEqual(fresh.records[2].value, domain.records[2].value)
    assert.equal((await verify(key, fresh.id)).body.is_verified, false, 'the old key proves nothing')
  })

  it('deleting it and making inboxes at it at once: never an inbox without its domain', async () => {
    const { key } = await t.register()
    for (let round = 0; round < 8; round++) {
      const name = `deleting${round}.example`
      const domain = await t.verified(key, name)
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, (_, i) => t.call('POST', '/v1/inboxes', { key, body: { email: `a${i}@${name}` } })),
        t.call('DELETE', `/v1/domains/${domain.id}`, { key }),
        t.call('POST', '/v1/inboxes', { key, body: { email: `last@${name}` } }),
      ])
      assert.ok(
        answers.every(({ status }) => status < 500),
        JSON.stringify(answers.map(({ body }) => body)),
      )
      const { rows } = await t.app.db.pool.query(
        'select (select count(*)::int from domains where name = $1) as domains, (select count(*)::int from inboxes where email like $2) as inboxes',
        [name, `%@${name}`],
      )
      assert.ok(rows[0].domains === 1 || rows[0].inboxes === 0, JSON.stringify(rows[0]))
    }
  })

  it('of another organization answers as unknown, to every method', async () => {
    const [mine, theirs] = [await t.register(), await t.register()]
    const domain = await add(theirs.key, 'theirs.example')
    for (const id of [domain.id, 'theirs.example'])
      for (const [method, path] of [
        ['GET', ''],
        ['GET', '/dns'],
        ['POST', '/verify'],
        ['DELETE', ''],
      ] as const)
        assert.equal((await t.call(method, `/v1/domains/${id}${path}`, { key: mine.key })).status, 404, `${method} ${path}`)
    assert.equal((await get(theirs.key, domain.id)).checked_at, null)
  })

  it('an Idempotency-Key makes one domain and replays it', async () => {
    const { key } = await t.register()
    const make = () =>
      t.call('POST', '/v1/domains', { key, body: { name: 'once.example' }, headers: { 'idempotency-key': 'd1' } })
    const [first, second] = [await make(), await make()]
    assert.deepEqual([first.status, second.status, second.headers.get('x-idempotent-replayed')], [201, 201, 'true'])
    assert.deepEqual(first.body, second.body)
    const verified = await t.call('POST', `/v1/domains/${first.body.id}/verify`, { key, headers: { 'idempotency-key': 'd2' } })
    assert.equal(verified.status, 200)
  })

  it('needs its scopes', async () => {
    const { key } = await t.register()
    const reader = await t.mint(key, { scopes: ['domains.read'] })
    assert.equal((await t.call('GET', '/v1/domains', { key: reader })).status, 200)
    assert.equal((await t.call('POST', '/v1/domains', { key: reader, body: { name: 'a.example' } })).status, 403)
  })

  it('goes with its organization, inboxes and all', async () => {
    const { key } = await t.register('Leaving')
    await t.verified(key, 'leaving.example')
    await t.call('POST', '/v1/inboxes', { key, body: { email: 'a@leaving.example' } })
    await t.app.db.pool.query("delete from organizations where name = 'Leaving'")
    const { rows } = await t.app.db.pool.query("select count(*)::int as n from inboxes where email like '%@leaving.example'")
    assert.equal(rows[0].n, 0)
  })

  it('examinations for those who wait are bounded: the seventh at once is told to come back', async () => {
    const { key } = await t.register()
    const { id } = await add(key, 'busy.example')
    const row = (await t.app.db.pool.query('select * from domain_details where id = $1', [parseId('domain', id)])).rows[0]
    const answers = await Promise.allSettled(Array.from({ length: 7 }, () => examineNow(t.app, t.app.db, row, true)))
    const refused = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason.code] : []))
    assert.deepEqual(refused, ['unavailable'])
    assert.equal((await verify(key, id)).status, 200)
  })

  it('private keys are in the database only sealed', async () => {
    const { rows } = await t.app.db.pool.query('select row_to_json(k)::text as text from domain_keys k')
    assert.ok(rows.length > 10)
    for (const { text } of rows) assert.doesNotMatch(text, /PRIVATE KEY/)
    assert.ok(rows.every(({ text }) => /"private_key":"v1\./.test(text)))
  })

  it('the server’s own domain is made with keys by the first look, owned by nobody, once', async () => {
    await Promise.all([checkDomains(t.app), checkDomains(t.app)])
    const { rows } = await t.app.db.pool.query(
      'select name, organization_id, (select count(*)::int from domain_keys where domain_id = d.id) as keys from domains d where organization_id is null',
    )
    assert.deepEqual(rows, [{ name: 'mail.test', organization_id: null, keys: 2 }])
    const { key } = await t.register()
    assert.equal((await t.call('GET', '/v1/domains/mail.test', { key })).status, 404)
  })
})

it('asking too often is refused: 20 domains a minute, 20 looks at one a minute', async () => {
  const t = await startDomainRig({ RATE_LIMITS: 'on' })
  try {
    const { key } = await t.register()
    const codes: Record<string, number> = {}
    for (let i = 0; i < 22; i++) {
      const { status } = await t.call('POST', '/v1/domains', { key, body: { name: `d${i}.example` } })
      codes[status] = (codes[status] ?? 0) + 1
    }
    assert.deepEqual(codes, { 201: 20, 429: 2 })
    for (let i = 0; i < 20; i++) assert.equal((await t.call('POST', '/v1/domains/d0.example/verify', { key })).status, 200)
    const refused = await t.call('POST', '/v1/domains/d0.example/verify', { key })
    assert.equal(refused.status, 429)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
  } finally {
    await t.close()
  }
})
