/** postmaster@ and abuse@ of every domain of ours are taken (RFC 5321 §4.5.1, RFC 2142), and read by the one whose server it is. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { greet } from '../../src/cli/first-start.ts'
import { eventually, startTestApp, type TestApp } from '../harness.ts'
import { sendMail, talk } from './inbound-rig.ts'

const verify = async (t: TestApp, organization: string, name: string) => {
  await t.app.db.pool.query(
    `insert into domains (id, organization_id, name, verified_at) select gen_random_uuid(), id, $2, now() from organizations where name = $1`,
    [organization, name],
  )
}
const rcpt = async (t: TestApp, to: string) => {
  const client = await talk(t.smtpPort)
  await client.say('EHLO client.example')
  const reply = await sendMail(client, to, `Subject: to ${to}\r\n\r\nhello`)
  client.close()
  return reply
}
const subjectsAt = async (t: TestApp, key: string, inbox: string) =>
  (await t.call('GET', `/v1/inboxes/${inbox}/messages?limit=100`, { key })).body.data.map(
    (mail: { subject: string }) => mail.subject,
  )

const roles = [
  'postmaster@mail.test',
  'PostMaster@MAIL.test',
  'abuse@mail.test',
  '"abuse"@mail.test',
  'postmaster@mx.mail.test',
  'postmaster@corp.test',
  'abuse@corp.test',
  'postmaster@bounces.corp.test',
]

describe('mail to the operator', () => {
  let t: TestApp
  let first: { key: string; inbox: string }
  let customer: { key: string; inbox: string }
  before(async () => {
    t = await startTestApp({ config: { MAIL_HOST: 'mx.mail.test' } })
    // A customer who was there before nobody is the operator.
    customer = await t.register('Customer')
    await t.app.db.pool.query('delete from organizations')
    const greeting = await greet(t.app)
    const key = /pp_live_\w+/.exec(greeting)![0]
    const { body } = await t.call('GET', '/v1/inboxes?limit=100', { key })
    first = { key, inbox: body.data.find((inbox: { name: string }) => inbox.name === 'Alice').id }
    customer = await t.register('Customer')
    await verify(t, 'Customer', 'corp.test')
  })
  after(() => t.close())

  it('comes to the first inbox of the organization made at the first start', async () => {
    for (const to of roles) assert.match(await rcpt(t, to), /^250/, to)
    const client = await talk(t.smtpPort)
    await client.say('EHLO client.example')
    assert.match(await sendMail(client, 'postmaster', 'Subject: to nobody in particular\r\n\r\nhello'), /^250/)
    client.close()
    const found = await eventually(async () => {
      const subjects = await subjectsAt(t, first.key, first.inbox)
      return subjects.length >= roles.length + 1 && subjects
    })
    assert.deepEqual(found.sort(), [...roles.map(to => `to ${to}`), 'to nobody in particular'].sort())
    assert.deepEqual(await subjectsAt(t, customer.key, customer.inbox), [])
  })

  it('other names and other domains stay refused', async () => {
    for (const to of [
      'hostmaster@mail.test',
      'postmaster+x@mail.test',
      'abuse@corp.test.example',
      'postmaster@bounces.other.test',
      'postmaster@other.test',
    ])
      assert.match(await rcpt(t, to), /^550/, to)
  })

  it('an owner of a domain who has such an inbox gets it there', async () => {
    const { body } = await t.call('POST', '/v1/inboxes', {
      key: customer.key,
      body: { name: 'Post', email: 'postmaster@corp.test' },
    })
    await eventually(async () => {
      assert.match(await rcpt(t, 'postmaster@corp.test'), /^250/)
      return (await subjectsAt(t, customer.key, body.id)).length > 0
    })
  })

  it('nobody can have those names at our own domain', async () => {
    for (const email of ['postmaster@mail.test', 'abuse@mail.test'])
      assert.equal((await t.call('POST', '/v1/inboxes', { key: customer.key, body: { name: 'x', email } })).status, 409)
  })

  it('when there is no such organization any more no customer is next in line', async () => {
    await t.app.db.pool.query('update organizations set operator = false')
    assert.match(await rcpt(t, 'abuse@mx.mail.test'), /^250/)
    const [row] = await eventually(async () => {
      const { rows } = await t.app.db.pool.query(
        `select o.name from messages m join organizations o on o.id = m.organization_id where m.subject = 'to abuse@mx.mail.test'`,
      )
      return rows.length > 0 && rows
    })
    assert.equal(row.name, 'Pennypost')
  })
})

describe('mail to the operator, where OPERATOR_EMAIL names an inbox', () => {
  it('comes there', async () => {
    const t = await startTestApp({ config: { OPERATOR_EMAIL: 'Ops@mail.test' } })
    try {
      await greet(t.app)
      const { key } = await t.register('Operator')
      const { body } = await t.call('POST', '/v1/inboxes', { key, body: { name: 'Ops', email: 'ops@mail.test' } })
      assert.match(await rcpt(t, 'abuse@mail.test'), /^250/)
      await eventually(async () => (await subjectsAt(t, key, body.id)).length > 0)
    } finally {
      await t.close()
    }
  })
})
