/** Claiming an organization: the owner's mail, the link in it, and who must not be able to use it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { sendMail, talk } from '../../test/flows/inbound-rig.ts'
import { linkIn, type OwnerRig, startOwnerRig } from '../../test/flows/owner-mail.ts'
import { eventually } from '../../test/harness.ts'
import { movableClock } from '../kernel/clock.ts'
import { sendClaimMail } from './ownership-claims.ts'

describe('claiming', () => {
  let t: OwnerRig
  const clock = movableClock()
  before(async () => {
    t = await startOwnerRig({ clock })
  })
  after(() => t.close())

  const claimed = async (key: string) => (await t.call('GET', '/v1/organization', { key })).body.claimed

  it('mails the owner; looking changes nothing, the button does, once', async () => {
    const { key, owner, uuid, email } = await t.registerOwned('Bücher <b>agent</b>')
    const mail = await t.mailTo(owner, /claim/)
    assert.match(mail, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(mail, /^From: .*pennypost@mail\.test/m)
    assert.ok(mail.includes(email))
    const path = linkIn(mail, '/claim/')

    for (const method of ['GET', 'HEAD', 'GET']) assert.equal((await fetch(t.url + path, { method })).status, 200)
    const page = await t.get(path)
    assert.ok(page.text.includes('&lt;b&gt;agent&lt;/b&gt;') && !page.text.includes('<b>agent'))
    assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'/)
    assert.equal(page.headers.get('cache-control'), 'no-store')
    assert.equal(await claimed(key), false)

    const answers = await Promise.all(Array.from({ length: 8 }, () => t.post(path)))
    assert.equal(answers.filter(answer => answer.status === 200).length, 1)
    assert.equal(answers.filter(answer => answer.status === 404).length, 7)
    assert.equal(await claimed(key), true)
    assert.equal((await t.get(path)).status, 404)
    const events = await t.query("select data from events where organization_id = $1 and type = 'organization.claimed'", [uuid])
    assert.equal(events.length, 1)
    assert.equal((await t.call('POST', '/v1/organization/claim', { key, body: {} })).body.error.code, 'already_exists')
  })

  it('keeps nothing in the database that opens a link', async () => {
    const { owner } = await t.registerOwned()
    const token = linkIn(await t.mailTo(owner, /claim/), '/claim/').split('/')[2]!
    const tables = await t.query<{ name: string }>(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    )
    for (const { name } of tables)
      assert.deepEqual(await t.query(`select 1 from ${name} x where position($1 in x::text) > 0`, [token]), [], name)
  })

  it('refuses forged, cut and foreign links, and after seven days the real one', async () => {
    const { key, owner } = await t.registerOwned()
    const path = linkIn(await t.mailTo(owner, /claim/), '/claim/')
    const flipped = path.slice(0, -1) + (path.endsWith('A') ? 'B' : 'A')
    for (const bad of [
      flipped,
      path.slice(0, -1),
      `${path}A`,
      '/claim/x',
      `/claim/${'A'.repeat(43)}`,
      path.replace('/claim/', '/approve/'),
    ]) {
      const answer = await t.post(bad)
      assert.ok(answer.status === 404, `${bad} ${answer.status}`)
    }
    clock.advance(7 * 86_400_000 + 1000)
    assert.equal((await t.post(path)).status, 404)
    assert.equal(await claimed(key), false)

    assert.equal((await t.call('POST', '/v1/organization/claim', { key, body: {} })).status, 202)
    const fresh = await eventually(async () =>
      t
        .mailsTo(owner)
        .map(mail => linkIn(mail, '/claim/'))
        .find(link => link !== path),
    )
    assert.equal((await t.post(fresh)).status, 200)
    assert.equal(await claimed(key), true)
  })

  it('sends it once although its job runs twice', async () => {
    const { owner, uuid } = await t.registerOwned()
    await t.mailTo(owner, /claim/)
    const [link] = await t.query<{ id: string }>('select id from owner_links where organization_id = $1', [uuid])
    await sendClaimMail(t.app, { id: link!.id, organization: uuid })
    assert.equal((await t.query('select 1 from messages where to_emails = array[$1]', [owner])).length, 1)
  })

  it('never answers mail: what comes in, automatic or not, sends nothing out', async () => {
    const { email, owner } = await t.registerOwned()
    await t.mailTo(owner, /claim/)
    const outbound = () => t.query("select id from messages where direction = 'outbound'")
    const before = await outbound()
    const client = await talk(t.smtpPort)
    await client.say('EHLO stranger.example')
    for (const to of [email, 'pennypost@mail.test'])
      for (const [from, header] of [
        ['', 'Auto-Submitted: auto-replied'],
        ['boss@stranger.example', 'Precedence: bulk'],
        ['boss@stranger.example', 'Subject: Hello?'],
      ] as const)
        assert.match(await sendMail(client, to, `From: boss@stranger.example\r\n${header}\r\n\r\nHi\r\n`, from), /^250/)
    client.close()
    await eventually(async () => (await t.query("select 1 from messages where direction = 'inbound'")).length === 6)
    assert.deepEqual(await outbound(), before)
  })
})
